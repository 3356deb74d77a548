"""An init cell that is executed again: a new run, a new attempt of the run, or a run that replaces the old one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from cells import LOAD, MIME, error, run_bundles, texts
from page import Page

from wandb_nb.store.runs.find import find_run
from wandb_nb.store.runs.frame import load, read
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.view.message.run_message import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel
LOG = "for i in range(5):\n    wandb.log({'loss': 1 / (1 + i)})"


def prints(words: str, message: dict[str, Any]) -> bool:
    """Return whether a message prints *words*."""
    return words in message["content"].get("text", "")


def init(rerun: str) -> str:
    """Return the init cell."""
    return f"%wandb init --project p --rerun {rerun}"


def again(rerun: str, times: int = 4) -> list[str]:
    """Return an init cell and a logging cell, repeated; nbclient takes equal sources for one cell."""
    return [init(rerun), LOG] * times


def test_new_runs(execute: Execute) -> None:
    """By default and with "new" each execution starts a new run."""
    execute(LOAD, *again("new"))

    entries = Registry().all()
    assert len({entry.id for entry in entries}) == 4
    assert {entry.state for entry in entries} == {"finished"}


def test_attempts_of_one_run(execute: Execute) -> None:
    """With "resume" there is one run of 20 rows in four attempts, drawn as four lines; the output names them."""
    notebook = execute(LOAD, *again("resume"), "%wandb finish")

    entries = Registry().all()
    assert len({entry.id for entry in entries}) == 1
    assert [entry.state for entry in entries] == ["finished", *[CONTINUED] * 3]
    frame = read("latest")
    assert frame["_attempt"].tolist() == [attempt for attempt in range(4) for _ in range(5)]
    assert frame["_step"].tolist() == list(range(20))
    (bundle,) = run_bundles(notebook.cells[-2])
    (series,) = parse_json(bundle[MIME]).series()
    assert [(attempt, series.step[where].tolist()) for attempt, where in series.lines()] == [
        (at, [5.0 * at + step for step in range(5)]) for at in range(4)
    ]
    printed = [texts(cell) for cell in notebook.cells[1:-1:2]]
    assert "attempt" not in printed[0]
    assert "attempt 2 of this cell's run" in printed[1]
    assert "attempt 4 of this cell's run · resumed at step 15" in printed[3]
    assert "attempt 1" in bundle["text/html"]
    assert "attempt 4" in bundle["text/html"]


def test_one_run_that_replaces_the_earlier_ones(execute: Execute) -> None:
    """With "replace" one run of five rows remains, with the first one's name; the others are marked replaced."""
    notebook = execute(LOAD, *again("replace"), "%wandb finish")

    entries = Registry().all()
    assert [entry.state for entry in entries] == ["finished", *[REPLACED] * 3]
    assert len({(entry.id, entry.name) for entry in entries}) == 1
    assert len(read(entries[0].id)) == 5
    assert find_run("latest").name == entries[0].path.rsplit("/", 1)[1]
    assert "replaces 1 earlier run of this cell" in texts(notebook.cells[3])
    assert "replaces 3 earlier runs of this cell" in texts(notebook.cells[7])


def test_logging_again_loses_no_point(execute: Execute) -> None:
    """A logging cell with explicit steps, executed three times, keeps all points as three attempts."""
    cell = "for i in range(23):\n    wandb.log({'loss': 1 / (1 + i)}, step=i)"
    notebook = execute(LOAD, init("new"), cell, cell, "for i in range(5):\n    wandb.log({'loss': 1}, step=i)")

    state = load("latest")
    assert len(state.table) == 23 + 23 + 5
    (series,) = parse_json(run_bundles(notebook.cells[2])[0][MIME]).series()
    assert [len(series.value[where]) for _, where in series.lines()] == [23, 23, 5]


def test_a_loop_of_runs_in_one_cell(execute: Execute) -> None:
    """A cell that starts three runs, executed twice with "resume", gives three runs of two attempts each."""
    cell = (
        "for name in 'abc':\n"
        "    with wandb.init(project='p', name=name, rerun='resume') as run:\n"
        "        wandb.log({'loss': 1})"
    )
    execute(LOAD, cell, cell)

    entries = Registry().all()
    assert [entry.name for entry in entries] == ["c", "b", "a", "c", "b", "a"]
    assert len({entry.id for entry in entries}) == 3
    assert read("b")["_attempt"].tolist() == [0, 1]


def test_what_is_not_executed_again(execute: Execute) -> None:
    """Another cell, another project or a given id start a new run; a wrong value is refused."""
    other = "wandb.init(project='p', rerun='resume')  # another cell"
    by_variable = "import os\nproject = os.environ.setdefault('PROJECT', 'one')\nos.environ['PROJECT'] = 'two'\n"
    by_variable += "wandb.init(project=project, rerun='resume').log({'a': 1})"
    execute(LOAD, init("resume"), other, by_variable, by_variable, *["wandb.init(id='mine', rerun='resume')"] * 2)

    entries = Registry().all()
    assert len({entry.id for entry in entries}) == 5
    assert [entry.state for entry in entries if entry.id == "mine"] == ["finished", REPLACED]
    wrong = execute(LOAD, "import wandb_nb; wandb_nb.init(rerun='twice')").cells[1]
    assert error(wrong) is not None
    assert "must be one of new, resume, replace" in error(wrong).evalue  # type: ignore[union-attr]


def test_the_page_names_the_cell(tmp_path: Path) -> None:
    """If the page sends cell ids, an edited cell is the same cell, also after a restart of the kernel."""
    for number, name in enumerate(("first", "first", "edited")):
        page = Page(tmp_path)
        cell = f"{init('resume')} note={name}\nwandb.log({{'a': 1}})\n%wandb finish\nprint('done {number}')"
        try:
            page.run(f"{LOAD}\n{cell}")
            page.hear(partial(prints, f"done {number}"))
        finally:
            page.close()

    entries = Registry().all()
    assert len(entries) == 3
    assert len({entry.id for entry in entries}) == 1
    assert read("latest")["_attempt"].tolist() == [0, 1, 2]


def test_a_killed_kernel_is_one_attempt(execute: Execute) -> None:
    """A run whose kernel died continues with its next attempt when the notebook is executed again."""
    cell = "run = wandb.init(project='p', rerun='resume')\nrun.log({'a': 1})"
    for _ in range(2):
        with pytest.raises(Exception, match="died"):
            execute(LOAD, cell, "import os; os.kill(os.getpid(), 9)")
    execute(LOAD, cell, "run.finish()")

    assert read("latest")["_attempt"].tolist() == [0, 1, 2]
    assert len({entry.id for entry in Registry().all()}) == 1
