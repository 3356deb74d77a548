"""All readers of a run's files, as functions of its directory."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from wandb_nb.capture.cells.notebook_file import NotebookFile, save
from wandb_nb.capture.cells.saved_notebook import read_notebook
from wandb_nb.capture.secrets.redact import Redactor
from wandb_nb.cli import group
from wandb_nb.compare.comparison import compare
from wandb_nb.compare.comparison_text import lines
from wandb_nb.compare.load_inputs import load, notebook_cells
from wandb_nb.jupyter import run_details
from wandb_nb.jupyter.folder_scan import _entry
from wandb_nb.jupyter.run_previews import _preview
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.reading.executed_cells import FILE as CELLS
from wandb_nb.store.reading.executed_cells import read_cells
from wandb_nb.store.reading.tail import Tail, verify
from wandb_nb.store.runs import frame as data_frame
from wandb_nb.store.runs.repair import fold_after_crash
from wandb_nb.store.runs.sync_progress import load_progress
from wandb_nb.sync.upload.generated_files import generate_files
from wandb_nb.sync.upload.lines.accumulator import RunAccumulator
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.run_bundle import bundle

if TYPE_CHECKING:
    from pathlib import Path


def as_data(directory: Path) -> None:
    """As `read()` does it."""
    state = data_frame.load(directory)
    data_frame.to_frame(state)
    assert isinstance(state.summary, dict)
    assert state.statistics is not None


def as_verified(directory: Path) -> None:
    """As `wandb-nb verify` does it, including repairs."""
    json.dumps(verify(directory).as_dict())
    fold_after_crash(directory)


def in_steps(directory: Path) -> None:
    """As a view follows a file."""
    tail = Tail(run_file(directory))
    while tail.read(1000):
        pass


def as_panel(directory: Path) -> None:
    """As a notebook shows a run."""
    stream = RunStream(directory)
    while stream.advance():
        pass
    json.dumps(bundle(stream, None), allow_nan=False)
    json.dumps(bundle(data_frame.load(directory), None), allow_nan=False)


def as_sidebar(directory: Path) -> None:
    """As the list in JupyterLab shows a run."""
    entry = _entry(directory)
    if entry is None:
        return
    stream = RunStream(directory)
    while stream.advance():
        pass
    previews: list[Any] = [_preview(stream), run_details.console(entry), run_details.code(entry)]
    previews += [run_details.preview(run_details.file(entry, info["path"])) for info in run_details.files(entry)]
    json.dumps(previews, allow_nan=False)


def as_comparison(directory: Path) -> None:
    """As `wandb-nb diff` does it."""
    one = load(directory)
    assert lines(compare([one, one]))


def as_upload(directory: Path) -> None:
    """As sync prepares a run for a server."""
    run = RunAccumulator({"history": 0, "events": 0, "console": 0}, {}, lambda _: None)
    try:
        tail = Tail(run_file(directory))
        tail.finalize()
        while payloads := tail.read():
            run.apply(payloads)
        run.finish()
        json.dumps([run.fields(), run.summary_line()], allow_nan=False)
        generate_files(run)
    finally:
        run.console.close_file()
    load_progress(run_file(directory))


def as_cells(directory: Path) -> None:
    """As `run.cells()` and a copy of a notebook do it."""
    read_cells(directory / CELLS)
    for path in directory.rglob("*.ipynb"):
        notebook_cells(read_notebook(path.read_text("utf-8", "replace")))
        with suppress(ValueError):  # it is not a notebook
            save(NotebookFile("copy.ipynb", content=path.read_text("utf-8", "replace")), directory / "x", Redactor({}))


def by_commands(directory: Path) -> None:
    """As the commands of a shell do it."""
    for words in ("show", "show --json", "verify", "export --format csv", "export --format jsonl"):
        done = CliRunner().invoke(group, [*words.split(), str(directory)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception


READERS = (*(as_data, as_verified, in_steps, as_panel, as_sidebar, as_comparison, as_upload, as_cells, by_commands),)
