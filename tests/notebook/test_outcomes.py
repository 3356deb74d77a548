"""How a run ends in a notebook follows from how its cells ended, and errors end at the user's line."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from cells import LOAD, MIME, error, join_streams, notebook_client, run_bundles, texts
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook
from page import Page
from waiting import until

from wandb_nb.store.runs.registry import Registry
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

    from wandb_nb.view.message.run_message import RunHeader

pytestmark = pytest.mark.kernel
INIT = "run = wandb.init(project='p', name='one')"
LOG = "wandb.log({'a': 1})"
FAIL = f"{LOG}\nraise ValueError('too steep')"
STOP = (
    "import threading, time\n"
    "from wandb_nb.notebook.panel import stop_request\n"
    "live_run = get_ipython()._wandb_nb.presenter.live_run(run.id)\n"
    "threading.Timer(0.5, lambda: stop_request.request_stop(live_run, force={force})).start()\n"
    "end = time.time() + 60\n"
    "wandb.log({{'a': 1}})\n"
    "while time.time() < end:\n    {work}"
)
INTERRUPT = f"{LOG}\nraise KeyboardInterrupt"
STATE_OF_REGISTRY = {"finished": 0, "failed": 1, "interrupted": 130}


def play(folder: Path, *cells: str) -> list[NotebookNode]:
    """Execute cells in a new kernel, which is then shut down; errors do not stop it."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    notebook_client(notebook, folder, allow_errors=True).execute()
    join_streams(notebook.cells)
    return list(notebook.cells)


def header(name: str = "one") -> RunHeader:
    """Return the header of the run *name*, read from its directory."""
    entry = next(entry for entry in Registry().all() if entry.name == name)
    stream = RunStream(entry.path)
    while stream.advance():
        pass
    return stream.run_header()


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ([LOG], "finished"),
        ([FAIL], "failed"),
        ([INTERRUPT], "interrupted"),
        ([FAIL, LOG], "finished"),
        ([LOG, "1 / 0"], "finished"),
        ([LOG, "run.summary['best'] = 1\n1 / 0"], "failed"),
        ([FAIL, "1 + 1"], "failed"),
        ([LOG + "\nimport sys; sys.exit()"], "finished"),
        ([LOG + "\nimport sys; sys.exit('no data')"], "failed"),
        ([FAIL, "wandb.finish()"], "finished"),
        ([FAIL, "two = wandb.init(project='p', name='two'); two.log({'a': 1})"], "failed"),
        (["%%wandb --name other\nwandb.log({'a': 1})\nraise KeyboardInterrupt"], "finished"),
    ],
)
def test_a_shut_down_kernel_ends_a_run_as_its_last_cell_ended(tmp_path: Path, cells: list[str], state: str) -> None:
    """The last cell that used the run decides: success, exception or interrupt; `finish()` takes precedence."""
    play(tmp_path, LOAD, INIT, *cells)

    run = header()
    assert (run["state"], run["exitCode"]) == (state, STATE_OF_REGISTRY[state])
    assert next(entry.state for entry in Registry().all() if entry.name == "one") == state


def test_a_run_that_fails_where_it_starts(tmp_path: Path) -> None:
    """A cell that starts a run and fails before the first row makes the run failed."""
    play(tmp_path, LOAD, f"{INIT}\n1 / 0")

    assert header()["state"] == "failed"


def test_an_interrupted_tracked_cell(tmp_path: Path) -> None:
    """A `%%wandb` cell that is interrupted has an interrupted run."""
    play(tmp_path, LOAD, "%%wandb --name one\nwandb.log({'a': 1})\nraise KeyboardInterrupt")

    assert header()["state"] == "interrupted"


def test_an_exception_is_named_while_the_run_is_active(tmp_path: Path) -> None:
    """After an exception the run is running, and its panel names the error until a cell that logs succeeds."""
    cells = play(tmp_path, LOAD, INIT, FAIL, "print(run.state)", LOG)

    assert texts(cells[3]) == "running\n"
    (bundle,) = run_bundles(cells[2])
    assert (bundle[MIME]["run"]["state"], bundle[MIME]["run"]["error"]) == ("running", None)

    cells = play(tmp_path, LOAD, "run = wandb.init(project='p', name='two')", FAIL)
    (bundle,) = run_bundles(cells[2])
    assert bundle[MIME]["run"]["error"] == "ValueError: too steep"
    assert "ValueError: too steep" in bundle["text/plain"].splitlines()[0]
    assert header("two")["error"] == "ValueError: too steep"


