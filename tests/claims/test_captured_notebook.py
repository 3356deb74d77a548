"""Notebooks: the session's history, the cell of each point, the notebook's file, and metrics while a cell runs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from cells import notebook_client
from embedded_server import EmbeddedServer
from nbformat.v4 import new_code_cell, new_notebook

from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.format.record_types import FilesRecord, StatsRecord
from wandb_nb.store.reading.executed_cells import FILE
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

IMPORT = "import os, sys, time\nimport wandb_nb as wandb"
UPDATES = """from IPython.display import display, HTML
handle = display('first', display_id=True)
for i in range(1000): handle.update(HTML(f'{i} ' * 12_500))"""
PROGRAM = [
    "x = 'before init'\nprint(x)",
    IMPORT,
    "run = wandb.init(SAVE)",
    "for i in range(3): run.log({'loss': i, 'acc': i / 3})\nprint('logged')\n'value'",
    "for i in range(101): print(f'\\r{i}%', end='')\nprint('error', file=sys.stderr)",
    UPDATES,
    "1 / 0",
    "handle.update(HTML('last')); run.log({'loss': 9})",
    "import json; json.dump([(c.number, c.source, c.steps) for c in run.cells('loss')], open('cells.json', 'w'))",
    "run.finish()",
]


def execute(folder: Path, cells: list[str], **variables: str) -> nbformat.NotebookNode:
    """Run *cells* in a kernel in *folder*, with *variables* in its environment; return the notebook."""
    notebook_cells = [new_code_cell(source) for source in cells]  # type: ignore[no-untyped-call]  # nbformat has no types
    notebook = new_notebook(cells=notebook_cells)  # type: ignore[no-untyped-call]  # as above
    client = notebook_client(notebook, folder, allow_errors=True)
    client.execute(env={**os.environ, **variables})
    return notebook


def printed(notebook: nbformat.NotebookNode) -> str:
    """Return all that the cells print."""
    outputs = (output for cell in notebook.cells for output in cell.outputs)
    return "".join(output.text for output in outputs if output.output_type == "stream")


def _decoded(output: nbformat.NotebookNode) -> Any:
    return output.get("text") or output.get("evalue") or output["data"]


def test_the_history(tmp_path: Path) -> None:
    """[I1] Every cell with source, outputs, count, timing and error flag; a thousand large updates leave one frame."""
    execute(tmp_path, [source.replace("SAVE", "save_code=True") for source in PROGRAM])
    path = tmp_path / "wandb/latest-run/files/code/_session_history.ipynb"
    history = nbformat.read(path, as_version=4)
    nbformat.validate(history)
    assert [cell.source for cell in history.cells] == [source.replace("SAVE", "save_code=True") for source in PROGRAM]
    assert [cell.execution_count for cell in history.cells] == list(range(1, len(PROGRAM) + 1))
    facts = [cell.metadata.wandb_nb for cell in history.cells]
    assert [fact.ok for fact in facts[3:9]] == [True, True, True, False, True, True]
    assert all(fact.started > 1e9 and 0 <= fact.seconds < 60 for fact in facts[3:9])
    texts = [
        [output.get("text") or output.get("evalue") or output["data"] for output in cell.outputs]
        for cell in history.cells
    ]
    assert "logged\n" in texts[3]
    assert {"text/plain": "'value'"} in texts[3]
    assert texts[4] == ["100%\n", "error\n"]
    (last,) = texts[5]
    assert last["text/html"] == "last"
    assert texts[6] == ["division by zero"]
    journal = tmp_path / "wandb/latest-run" / FILE
    assert path.stat().st_size + journal.stat().st_size < 1 << 20
    log = (tmp_path / "wandb/latest-run/files/output.log").read_text().splitlines()
    assert [line for line in log if line in ("logged", "100%", "error", "99%")] == ["logged", "100%", "error"]


def test_the_cell_behind_each_point(tmp_path: Path) -> None:
    """`run.cells("loss")` returns the sources and steps of its rows, however the cell ended; rows have `_cell`."""
    execute(tmp_path, [source.replace("SAVE", "") for source in PROGRAM])
    assert json.loads((tmp_path / "cells.json").read_text()) == [[4, PROGRAM[3], [0, 1, 2]], [8, PROGRAM[7], [3]]]
    import wandb_nb as wandb

    assert list(wandb.read(tmp_path / "wandb/latest-run")["_cell"]) == [4, 4, 4, 8]


def test_edited_and_deleted(tmp_path: Path) -> None:
    """A cell edited and executed again is there in both forms, each with its own points."""
    cells = [IMPORT, "run = wandb.init()", "run.log({'a': 1})", "run.log({'a': 2})  # edited", "print(run.cells('a'))"]
    text = printed(execute(tmp_path, cells))
    assert "run.log({'a': 1})\"" in text
    assert "run.log({'a': 2})  # edited" in text


@pytest.mark.parametrize(
    ("arguments", "variables", "sources", "saved"),
    [
        ("", {}, True, False),
        ("save_code=True", {}, True, True),
        ("", {"WANDB_SAVE_CODE": "true"}, True, True),
        ("save_code=False", {"WANDB_SAVE_CODE": "true"}, False, False),
        ("save_code=True", {"WANDB_DISABLE_CODE": "true"}, False, False),
    ],
)
def test_settings_choose_what_is_stored(
    tmp_path: Path, arguments: str, variables: dict[str, str], *, sources: bool, saved: bool
) -> None:
    """Sources are stored locally unless that is off; they are run files only if saving is on."""
    notebook = execute(tmp_path, [IMPORT, f"wandb.init({arguments})", "print(1)", "wandb.finish()"], **variables)
    folder = tmp_path / "wandb/latest-run"
    assert (folder / FILE).exists() is sources
    assert (folder / "files/code/_session_history.ipynb").exists() is saved
    records = map(decode, Tail(run_file(folder)).read())
    named = [name for record in records if isinstance(record, FilesRecord) for name, *_ in record.files]
    assert ("code/_session_history.ipynb" in named) is saved
    assert ("notebook's file was not found" in printed(notebook)) is saved, "one hint, when saving was asked for"


@pytest.mark.crash
@pytest.mark.parametrize("mode", ["", "mode='online'"])
def test_the_account_decides(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, mode: str) -> None:
    """If the account wants code saved, the history with outputs is on the server, and no hint is given."""
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as server:
        cells = [IMPORT, f"run = wandb.init({mode})", "print('hello')", "print(run.id); run.finish()"]
        notebook = execute(tmp_path, cells, **server.environ)
        name = notebook.cells[3].outputs[0].text.split()[0]
        history = nbformat.reads(server.files(name, "uncategorized")["code/_session_history.ipynb"].decode(), 4)
    nbformat.validate(history)
    assert history.cells[2].outputs[0].text == "hello\n"
    assert "not found" not in printed(notebook)


def test_the_notebook_file(tmp_path: Path) -> None:
    """The file from a name, or from VS Code's variable, is copied without secrets, and is the run's program."""
    for setting, variables in (("", {"WANDB_NOTEBOOK_NAME": "book.ipynb"}), ("__vsc_ipynb_file__ = 'book.ipynb'", {})):
        cell = new_code_cell("key = 'sk-abc12345'")  # type: ignore[no-untyped-call]  # nbformat has no types
        nbformat.write(new_notebook(cells=[cell]), tmp_path / "book.ipynb")  # type: ignore[no-untyped-call]  # as above
        notebook = execute(tmp_path, [IMPORT, setting, "run = wandb.init(save_code=True)", "run.finish()"], **variables)
        files = tmp_path / "wandb/latest-run/files"
        copy = nbformat.read(files / "code/book.ipynb", as_version=4)
        assert copy.cells[0].source == "key = '[redacted]'"
        assert json.loads((files / "wandb-metadata.json").read_text())["program"] == "book.ipynb"
        assert "not found" not in printed(notebook)


def test_metrics_while_a_cell_runs(tmp_path: Path) -> None:
    """System metrics are sampled while a cell computes, not only between cells."""
    cells: list[Any] = [
        IMPORT,
        "wandb.init(settings={'x_stats_sampling_interval': 0.1})",
        "began = time.time()\nwhile time.time() < began + 1.5: sum(range(1000))\nprint(began, time.time())",
        "wandb.finish()",
    ]
    notebook = execute(tmp_path, cells)
    began, ended = map(float, notebook.cells[2].outputs[-1].text.split())
    records = map(decode, Tail(run_file(tmp_path / "wandb/latest-run")).read())
    times = [record.timestamp for record in records if isinstance(record, StatsRecord) and record.timestamp]
    assert sum(began < time < ended for time in times) >= 3
