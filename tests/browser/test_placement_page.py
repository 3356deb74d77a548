"""Where runs are shown in real JupyterLab and Notebook 7: the panel, the lines that lead to it, overlays, clearing."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import nbformat
import pytest
from lab import ARTIFACTS, ready, start_cells, watch
from plain import serious
from playwright.sync_api import expect
from waiting import until

from wandb_nb.view.message.header_fields import COMPARISON_MIME, LINK_MIME, MIME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import Locator, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
START = [
    "%load_ext wandb_nb\nimport wandb_nb as wandb, math, time\nfrom IPython.display import clear_output, display, SVG",
    "%wandb init --project digits --name calm-sea lr=0.1",
]
TRAIN = (
    "for step in range({}):\n"
    "    wandb.log({{'train/loss': 1 / (1 + step), 'val/loss': 1.2 / (1 + step), 'accuracy': step / 60}})\n"
    "    time.sleep(0.02)"
)
SPACE = "print('\\n' * 60)"
LATER = [*START, TRAIN.format(60), SPACE, TRAIN.format(20), "wandb.finish()"]
LOOP = (
    "for lr in (0.1, 0.2, 0.5):\n"
    "    with wandb.init(project='digits', config={'lr': lr, 'width': 64}) as run:\n"
    "        for step in range(100):\n"
    "            run.log({'loss': lr / (1 + step), 'accuracy': math.tanh(step * lr / 10)}); time.sleep(0.03)"
)
CIRCLE = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="150"><circle cx="%d" cy="75" r="50"/></svg>'
CLEARING = (
    "for step in range(40):\n"
    "    wandb.log({'loss': 1 / (1 + step)}); clear_output(wait=True)\n"
    f"    display(SVG('{CIRCLE}' % step)); time.sleep(0.15)"
)


@pytest.fixture(scope="module", params=["lab", "notebook"])
def server(servers: JupyterServers, request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    """Start JupyterLab, then Notebook 7, with our extensions."""
    with servers.borrow(request.param) as server:
        yield server


@pytest.fixture
def page(server: JupyterServer, lab_page: Page) -> Iterator[Page]:
    """Open a page; at its end the console must have no error of this package."""
    lab_page.set_viewport_size({"width": 1280, "height": 900})
    noises = watch(lab_page)
    yield lab_page
    lab_page.goto("about:blank")  # before its kernel ends
    server.shut_sessions()
    assert noises == []


def run_all(page: Page, server: JupyterServer, name: str, cells: list[str]) -> None:
    """Write a notebook, open it with a new kernel, and start all its cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, server.root / name)
    page.goto(server.url(name))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    until(lambda: ready(server), "idle kernel")
    if server.app == "lab":
        start_cells(page)
    else:
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()


def finish(page: Page, server: JupyterServer) -> None:
    """Wait until all cells have run."""
    cells = page.locator(".jp-Notebook .jp-InputPrompt")
    until(lambda: all(text.strip("[]:* ").isdigit() for text in cells.all_text_contents()), "the last cell")
    until(lambda: ready(server), "idle kernel")


def save(page: Page, server: JupyterServer, name: str) -> list[list[set[str]]]:
    """Save by keyboard if there is something to save; return the MIME types of each cell's outputs in the file."""
    page.keyboard.press("Control+s")
    time.sleep(0.5)  # nothing tells when an unchanged notebook has been saved
    notebook = until(lambda: whole(server.root / name), "a whole file")
    return [[set(output.get("data", {})) for output in cell.outputs] for cell in notebook.cells]


def whole(path: Path) -> nbformat.NotebookNode | None:
    """Return the notebook at *path*; None while it is being written."""
    try:
        return nbformat.read(path, as_version=4)
    except nbformat.reader.NotJSONError:
        return None


def outputs(page: Page, number: int) -> Locator:
    """Return the output area of cell *number*."""
    return page.locator(".jp-Notebook .jp-CodeCell").nth(number - 1).locator(".jp-Cell-outputArea")


def in_view(page: Page, element: Locator) -> bool:
    """Return whether the top of an element can be seen."""
    box, size = element.bounding_box(), page.viewport_size
    return box is not None and size is not None and 0 <= box["y"] < size["height"] - 100


def test_a_later_cell_links_to_the_panel(page: Page, server: JupyterServer) -> None:
    """By keyboard, the link goes to the panel and gives it the focus, and "Show here" draws a view that is saved."""
    name = "later.ipynb"
    run_all(page, server, name, LATER)
    finish(page, server)
    line, panel = outputs(page, 5), outputs(page, 3).locator(".wnb")
    expect(outputs(page, 2).locator(".wnb-link")).to_have_text("The chart of calm-sea is below, under cell [3]")
    line.locator(".wnb-link").scroll_into_view_if_needed()
    expect(line.locator(".wnb-link")).to_have_text("The chart of calm-sea is above, under cell [3]")
    the_link_follows_its_cell(page)
    assert serious(page, ".wnb") == []
    page.screenshot(path=ARTIFACTS / f"placement-{server.app}-link.png")
    height = line.bounding_box()
    assert height is not None
    assert height["height"] < 60

    line.locator(".wnb-link").focus()
    page.keyboard.press("Enter")
    until(lambda: in_view(page, panel), "the panel in view")
    until(lambda: page.evaluate("() => document.activeElement.dataset.runs !== undefined"), "focus on the panel")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('.wnb') !== null")

    line.get_by_role("button", name="Show here").focus()
    page.keyboard.press("Enter")
    line.locator("canvas").first.wait_for()
    until(lambda: page.evaluate("() => document.activeElement.dataset.runs !== undefined"), "focus on the view")
    page.screenshot(path=ARTIFACTS / f"placement-{server.app}-shown.png")
    until(lambda: "image/png" in save(page, server, name)[4][0], "the saved picture")
    assert [list(map(kind, cell)) for cell in save(page, server, name)] == [
        [], ["link"], ["run"], ["text"], ["run"], ["text"]
    ]  # fmt: skip
    saved = nbformat.read(server.root / name, as_version=4).cells[4].outputs[0].data[MIME]
    assert [series["n"] for series in saved["series"]] == [80] * 3


