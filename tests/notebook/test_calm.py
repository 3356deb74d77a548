"""How much a notebook shows: one line at each end of a run, and a panel only where it is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cells import LOAD, MIME, REMOVE_FOLDER, run_bundles, texts
from page import Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel
ROW = "wandb.log({'a': 1})"
END = "wandb.finish()"


def displays(cell: NotebookNode) -> int:
    """Return how many outputs of a cell are not text streams."""
    return sum(output.output_type in ("display_data", "execute_result") for output in cell.outputs)


def test_a_run_is_one_compact_line_at_each_end(execute: Execute) -> None:
    """A run prints one line where it starts and one where it ends; nothing is on stderr."""
    notebook = execute(LOAD, "run = wandb.init(project='p', name='calm')", ROW, END)
    load, start, row, end = notebook.cells

    assert load.outputs == []
    assert [output.output_type for output in start.outputs] == ["display_data"]
    assert start.outputs[0].data["text/plain"] == "The chart of calm is under cell [3]"
    assert [output.output_type for output in row.outputs] == ["display_data"]
    assert [output.name for output in end.outputs] == ["stdout"]
    assert texts(end).count("\n") == 1


CASES = (
    ("%wandb init --project p", 1),
    ("wandb.init(project='p')", 1),
    ("run = wandb.init(project='p')", 1),
    ("run = wandb.init(project='p')\nrun.log({'a': 1})\nrun", 1),
    ("%%wandb --project p\nwandb.log({'a': 1})", 1),
    ("with wandb.init(project='p') as run:\n    run.log({'a': 1})", 1),
    ("run = wandb.init(project='p', settings={'display': False})\nrun.log({'a': 1})", 0),
    ("run = wandb.init(project='p', settings={'display': False})\nrun.log({'a': 1})\nrun.display()", 1),
    ("run = wandb.init(project='p', settings={'display': False})\nrun.log({'a': 1})\nrun", 1),
    ("run = wandb.init(project='p', settings={'display': False})\nrun.log({'a': 1})\n%wandb", 1),
    ("run = wandb.init(project='p', settings={'quiet': True})\nrun.log({'a': 1})", 0),
    ("run = wandb.init(project='p', settings={'quiet': True, 'display': True})\nrun.log({'a': 1})", 1),
    ("run = wandb.init(project='p', settings={'silent': True})\nrun.log({'a': 1})", 0),
    ("run = wandb.init(project='p', mode='disabled')\nrun.log({'a': 1})", 0),
)


def test_where_the_panel_shows(execute: Execute) -> None:
    """Every way to request the panel shows it once under its cell; disabling it leaves one line or nothing."""
    notebook = execute(LOAD, *[cell for case, _ in CASES for cell in (case, END)])

    for (case, panels), cell in zip(CASES, notebook.cells[1::2], strict=True):
        assert (len(run_bundles(cell)), displays(cell)) == (panels, panels), case
        if "silent" in case:
            assert cell.outputs == []
        elif not panels:
            assert texts(cell).count("\n") == 1, case


def test_what_changed_without_a_row_is_shown(execute: Execute) -> None:
    """A cell that sets only summary or config refreshes the panel when it ends; one that sets nothing does not."""
    count = "len([1 for _ in updates])"
    notebook = execute(
        LOAD,
        "run = wandb.init(project='p')\nwandb.log({'a': 1})",
        "publisher = get_ipython()._wandb_nb.presenter._layout._publisher\nupdates, update = [], publisher.update\n"
        "publisher.update = lambda *given: (updates.append(1), update(*given))",
        "run.summary['best'] = 7",
        f"before = {count}",
        "run.config['lr'] = 0.5",
        f"print(before, {count} - before)",
    )

    assert texts(notebook.cells[-1]) == "1 1\n"
    header = run_bundles(notebook.cells[1])[0][MIME]
    assert header["summary"]["best"] == 7
    assert header["config"] == {"lr": 0.5}


def test_silent_is_silent(execute: Execute, tmp_path: Path) -> None:
    """A silent run shows nothing: not at its start, rows, problems or end, and not in a `%%wandb` cell."""
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "settings").write_text("[default]\nsilent = true\n")
    notebook = execute(
        LOAD,
        "run = wandb.init(project='p', save_code=True, magic=True)",
        "wandb.log({'a': 1})" + REMOVE_FOLDER,
        "import time\nfor i in range(3): wandb.log({'a': 2}); time.sleep(0.15)",
        END,
        "%%wandb --project p\nwandb.log({'a': 1})",
    )

    assert [cell.outputs for cell in notebook.cells] == [[]] * 6


def test_quiet_is_quiet(execute: Execute) -> None:
    """A quiet run prints one line at its start and one at its end, and shows a panel only on request."""
    quiet = "run = wandb.init(project='p', settings={'quiet': True})"
    notebook = execute(LOAD, quiet, ROW, "%wandb", "run.finish()")
    _, start, row, requested, end = notebook.cells

    assert texts(start).count("\n") == 1
    assert row.outputs == []
    assert len(run_bundles(requested)) == 1
    assert texts(end).count("\n") == 1


def test_the_notebooks_name_is_requested_only_to_save_code(execute: Execute) -> None:
    """Only users who want their code saved see one notice, with the remedy, that the notebook file was not found."""
    notebook = execute(
        LOAD,
        "wandb.init(project='p'); wandb.log({'a': 1}); wandb.finish()",
        "wandb.init(project='p', save_code=True)",
        "import time\nfor i in range(10): wandb.log({'a': 1}); time.sleep(0.15)",
        "wandb.finish()",
    )
    _, plain, *saving = notebook.cells

    assert "notebook" not in texts(plain)
    printed = "".join(map(texts, saving))
    assert printed.count("WANDB_NOTEBOOK_NAME") == 1


def test_the_panel_is_off_and_on_everywhere(execute: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Project settings override user settings, variables override files, arguments override both; `%config` is last."""
    user = tmp_path / "user"
    user.mkdir()
    (user / "settings").write_text("[default]\ndisplay = false\n")
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(user))
    start = "run = wandb.init(project='p', dir={}, settings={})\nwandb.log({{'a': 1}})\nrun.finish()"
    here, there = repr("."), repr("there")
    notebook = execute(
        LOAD,
        start.format(here, None),
        "import os, pathlib\nos.makedirs('there/wandb')\n"
        "pathlib.Path('there/wandb/settings').write_text('[default]\\ndisplay = true\\n');",
        start.format(there, None),
        "os.environ['WANDB_DISPLAY'] = 'false'\n" + start.format(there, None),
        start.format(there, {"display": True}),
        "del os.environ['WANDB_DISPLAY'], os.environ['WANDB_CONFIG_DIR']\n%config WandbMagics.display = False",
        start.format(here, None),
        start.format(there, None),
        "%config WandbMagics.display = True\n" + start.format(here, None),
    )
    _, by_user, _, by_project, by_variable, by_call, _, by_magic, over_magic, again = notebook.cells

    assert [len(run_bundles(cell)) for cell in (by_user, by_project, by_variable, by_call)] == [0, 1, 0, 1]
    assert [len(run_bundles(cell)) for cell in (by_magic, over_magic, again)] == [0, 1, 1]


