"""The notebook of a session is valid at every moment, also for browsers, and after `kill -9`."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import until

from wandb_nb.capture.cells.session_notebook import SessionNotebook
from wandb_nb.store.reading.executed_cells import Cell

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 12
WRITER = """
import sys
from pathlib import Path
from wandb_nb.capture.cells.session_notebook import SessionNotebook
from wandb_nb.store.reading.executed_cells import Cell
notebook = SessionNotebook(Path(sys.argv[1]))
print("ready", flush=True)
text = [{"output_type": "stream", "name": "stdout", "text": "y" * 20_000}]
for number in range(1, 10**6):
    notebook.put([Cell(number % 60 + 1, "x", 1.0)])
    notebook.put([Cell(number % 60 + 1, "x", 1.0, 2.0, True, outputs=text)])
"""
mime_types = st.sampled_from(["text/plain", "text/html", "application/json", "application/vnd.a+json", "image/png"])
data = st.dictionaries(
    mime_types, st.text(max_size=9) | st.floats() | st.lists(st.text(max_size=3), max_size=2) | st.none(), max_size=3
)
outputs = st.one_of(
    st.builds(lambda text: {"output_type": "stream", "name": "stdout", "text": text}, st.text(max_size=30)),
    st.builds(lambda data: {"output_type": "display_data", "data": data, "metadata": {}, "display_id": "d"}, data),
    st.builds(
        lambda data: {"output_type": "execute_result", "execution_count": 3, "data": data, "metadata": {"w": 1}}, data
    ),
)
cells = st.builds(
    lambda number, source, outputs: Cell(number, source, 1.0, outputs=outputs),
    st.integers(1, 6),
    st.text(max_size=8),
    st.lists(outputs, max_size=2),
)


def no_constant(name: str) -> None:
    """Refuse NaN and infinities, as browsers do."""
    raise AssertionError(name)


def cells_of(path: Path) -> list[tuple[int, str, int]]:
    """Return number, source and count of outputs of the cells in the notebook at *path*, which must be valid."""
    notebook = nbformat.from_dict(json.loads(path.read_text(), parse_constant=no_constant))
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, nbformat.current_nbformat_minor)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [f"cell-{cell.execution_count}" for cell in notebook.cells]
    return [(cell.execution_count, cell.source, len(cell.outputs)) for cell in notebook.cells]


@given(st.lists(st.lists(cells, min_size=1, max_size=3), max_size=6))
def test_the_notebook_has_all_cells(tmp_path_factory: pytest.TempPathFactory, changes: list[list[Cell]]) -> None:
    """After each change the notebook is valid and has all cells, in order, each with its newest state and one id."""
    path = tmp_path_factory.mktemp("history") / "deep/h.ipynb"
    notebook, newest = SessionNotebook(path), {}
    assert cells_of(path) == []
    for changed in changes:
        notebook.put(changed)
        newest |= {cell.number: cell for cell in changed}
        assert cells_of(path) == [(cell.number, cell.source, len(cell.outputs)) for cell in newest.values()]
    assert [other.name for other in path.parent.iterdir()] == ["h.ipynb"]


def test_outputs_of_other_types(tmp_path: Path) -> None:
    """Lines become one text, other values of text types their text, NaN in JSON null."""
    data: dict[str, Any] = {"text/plain": ["a\n", "b"], "text/html": 3, "application/json": {"a": [float("nan"), 1]}}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    SessionNotebook(tmp_path / "h").put([Cell(1, "x", outputs=[output])])
    assert cells_of(tmp_path / "h") == [(1, "x", 1)]
    (cell,) = nbformat.read(tmp_path / "h", as_version=4).cells
    assert cell.outputs[0].data == {"text/plain": "a\nb", "text/html": "3", "application/json": {"a": [None, 1]}}


def test_a_killed_writer_leaves_a_valid_notebook(tmp_path: Path) -> None:
    """After `kill -9` at any moment of writing at full speed the notebook is valid."""
    chance = random.Random(5)  # noqa: S311 -- the same pauses each time
    for number in range(KILLS):
        path = tmp_path / f"{number}.ipynb"
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.2))
        writer.kill()
        writer.wait()
        writer.stdout.close()
        cells_of(path)


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    """A process that reads while another writes always finds a valid notebook."""
    path = tmp_path / "h.ipynb"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    before = len(cells_of(path))
    until(lambda: len(cells_of(path)) > before + 10, "more cells")
    writer.kill()
    writer.wait()
    writer.stdout.close()


def test_a_full_disk(tmp_path: Path) -> None:
    """A cell that there is no room for is lost alone; the notebook stays valid, and takes the next cell."""
    notebook = SessionNotebook(tmp_path / "h")
    notebook.put([Cell(1, "first")])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            notebook.put([Cell(2, "x" * 5000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert cells_of(tmp_path / "h") == [(1, "first", 0)]
    notebook.put([Cell(3, "third")])
    assert cells_of(tmp_path / "h") == [(1, "first", 0), (3, "third", 0)]
    assert [path.name for path in tmp_path.iterdir()] == ["h"]
