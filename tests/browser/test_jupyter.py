"""The view in real JupyterLab and Notebook 7: live in a busy cell, after a reload, stopped, saved, reopened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from animation import MAX_BYTES, Animation
from lab import ARTIFACTS, IMAGES, ready, start_cells, watch
from waiting import scaled, until

from wandb_nb.store.reading.run_state import RunState
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import Locator, Page

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
POINTS_PER_FRAME, FILMED_POINTS = 20, 600
LONG_RUN = Path(__file__).parent / "long_run.ipynb"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module", params=["lab", "notebook"])
def server(servers: JupyterServers, request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    """Start JupyterLab, then Notebook 7, with our extensions."""
    with servers.borrow(request.param) as server:
        yield server


@pytest.fixture
def lab(servers: JupyterServers) -> Iterator[JupyterServer]:
    """Start JupyterLab with our extensions."""
    with servers.borrow() as server:
        yield server


@pytest.fixture
def page(lab_page: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page and save its last screenshot; at its end the console must have no error of this package."""
    noises = watch(lab_page)
    yield lab_page
    lab_page.screenshot(path=ARTIFACTS / f"end-of-{request.node.name}.png")
    if "comm" in request.node.name:  # Chromium logs the answer that redirects us to the kernel
        noises = [noise for noise in noises if "404 (Not Found)" not in noise]
    assert noises == []


def start(page: Page, server: JupyterServer, notebook: Path) -> str:
    """Open a copy of *notebook* without an earlier kernel, and run all its cells."""
    server.shut_sessions()
    name = server.add(notebook)
    open_notebook(page, server, name)
    until(lambda: ready(server), "idle kernel")
    page.locator(".jp-Notebook").click(position={"x": 5, "y": 5})
    run_all(page, server)
    return name


def run_all(page: Page, server: JupyterServer) -> None:
    """Run all cells by the menu's command."""
    if server.app == "lab":
        start_cells(page)
    else:
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()


def open_notebook(page: Page, server: JupyterServer, name: str) -> None:
    """Go to the notebook and wait for its cells."""
    page.goto(server.url(name))
    page.wait_for_selector(".jp-Notebook .jp-Cell")


def view(page: Page) -> Locator:
    """Return the view with charts, scrolled into view."""
    view_locator = page.locator(".wnb:has(canvas)").last
    view_locator.wait_for()
    view_locator.evaluate("view => view.scrollIntoView({block: 'start'})")
    return view_locator


def points(page: Page) -> int:
    """Return how many points the view draws now; 0 without a view."""
    live_views = page.locator(".wnb[data-points]")
    counts = [int(count) for count in live_views.evaluate_all("views => views.map(view => view.dataset.points)")]
    return max(counts, default=0)


def grows(page: Page, more: int = 30) -> int:
    """Wait until the view draws *more* points than now; return the new number."""
    before = points(page)
    until(lambda: points(page) >= before + more, f"{more} points more than {before}")
    return points(page)


def save(page: Page, server: JupyterServer, name: str) -> nbformat.NotebookNode:
    """Save by keyboard, as a person does, and return the file's content."""
    path = server.root / name
    before = path.stat().st_mtime_ns
    page.keyboard.press("Control+s")
    return until(lambda: path.stat().st_mtime_ns > before and whole(path), "saved notebook")


def whole(path: Path) -> nbformat.NotebookNode | None:
    """Return the notebook at *path*; None while it is being written."""
    try:
        return nbformat.read(path, as_version=4)
    except nbformat.reader.NotJSONError:
        return None


def run_state(server: JupyterServer) -> RunState:
    """Replay the newest run file under the server's root."""
    file = max(server.root.glob("wandb/*run-*/run-*.wandb"), key=lambda path: path.stat().st_mtime_ns)
    tail, state = Tail(file), RunState()
    while payloads := tail.read():
        state.apply(payloads)
    return state