def test_an_ipython_profile_turns_it_off(execute: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`c.WandbMagics.display = False` in the user's IPython configuration holds, as for other extensions."""
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text("c.WandbMagics.display = False\n")
    monkeypatch.setenv("IPYTHONDIR", str(profile.parent))
    notebook = execute(LOAD, "run = wandb.init(project='p')\nwandb.log({'a': 1})", "%wandb")

    assert run_bundles(notebook.cells[1]) == []
    assert len(run_bundles(notebook.cells[2])) == 1


def test_init_loads_nothing_heavy(execute: Execute) -> None:
    """In a fresh kernel `init()` with a shown panel loads no heavy packages, and none of ours that it does not need."""
    ours = ("notebook.magics.magic_commands", "capture.cells.saved_notebook", "sync.background.launch")
    heavy = ("numpy", "pandas", "PIL", "anywidget", "tornado.web", "difflib", *(f"wandb_nb.{name}" for name in ours))
    start = "import sys\nbefore = set(sys.modules)\nimport wandb_nb as wandb\nrun = wandb.init(project='p')\n"
    notebook = execute(f"{start}print([name for name in {heavy!r} if name in set(sys.modules) - before])")

    assert texts(notebook.cells[0]) == "[]\n"
    assert len(run_bundles(notebook.cells[0])) == 1


def picture(message: dict[str, Any]) -> bool:
    """Return whether a message contains a picture of a run."""
    data = message["content"].get("data", {})
    return MIME in data and "image/png" in data


# No snapshot is due while a cell runs, however slowly; a busy kernel has time to report that its cell has ended.
ONLY_IDLE = """
from wandb_nb.notebook.panel import live_run
live_run.MIN_SNAPSHOT_SECONDS = live_run.MAX_SNAPSHOT_SECONDS = 600
live_run.IDLE_DELAY_SECONDS = live_run.MAX_IDLE_DELAY_SECONDS = 2
"""


def test_pictures_are_made_when_the_kernel_is_idle(tmp_path: Path) -> None:
    """When a person runs the cells, a cell ends without waiting for its picture, which follows by itself."""
    page = Page(tmp_path, subshell=False)
    page.prepare(ONLY_IDLE)
    try:
        cell = page.run(f"{LOAD}\n%wandb init --project p\n{ROW}")
        page.hear(lambda _: page.finished(cell))
        before = sum(map(picture, page.heard))
        page.hear(picture)
        assert before == 0
        cell = page.run("wandb.log({'a': 2})")
        page.hear(lambda message: picture(message) and message["content"]["data"][MIME]["run"]["rows"] == 2)
        assert page.finished(cell)
        cell = page.run("wandb.log({'a': 3})\nwandb.finish()")
        page.hear(lambda message: picture(message) and message["content"]["data"][MIME]["run"]["state"] == "finished")
        assert not page.finished(cell), "the last picture is there before the cell ends"
    finally:
        page.close()
