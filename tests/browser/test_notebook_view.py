"""The view in notebooks of real kernels: cells of points, earlier runs behind a chart, comparisons; and without one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import nbformat
import pytest
from lab import ARTIFACTS, ready, start_cells, watch
from plain import serious
from playwright.sync_api import expect
from waiting import until

from wandb_nb.view.message.header_fields import MIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import Locator, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
SECRET = "sk-ant-api03-0123456789abcdefghijklmnopqrstuvwxyz"  # noqa: S105  made up
CELLS = [
    "%load_ext wandb_nb",
    "%wandb init --project cells --name {name}\nimport wandb_nb as wandb",
    "for step in range(60):  # first {secret}\n    wandb.log({{'loss': {scale} / (step + 1)}})",
    "for step in range(60):  # second\n    wandb.log({{'loss': {scale} / (step + 61)}})",
    "wandb.finish()",
]


TWO_RUNS = """for lr in (0.1, 0.3):
    with wandb.init(project='p', name=f'lr-{lr}', config={'lr': lr}, settings={'silent': True}) as run:
        for step in range(100):
            run.log({'loss': lr + 1 / (step + 1)})"""


@pytest.fixture(scope="module")
def server(servers: JupyterServers) -> Iterator[JupyterServer]:
    """Start JupyterLab with our extensions."""
    with servers.borrow() as server:
        yield server


@pytest.fixture
def page(lab_page: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page; at its end the console must have no error of this package."""
    lab_page.set_viewport_size({"width": 1200, "height": 1500})
    noises = watch(lab_page)
    yield lab_page
    lab_page.screenshot(path=ARTIFACTS / f"end-of-{request.node.name}.png")
    assert noises == []


def write(server: JupyterServer, name: str, cells: list[str]) -> None:
    """Write a notebook into the server's root."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, server.root / name)


def run_all(page: Page, server: JupyterServer, name: str) -> None:
    """Open the notebook with a new kernel, run all its cells, and save it."""
    page.goto("about:blank")  # an open page would restart its kernel
    server.shut_sessions()
    page.goto(server.url(name))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    until(lambda: ready(server), "idle kernel")
    start_cells(page)
    until(lambda: executed(page) == len(page.locator(".jp-Notebook .jp-Cell").all()), "the last cell")
    save(page)


def save(page: Page) -> None:
    """Save the notebook; a dialog about which file to keep must not block the test."""
    page.evaluate(
        """() => Promise.race([
            window.jupyterapp.commands.execute('docmanager:save').then(() => null),
            new Promise(done => setTimeout(done, 10000, null))])"""
    )


def sources(server: JupyterServer, name: str) -> list[str]:
    """Return the sources of cells in the view's saved output; empty before both are there."""
    outputs = [output for cell in nbformat.read(server.root / name, 4).cells for output in cell.outputs]
    views = [output.data[MIME] for output in outputs if MIME in output.get("data", {})]
    cell_sources = [cell["source"] for cell in views[-1]["cells"]] if views else []
    return cell_sources if len(cell_sources) > 1 else []


def executed(page: Page) -> int:
    """Return how many cells have run."""
    prompts = page.locator(".jp-Notebook .jp-InputPrompt").all_text_contents()
    return sum(prompt.strip("[]:* ").isdigit() for prompt in prompts)


def view(page: Page) -> Locator:
    """Return the view with charts, scrolled into view."""
    view_locator = page.locator(".wnb:has(canvas)").last
    view_locator.wait_for()
    view_locator.evaluate("view => view.scrollIntoView({block: 'center'})")
    return view_locator


def click_at(page: Page, share: float) -> None:
    """Click into the first chart of the view with Ctrl, at a share of its width."""
    over = view(page).locator(".u-over").first
    over.wait_for()
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + 100)
    page.keyboard.down("Control")
    page.mouse.down()
    page.mouse.up()
    page.keyboard.up("Control")


