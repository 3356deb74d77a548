"""Where a run is shown: under the cell that logs first, as one line under later ones, and wherever it is asked for."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from cells import LOAD, MIME, run_bundles, texts
from page import Page

from wandb_nb.view.message.header_fields import COMPARISON_MIME, LINK_MIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel
START = "run = wandb.init(project='p', name='calm')"
PLOT = "import matplotlib\nmatplotlib.use('module://matplotlib_inline.backend_inline')\nimport matplotlib.pyplot as plt"
CLEAR = "from IPython.display import clear_output, display"
LOOP = (
    "for lr in (0.1, 0.2, 0.4):\n"
    "    with wandb.init(project='p', config={'lr': lr, 'width': 64}) as run:\n"
    "        for step in range(20): run.log({'loss': lr / (1 + step)})"
)


def kinds(cell: NotebookNode) -> list[str]:
    """Return what each output of a cell is: "run", "runs", "link", "figure" or a stream's name."""
    names = {MIME: "run", COMPARISON_MIME: "runs", LINK_MIME: "link", "image/png": "figure"}
    return [
        next((name for mime, name in names.items() if mime in output.get("data", {})), output.get("name", "text"))
        for output in cell.outputs
    ]


def comparison(cell: NotebookNode) -> Any:
    """Return the one overlay under a cell."""
    (data,) = [output.data for output in cell.outputs if COMPARISON_MIME in output.get("data", {})]
    assert base64.b64decode(data["image/png"])[:4] == b"\x89PNG"
    return data[COMPARISON_MIME]


def test_the_first_cell_that_logs_keeps_the_panel(execute: Execute) -> None:
    """The panel stays, later cells get a line that leads there, and each view is in its final state at the end."""
    notebook = execute(
        LOAD,
        "%wandb init --project p --name calm",
        "1 + 1",
        "for i in range(50):\n    wandb.log({'train/loss': 1 / (1 + i)})",
        "wandb.log({'test': 1.0})\nwandb.log({'test': 2.0})",
        "wandb.run",
        "wandb.log({'test': 3.0})\nwandb.run.display()",
        "%wandb",
        "%wandb finish",
    )
    _, start, other, panel, later, last, displayed, magic, end = notebook.cells

    assert [kinds(cell) for cell in (start, other, panel, later)] == [["link"], ["text"], ["run"], ["link"]]
    assert [kinds(cell) for cell in (last, displayed, magic, end)] == [["run"], ["run"], ["run"], ["stdout"]]
    assert start.outputs[0].data["text/plain"] == "The chart of calm is under cell [4]"
    assert later.outputs[0].data["text/plain"] == "The chart of calm is under cell [4]"
    views = [run_bundles(cell)[0] for cell in (panel, last, displayed, magic)]
    assert {view[MIME]["run"]["state"] for view in views} == {"finished"}
    assert {view[MIME]["run"]["rows"] for view in views} == {53}
    assert len({view["image/png"] for view in views}) == 1


def test_a_view_before_the_first_row_stays(execute: Execute) -> None:
    """A view that was asked for is not the panel: the first cell that logs gets its own."""
    notebook = execute(LOAD, START, "%wandb", "run.log({'a': 1})", "run.log({'a': 2}); run.finish()")

    assert [kinds(cell) for cell in notebook.cells[1:]] == [["link"], ["run"], ["run"], ["link", "stdout"]]
    assert [run_bundles(cell)[0][MIME]["run"]["rows"] for cell in notebook.cells[2:4]] == [2, 2]


def test_many_views_are_rendered_once(execute: Execute) -> None:
    """While a run is active, only its first and its newest view follow it; at the end all views do."""
    notebook = execute(
        LOAD,
        f"{START}\nrun.log({{'a': 1}})",
        *[f"run.log({{'a': {number}}})\nrun" for number in range(6)],
        "publisher = get_ipython()._wandb_nb.presenter._layout._publisher\n"
        "updates, update = [], publisher.update\n"
        "publisher.update = lambda *given: (updates.append(1), update(*given))",
        "run.log({'a': 7})",
        "print(len(updates))",
        "run.finish()\nprint(len(updates))",
    )

    assert texts(notebook.cells[10]) == "2\n"
    assert texts(notebook.cells[11]).splitlines()[-1] == "9"
    assert {run_bundles(cell)[0][MIME]["run"]["rows"] for cell in notebook.cells[1:8]} == {8}


def test_runs_of_one_cell_share_their_charts(execute: Execute) -> None:
    """A loop over settings is one output, whose labels are the values that differ."""
    notebook = execute(LOAD, LOOP, "run")
    overlay = comparison(notebook.cells[1])

    assert kinds(notebook.cells[1]) == ["runs"]
    assert overlay["labels"] == ["lr=0.1", "lr=0.2", "lr=0.4"]
    assert [run["run"]["state"] for run in overlay["runs"]] == ["finished"] * 3
    assert [run["config"]["lr"] for run in overlay["runs"]] == [0.1, 0.2, 0.4]
    assert [access["id"] for access in overlay["accesses"]] == [run["run"]["id"] for run in overlay["runs"]]
    assert kinds(notebook.cells[2]) == ["run"]
    assert len(nbformat.writes(notebook)) < 300_000


