"""The notebook of a session is valid at every moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.capture.cells.session_notebook import SessionNotebook
from wandb_nb.store.reading.executed_cells import Cell

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = {"output_type": "stream", "name": "stdout"}
cells = st.builds(
    lambda number, source, texts: Cell(number, source, 1.0, outputs=[{**OUTPUT, "text": text} for text in texts]),
    st.integers(1, 6),
    st.text(max_size=8),
    st.lists(st.text(max_size=30), max_size=2),
)


def cells_of(path: Path) -> list[tuple[int, str, list[str]]]:
    """Return number, source and outputs of the cells in the notebook at *path*, which must be valid."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return [(cell.execution_count, cell.source, [output.text for output in cell.outputs]) for cell in notebook.cells]


@given(st.lists(cells, max_size=12))
def test_the_notebook_has_all_cells(tmp_path_factory: pytest.TempPathFactory, given_cells: list[Cell]) -> None:
    """After each call the notebook is valid and has all cells, in order, each with its newest state."""
    path = tmp_path_factory.mktemp("history") / "deep/h.ipynb"
    notebook, newest = SessionNotebook(path), {}
    assert cells_of(path) == []
    for cell in given_cells:
        notebook.put(cell)
        newest[cell.number] = cell
        expected = [(c.number, c.source, [o["text"] for o in c.outputs]) for c in newest.values()]
        assert cells_of(path) == expected
    notebook.close()


class Full:
    """A file on a disk with *room* bytes."""

    def __init__(self, file: Any, room: int) -> None:
        self._file, self._room = file, room

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        """Write as much as the disk has room for."""
        room = max(0, self._room - self._file.tell())
        return int(self._file.write(data[:room]))


def test_a_full_disk(tmp_path: Path) -> None:
    """A cell that the disk has no room for is lost alone; the notebook stays valid."""
    notebook = SessionNotebook(tmp_path / "h")
    notebook.put(Cell(1, "first"))
    notebook._file = Full(notebook._file, 2000)  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        notebook.put(Cell(2, "x" * 5000))
    assert cells_of(tmp_path / "h") == [(1, "first", [])]
    assert json.loads((tmp_path / "h").read_text())["nbformat"] == 4
    notebook.close()