def keys_stay_in_the_view(page: Page) -> None:
    """Press the notebook's keys inside the view: no cell is cut, run or collapsed; Escape returns to the notebook."""
    cells, executions = (
        page.locator(".jp-Notebook .jp-Cell").count(),
        page.locator(".jp-InputPrompt").all_text_contents(),
    )
    for control in (".wnb-plot", "input[type=range]"):
        view(page).locator(control).first.focus()
        for key in ("x", "d", "d", "ArrowLeft", "Shift+Enter", "Control+Enter"):
            page.keyboard.press(key)
        assert page.evaluate("() => document.activeElement.closest('.wnb') !== null")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(cells)
    assert page.locator(".jp-InputPrompt").all_text_contents() == executions
    page.keyboard.press("Escape")
    assert page.evaluate(
        "() => document.activeElement.closest('.wnb') === null && document.activeElement !== document.body"
    )


def test_a_point_shows_its_cell_with_and_without_a_kernel(page: Page, server: JupyterServer) -> None:
    """A click shows the cell that logged the point; the same works when reopened without kernel and run directory."""
    write(server, "cells.ipynb", [cell.format(name="calm-sea", scale=1, secret=SECRET) for cell in CELLS])
    run_all(page, server, "cells.ipynb")
    until(lambda: "finished" in (view(page).locator(".wnb-state").text_content() or ""), "the end of the run")
    for share, marker in ((0.2, "# first"), (0.8, "# second")):
        click_at(page, share)
        view(page).locator(".wnb-code", has_text=marker).wait_for()
    facts = view(page).locator(".wnb-cell-facts").text_content() or ""
    assert "ended after" in facts
    assert "loss: steps 60 to 119" in facts
    page.screenshot(path=ARTIFACTS / "notebook-cells.png")
    keys_stay_in_the_view(page)
    assert serious(page, ".wnb") == []
    save(page)
    saved = until(lambda: sources(server, "cells.ipynb"), "the saved cells")
    assert "# first [redacted]" in saved[0]
    assert SECRET not in "".join(saved)
    server.shut_sessions()
    shutil.rmtree(server.root / "wandb")
    page.goto(server.url("cells.ipynb"))
    click_at(page, 0.2)
    view(page).locator(".wnb-code", has_text="# first").wait_for()


def test_earlier_runs_of_the_notebook_are_behind_the_chart(page: Page, server: JupyterServer) -> None:
    """After one click the second execution of a notebook has the first one behind its chart."""
    for name, scale in (("first-run", 1), ("second-run", 3)):
        page.goto("about:blank")  # a page with the file open would show a dialog about which one to keep
        write(server, "again.ipynb", [cell.format(name=name, scale=scale, secret="") for cell in CELLS])
        run_all(page, server, "again.ipynb")
        until(lambda: "finished" in (view(page).locator(".wnb-state").text_content() or ""), "the end of the run")
    view(page).get_by_role("button", name="Earlier runs").click()
    view(page).get_by_text("Earlier run in background: first-run").wait_for()
    page.screenshot(path=ARTIFACTS / "notebook-ghosts.png")


def test_a_comparison_is_drawn_and_outlives_its_runs(page: Page, server: JupyterServer) -> None:
    """`%wandb diff` is interactive in JupyterLab, and remains so after kernel and runs are gone."""
    write(
        server,
        "diff.ipynb",
        ["%load_ext wandb_nb", f"import wandb_nb as wandb\n{TWO_RUNS}", "%wandb diff latest~1 latest"],
    )
    run_all(page, server, "diff.ipynb")
    page.locator(".wnb-runs").wait_for()
    until(lambda: "comparison+json" in (server.root / "diff.ipynb").read_text(), "the saved comparison")
    server.shut_sessions()
    shutil.rmtree(server.root / "wandb")
    page.goto(server.url("diff.ipynb"))
    saved_view = view(page)
    labels = saved_view.locator(".wnb-runs .wnb-run-label").all_text_contents()
    assert labels == ["lr=0.1 · lr-0.1", "lr=0.3 · lr-0.3"]
    saved_view.get_by_role("tab", name="Config").click()
    saved_view.locator(".wnb-facts:visible tbody tr", has_text="lr0.10.3").wait_for()
    page.screenshot(path=ARTIFACTS / "notebook-diff.png")
    assert serious(page, ".wnb") == []