def test_quickstart(lab: JupyterServer, page: Page) -> None:
    """The quickstart is drawn while its cell runs, ends with the file's values, and is there when reopened."""
    name = start(page, lab, QUICKSTART)
    film(page, IMAGES / "quickstart.webp")
    photograph(page, "quickstart.png")
    change_theme(page, "dark")
    photograph(page, "quickstart-dark.png")
    change_theme(page, "light")
    page.locator(".wnb-head[data-state=finished]").last.wait_for(timeout=scaled(120) * 1000)

    summary = run_state(lab).summary
    view(page)
    page.get_by_role("tab", name="Summary").last.click()
    exact = page.locator(".wnb-facts:visible").last.locator("td").evaluate_all("cells => cells.map(cell => cell.title)")
    for key in ("train/loss", "val/loss", "train/accuracy", "val/accuracy", "parameters"):
        assert str(summary[key]) in exact

    drawn = points(page)
    save(page, lab, name)
    lab.shut_sessions()
    (lab.root / "wandb").rename(lab.root / "moved away")
    open_notebook(page, lab, name)
    view(page)
    assert points(page) == drawn
    hover(page)
    page.screenshot(path=ARTIFACTS / "lab-reopened.png")


def training_cell(page: Page) -> Locator:
    """Return the cell with the charts."""
    return page.locator(".jp-Cell", has=view(page)).last


def photograph(page: Page, name: str) -> None:
    """Save a picture of the training cell for the documentation."""
    training_cell(page).screenshot(path=IMAGES / name)


def film(page: Page, path: Path) -> None:
    """Save an animated picture of the training cell while its charts grow; it must be small enough for a README."""
    cell, animation, drawn = training_cell(page), Animation(), -POINTS_PER_FRAME
    while drawn < FILMED_POINTS:
        drawn = until(lambda drawn=drawn: (now := points(page)) >= drawn + POINTS_PER_FRAME and now, "points", 150)
        animation.add(cell.screenshot())
    animation.save(path)
    assert len(animation.frames) > 15
    assert path.stat().st_size < MAX_BYTES


def change_theme(page: Page, theme: str) -> None:
    """Switch JupyterLab to its light or dark theme, and wait for the charts to follow."""
    name = f"JupyterLab {theme.title()}"
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    until(lambda: page.locator(f".wnb[data-theme={theme}]:has(canvas)").count(), f"{theme} view")
    until(lambda: page.locator(f"body[data-jp-theme-light={str(theme == 'light').lower()}]").count(), f"{theme} page")


def hover(page: Page) -> None:
    """Point into the first chart: its legend must then show the position."""
    plot = view(page).locator(".wnb-plot").first
    plot.hover(position={"x": 150, "y": 80})
    until(page.locator(".wnb-where").first.inner_text, "hovered value")


def test_reload_and_stop(page: Page, server: JupyterServer) -> None:
    """After a reload during a cell the growing chart is back, and Stop ends the loop."""
    name = start(page, server, LONG_RUN)
    view(page)
    grows(page)
    before = points(page)
    page.reload()
    until(lambda: points(page) >= before, "live chart after the reload")
    view(page)
    grows(page)
    page.get_by_role("button", name="Stop").last.click()
    rows = until(lambda: stands_still(server), "end of the loop")
    page.screenshot(path=ARTIFACTS / f"{server.app}-stopped.png")
    assert rows < 6000
    saved = json.dumps(save(page, server, name))
    assert "application/vnd.wandb-nb.run+json" in saved


def stands_still(server: JupyterServer) -> int:
    """Return the number of rows once no kernel runs a cell, else 0."""
    kernels = server.get("/api/kernels")
    busy = [kernel for kernel in kernels if kernel["execution_state"] == "busy"]
    return 0 if busy else len(run_state(server).table)


@pytest.fixture(params=["widget", "comm"])
def lacking(servers: JupyterServers, request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    """Start JupyterLab without our extensions, or with a server that does not see the kernel's files."""
    with servers.borrow(page=request.param == "comm", routes=False) as server:
        yield server


def test_kernel_feeds_the_view(lacking: JupyterServer, page: Page, request: pytest.FixtureRequest) -> None:
    """Without server data, the same view is live through the kernel, in a busy cell, and its Stop works."""
    start(page, lacking, LONG_RUN)
    view(page)
    grows(page)
    page.screenshot(path=ARTIFACTS / f"{request.node.callspec.id}.png")
    page.get_by_role("button", name="Stop").last.click()
    assert until(lambda: stands_still(lacking), "end of the loop") < 6000