def the_link_follows_its_cell(page: Page) -> None:
    """Move the cell of the link above the charts by keyboard, and back: the link names their place."""
    page.locator(".jp-Notebook .jp-CodeCell").nth(4).locator(".jp-InputPrompt").click()
    for key, side in (("Control+Shift+ArrowUp", "below"), ("Control+Shift+ArrowDown", "above")):
        page.keyboard.press(key)
        page.keyboard.press(key)
        page.locator(f".jp-mod-active .wnb-link:text-is('The chart of calm-sea is {side}, under cell [3]')").wait_for()


def kind(mimes: set[str]) -> str:
    """Return what an output is."""
    names = {MIME: "run", COMPARISON_MIME: "runs", LINK_MIME: "link", "image/svg+xml": "figure"}
    return next((name for mime, name in names.items() if mime in mimes), "text")


def test_a_view_opened_while_the_cell_runs_stays(page: Page, server: JupyterServer) -> None:
    """A button in a running cell draws the live run there; the end of the run leaves its final picture."""
    name = "live.ipynb"
    run_all(page, server, name, [*START, TRAIN.format(5), TRAIN.format(300), "wandb.finish()"])
    button = outputs(page, 4).get_by_role("button", name="Show here")
    button.click()
    view = outputs(page, 4).locator(".wnb[data-points]")
    until(lambda: int(view.get_attribute("data-points") or 0) > 60, "a growing chart")
    expect(outputs(page, 3).locator(".wnb canvas").first).to_be_attached()
    finish(page, server)
    view.locator(".wnb-head[data-state=finished]").wait_for()
    until(lambda: "image/png" in save(page, server, name)[3][0], "the final picture")
    saved = nbformat.read(server.root / name, as_version=4).cells[3].outputs[0].data
    assert "finished" in saved["text/plain"]
    assert saved[MIME]["run"]["rows"] == 305


def test_a_loop_over_settings_is_one_live_overlay(page: Page, server: JupyterServer) -> None:
    """Three runs of one cell are drawn together while they run, also on a page that is loaded again meanwhile.

    Each has its colour, Stop reaches the active one, and the notebook gets all of them and their picture.
    """
    name = "loop.ipynb"
    run_all(page, server, name, [START[0], LOOP])
    area = outputs(page, 2)
    area.locator(".wnb-runs li").nth(1).wait_for()
    first = area.locator(".wnb-swatch path").first.get_attribute("stroke")
    area.get_by_role("button", name="Stop lr=0.2").wait_for()
    expect(area.locator(".wnb")).to_have_count(1)
    until(lambda: COMPARISON_MIME in (server.root / name).read_text(), "the saved charts")
    page.reload()
    area.locator(".wnb-runs li").nth(2).wait_for()
    until(lambda: ready(server), "idle kernel")
    expect(area.locator(".wnb-run-label")).to_have_text(["lr=0.1", "lr=0.2", "lr=0.5"])
    until(lambda: all("finished" in text for text in area.locator(".wnb-run-fact").all_text_contents()), "the ends")
    expect(area.locator(".wnb-swatch path").first).to_have_attribute("stroke", first)
    assert serious(page, ".wnb") == []
    page.screenshot(path=ARTIFACTS / f"placement-{server.app}-loop.png")
    until(lambda: "image/png" in save(page, server, name)[1][0], "the saved picture")
    saved = nbformat.read(server.root / name, as_version=4).cells[1].outputs
    assert [len(output.data[COMPARISON_MIME]["runs"]) for output in saved] == [3]


def test_the_panel_stays_while_a_loop_clears(page: Page, server: JupyterServer) -> None:
    """In a loop that clears and plots, figure and panel are both there most of the time, at the same height."""
    name = "clear.ipynb"
    run_all(page, server, name, [*START, CLEARING, "wandb.finish()"])
    area = outputs(page, 3)
    for part in (".wnb canvas", ".jp-RenderedSVG"):
        area.locator(part).first.wait_for()
    page.evaluate(
        """area => {
            window.frames_ = {all: 0, drawn: 0, heights: []};
            const look = () => {
                window.frames_.all += 1;
                window.frames_.drawn += ['.wnb canvas', '.jp-RenderedSVG'].every(part => area.querySelector(part));
                window.frames_.heights.push(area.parentElement.getBoundingClientRect().height);
                requestAnimationFrame(look);
            };
            look();
        }""",
        area.element_handle(),
    )
    finish(page, server)
    frames = page.evaluate("() => window.frames_")
    page.screenshot(path=ARTIFACTS / f"placement-{server.app}-clear.png")
    heights = frames["heights"]
    assert frames["drawn"] / frames["all"] > 0.6, "a frame may lack the view after each of 40 clearings"
    assert sum(height < max(heights) - 20 for height in heights) / frames["all"] < 0.05, heights
    assert sorted(map(kind, save(page, server, name)[2])) == ["figure", "run"]