def test_active_runs_share_the_cell_that_logs_both(execute: Execute) -> None:
    """Runs that log first in the same cell share its panel, wherever they began, and have one line in later cells."""
    notebook = execute(
        LOAD,
        "a = wandb.init(project='p', name='a', config={'lr': 1})",
        "b = wandb.init(project='p', name='b', config={'lr': 2}, reinit='create_new')",
        "a.log({'x': 1}); b.log({'x': 2})",
        "b.log({'x': 3}); a.log({'x': 4})",
        "a.finish(); b.finish()",
    )
    _, first, second, panel, later, end = notebook.cells

    assert [kinds(cell) for cell in (first, second, panel, later, end)] == [["link"]] * 2 + [
        ["runs"],
        ["link"],
        ["stdout"],
    ]
    assert later.outputs[0].data["text/plain"] == "The charts of 2 runs are under cell [4]"
    assert [run["run"]["rows"] for run in comparison(panel)["runs"]] == [2, 2]
    assert [run["run"]["state"] for run in comparison(panel)["runs"]] == ["finished"] * 2


def test_runs_begun_together_log_apart(execute: Execute) -> None:
    """Two runs that begin in one cell and log in different ones have a panel each."""
    notebook = execute(
        LOAD,
        "a = wandb.init(project='p', name='a')\nb = wandb.init(project='p', name='b', reinit='create_new')",
        "a.log({'x': 1})",
        "b.log({'x': 2})",
        "a.finish(); b.finish()",
    )

    assert [kinds(cell) for cell in notebook.cells[1:4]] == [["link"], ["run"], ["run"]]
    assert [run_bundles(cell)[0][MIME]["run"]["name"] for cell in notebook.cells[2:4]] == ["a", "b"]


def test_a_run_that_begins_after_another_one_logged(execute: Execute) -> None:
    """It belongs to the cell that logs its first row, and leaves the one where it began."""
    notebook = execute(
        LOAD,
        "a = wandb.init(project='p', name='a')\na.log({'x': 1})\nb = wandb.init(project='p', name='b')",
        "b.log({'x': 2})",
        "b.finish()",
    )

    assert [kinds(cell) for cell in notebook.cells[1:3]] == [["run"], ["run"]]
    assert [run_bundles(cell)[0][MIME]["run"]["name"] for cell in notebook.cells[1:3]] == ["a", "b"]


def test_hundreds_of_runs_fit_one_output(execute: Execute) -> None:
    """Of many runs in one cell the newest are drawn, and the output says how many are not."""
    cell = "for seed in range(30):\n    wandb.init(project='p', config={'seed': seed}).log({'a': seed})\nwandb.finish()"
    overlay = comparison(execute(LOAD, cell).cells[1])

    assert overlay["labels"] == [f"seed={seed}" for seed in range(10, 30)]
    assert overlay["hidden"] == 10


CLEARING = {
    "before the row, waiting": "clear_output(wait=True); run.log({'a': i}); plt.plot([i]); plt.show()",
    "after the row, waiting": "run.log({'a': i}); clear_output(wait=True); plt.plot([i]); plt.show()",
    "before the row": "clear_output(); plt.plot([i]); plt.show(); run.log({'a': i})",
    "after the row": "plt.plot([i]); plt.show(); run.log({'a': i}); clear_output(); plt.plot([i]); plt.show()",
}


@pytest.mark.parametrize("body", CLEARING.values(), ids=CLEARING)
def test_a_loop_that_clears_its_outputs(execute: Execute, body: str) -> None:
    """With `clear_output()` and `plt.show()` in the loop, one figure and one panel are in the saved notebook."""
    notebook = execute(LOAD, f"{CLEAR}\n{PLOT}\n{START}\nfor i in range(5):\n    {body}", "run.finish()")

    assert sorted(kinds(notebook.cells[1])) == ["figure", "run"]
    view = run_bundles(notebook.cells[1])[0]
    assert view[MIME]["run"]["rows"] == 5
    assert view[MIME]["run"]["state"] == "finished"
    assert "image/png" in view


def test_a_loop_that_prints_its_progress(execute: Execute) -> None:
    """`clear_output(wait=True)` and `print` leave the last text and the panel, or the line of a later cell."""
    loop = "for i in range(5):\n    clear_output(wait=True); print('at', i); run.log({'a': i})"
    notebook = execute(LOAD, f"{CLEAR}\n{START}\n{loop}", loop, "run.finish(); clear_output()")

    assert sorted(kinds(notebook.cells[1])) == ["run", "stdout"]
    assert texts(notebook.cells[1]) == "at 4\n"
    assert sorted(kinds(notebook.cells[2])) == ["link", "stdout"]
    assert notebook.cells[3].outputs == []