@pytest.mark.parametrize(
    ("work", "force"), [(LOG, False), ("time.sleep(0.01)", False), ("time.sleep(0.01)", True)], ids=str
)
def test_stop_is_one_calm_line(tmp_path: Path, work: str, force: bool) -> None:
    """Stop ends the cell with one line in place of a traceback; the run is stopped, then interrupted by the end."""
    cells = play(tmp_path, LOAD, INIT, STOP.format(work=work, force=force))

    error_output = error(cells[2])
    assert error_output is not None
    assert error_output.ename == "KeyboardInterrupt"
    (line,) = error_output.traceback
    assert line.startswith("Stopped run one at step ")
    assert texts(cells[2]) == ""
    (bundle,) = run_bundles(cells[2])
    assert bundle[MIME]["run"]["state"] == "stopped"
    assert header()["state"] == "interrupted"


def test_an_interrupt_of_the_users_keeps_its_traceback(tmp_path: Path) -> None:
    """Without Stop, a KeyboardInterrupt has IPython's traceback."""
    cells = play(tmp_path, LOAD, INIT, INTERRUPT)

    error_output = error(cells[2])
    assert error_output is not None
    assert len(error_output.traceback) > 1
    assert not any(line.startswith("Stopped") for line in error_output.traceback)


def test_a_killed_kernel_leaves_a_crashed_run(tmp_path: Path) -> None:
    """A run whose kernel is killed has no exit code and is crashed."""
    notebook = new_notebook(cells=[new_code_cell(text) for text in (LOAD, INIT, LOG, "import os; os.kill(0, 0)")])
    notebook.cells[-1].source = "import os\nos.kill(os.getpid(), 9)"
    with pytest.raises(DeadKernelError):
        notebook_client(notebook, tmp_path).execute()

    run = header()
    assert (run["state"], run["exitCode"]) == ("crashed", None)


def after_error(page: Page, cell: str) -> None:
    """Wait until *cell* has ended with an error, and until the kernel accepts the next cell again."""
    page.hear(lambda _: page.finished(cell))
    time.sleep(1)


def test_a_page_learns_whether_a_cell_runs(tmp_path: Path) -> None:
    """A view of the files sees whether the notebook executes a cell, and that Stop has stopped one."""
    page = Page(tmp_path)
    try:
        page.run(f"{LOAD}\n{INIT}\n{LOG}")
        until(lambda: any(Registry().all()), "the run")
        until(lambda: header()["cellRunning"] is False, "the end of the cell")
        cell = page.run("import time\nwandb.log({'a': 1})\ntime.sleep(60)")
        until(lambda: header()["cellRunning"] is True and header()["rows"] == 2, "the long cell")
        page.interrupt()
        after_error(page, cell)
        assert (header()["state"], header()["cellRunning"]) == ("stopped", False)
        cell = page.run(STOP.format(work=LOG + "; time.sleep(0.01)", force=False))
        after_error(page, cell)
        assert (header()["state"], header()["rows"] > 3) == ("stopped", True)
        page.run(LOG)
        until(lambda: header()["state"] == "running" and header()["cellRunning"] is False, "the run continues")
    finally:
        page.close()


USER_ERRORS = {
    "wandb.log(3)": "RowTypeError",
    "wandb.log({1: 2})": "RowTypeError",
    "run.define_metric('')": "UsageError",
    "run.config.lr = 2": "ConfigError",
    "wandb.init(project='a/b', reinit='create_new')": "UsageError",
    "run.alert('a', 'b', level='LOUD')": "UsageError",
}


def test_user_errors_end_at_the_users_line(tmp_path: Path) -> None:
    """In a notebook the traceback of a wrong call ends at the call, without our files."""
    start = "run = wandb.init(project='p', config={'lr': 1}, allow_val_change=False)"
    cells = play(tmp_path, LOAD, start, *USER_ERRORS)

    for (call, name), cell in zip(USER_ERRORS.items(), cells[2:], strict=True):
        error_output = error(cell)
        assert error_output is not None, call
        assert error_output.ename == name, call
        text = "\n".join(error_output.traceback)
        assert "wandb_nb/" not in text, call
        assert "The above exception" not in text


@pytest.mark.parametrize("call", USER_ERRORS)
def test_a_scripts_traceback_ends_at_the_users_line(tmp_path: Path, call: str) -> None:
    """In a script the traceback of an uncaught user error has the user's line only."""
    script = tmp_path / "train.py"
    start = "run = wandb.init(project='p', config={'lr': 1}, mode='offline', settings={'silent': True})"
    script.write_text(f"import wandb_nb as wandb\n{start}\n{call}\n")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.count("  File ") == 1
    assert call in done.stderr