def test_a_clearing_that_never_comes(execute: Execute) -> None:
    """`clear_output(wait=True)` without a later output removes nothing, so nothing is added either."""
    notebook = execute(LOAD, f"{CLEAR}\n{START}\nrun.log({{'a': 1}})\nclear_output(wait=True)", "run.finish()")

    assert kinds(notebook.cells[1]) == ["run"]
    assert run_bundles(notebook.cells[1])[0][MIME]["run"]["state"] == "finished"


def test_an_output_widget_is_cleared_alone(execute: Execute) -> None:
    """Clearing an Output widget leaves the panel beside it as the only one."""
    notebook = execute(
        LOAD,
        f"{CLEAR}\nimport ipywidgets\nout = ipywidgets.Output()\n{START}\n"
        "for i in range(3):\n    run.log({'a': i})\n    with out:\n        clear_output(wait=True); print(i)",
        "run.finish()",
    )

    assert kinds(notebook.cells[1]) == ["run"]
    assert run_bundles(notebook.cells[1])[0][MIME]["run"]["rows"] == 3


def test_a_captured_cell_gets_nothing(execute: Execute) -> None:
    """Rows of a cell under `%%capture` bring no panel, which nobody would see; the next cell gets it."""
    notebook = execute(LOAD, START, "%%capture\nrun.log({'a': 1})", "run.log({'a': 2})", "run.finish()")

    assert [kinds(cell) for cell in notebook.cells[1:4]] == [["link"], [], ["run"]]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Return a page of a kernel in which the extension is loaded."""
    page = Page(tmp_path, subshell=False)
    page.run(LOAD)
    yield page
    page.close()


def displays(page: Page, cell: str) -> list[set[str]]:
    """Return the MIME types of each output that was added under a cell."""
    return [
        set(message["content"]["data"])
        for message in page.heard
        if message["msg_type"] == "display_data" and message["parent_header"]["msg_id"] == cell
    ]


def run_cell(page: Page, code: str, cell_id: str = "") -> str:
    """Run a cell to its end, and return its message's id."""
    cell = page.run(code, cell_id)
    page.hear(lambda _: page.finished(cell))
    return cell


def test_a_cell_that_is_executed_again_gets_its_panel_again(page: Page) -> None:
    """The page has removed the outputs of such a cell, so its next row brings the panel, not a line."""
    run_cell(page, START)
    cells = [run_cell(page, "run.log({'a': 1})", "training") for _ in range(3)]
    other = run_cell(page, "run.log({'a': 1})")

    assert [MIME in output for cell in cells for output in displays(page, cell)] == [True] * 3
    assert [LINK_MIME in output for output in displays(page, other)] == [True]


def test_pages_without_cell_ids_recognise_a_cell_by_its_source(tmp_path: Path) -> None:
    """Where a person executes the same source again, it counts as the same cell."""
    page = Page(tmp_path, subshell=False, facts=False)
    try:
        run_cell(page, f"{LOAD}\n{START}")
        cells = [run_cell(page, "run.log({'a': 1})") for _ in range(2)]
        assert [MIME in output for cell in cells for output in displays(page, cell)] == [True] * 2
    finally:
        page.close()


def test_the_panel_follows_the_figure(page: Page) -> None:
    """In a loop that clears and plots, the panel comes right after the figure, so neither flickers."""
    body = "clear_output(wait=True); run.log({'a': i}); display({'image/png': ''}, raw=True); time.sleep(0.15)"
    cell = run_cell(page, f"import time\n{CLEAR}\n{START}\nfor i in range(4):\n    {body}")

    shown = ["panel" if MIME in output else "figure" for output in displays(page, cell)]
    assert shown == ["panel", *["figure", "panel"] * 4]


def test_an_overlay_is_live(page: Page) -> None:
    """The second run of a cell joins the output while it runs, and the output is updated in place."""
    cell = page.run(
        "import time\nfor lr in (1, 2):\n    with wandb.init(project='p', config={'lr': lr}) as run:\n"
        "        for step in range(30): run.log({'a': step}); time.sleep(0.1)"
    )

    def joined(message: dict[str, Any]) -> bool:
        overlay = message["content"].get("data", {}).get(COMPARISON_MIME, {"runs": []})
        return [run["run"]["state"] for run in overlay["runs"]] == ["finished", "running"]

    page.hear(joined)
    assert not page.finished(cell)
    page.hear(lambda _: page.finished(cell))
    page.hear(
        lambda message: (
            [
                run["run"]["state"]
                for run in message["content"].get("data", {}).get(COMPARISON_MIME, {"runs": []})["runs"]
            ]
            == ["finished"] * 2
        )
    )
    assert len(displays(page, cell)) == 1
