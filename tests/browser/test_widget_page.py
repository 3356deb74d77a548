"""`run.widget()` composed with other widgets in real JupyterLab and Notebook 7."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from lab import ARTIFACTS, IMAGES, open_cells, run_cell
from playwright.sync_api import expect
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import Locator, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]

START = """
import math, time
import ipywidgets as widgets
import traitlets
import wandb_nb as wandb
run = wandb.init(project="digits", name="first", settings={"silent": True})
view = run.widget()
bar = widgets.IntProgress(max=400, description="step")
widgets.jslink((view, "step"), (bar, "value"))
label = widgets.Label()
widgets.jslink((view, "state"), (label, "value"))
names = widgets.SelectMultiple(options=["train/loss", "val/loss", "accuracy"], description="metrics")
traitlets.link((view, "selected"), (names, "value"))
box = widgets.HBox([view, widgets.VBox([names, bar, label], layout={"min_width": "310px"})])
box
"""
COMPOSED = """
tab = widgets.Tab([widgets.Label("the other tab"), run.widget(["accuracy"])], titles=["other", "charts"])
out = widgets.Output()
with out: display(run.widget(["val/loss"]))
@widgets.interact(metric=["accuracy", "train/loss"])
def choose(metric):
    return run.widget([metric])
display(tab, out)
"""
TRAIN = """
for step in range(400):
    loss = math.exp(-step / 90)
    run.log({"train/loss": loss, "val/loss": loss + 0.05, "accuracy": 1 - loss})
    time.sleep(0.05)
"""


@pytest.fixture(scope="module", params=["lab", "notebook", "widget only"])
def server(servers: JupyterServers, request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    """Start JupyterLab, Notebook 7, and JupyterLab without our extensions."""
    ours = request.param != "widget only"
    app = request.param if ours else "lab"
    with servers.borrow(app, page=ours, routes=ours) as server:
        yield server


@pytest.fixture
def page(lab_page: Page) -> Iterator[Page]:
    """Open a page; at its end the console must have no error of this package."""
    lab_page.set_viewport_size({"width": 1400, "height": 2400})  # JupyterLab detaches cells that are out of sight
    noises: list[str] = []
    lab_page.on("pageerror", lambda error: noises.append(f"{error}\n{error.stack}"))
    lab_page.on("console", lambda message: noises.append(message.text) if message.type == "error" else None)
    yield lab_page
    assert [noise for noise in noises if "wandb" in noise.lower() or "wnb" in noise] == []


def titles(view: Locator) -> list[str]:
    """Return the titles of the charts that a view has."""
    return view.locator(".wnb-card-title").all_inner_texts()


def points(view: Locator) -> int:
    """Return how many points a view holds."""
    return int(view.get_attribute("data-points") or 0)


def test_a_widget_in_a_box(page: Page, server: JupyterServer) -> None:
    """In an HBox the charts grow while the cell runs, bar and label follow, and the selection goes both ways."""
    open_cells(page, server, "box.ipynb", START, TRAIN)
    run_cell(page)
    view = page.locator(".jp-OutputArea .wnb").first
    view.wait_for(state="attached")
    run_cell(page)
    until(lambda: points(view) > 60, "growing charts")
    before = points(view)
    until(lambda: points(view) > before, "more points in the same cell")
    assert titles(view) == ["loss", "accuracy"]
    box, side = view.bounding_box(), page.locator(".widget-select-multiple").first.bounding_box()
    assert box is not None
    assert side is not None
    assert box["width"] > 600
    assert side["x"] >= box["x"] + box["width"] - 1
    expect(page.locator(".widget-label", has_text="running")).to_have_count(1)
    if server.app == "lab":
        until(lambda: points(view) > 600, "well-grown charts")
        page.locator(".jp-Cell").first.screenshot(path=IMAGES / "widget.png")
    page.locator(".widget-select-multiple option", has_text="accuracy").first.click()
    until(lambda: titles(view) == ["accuracy"], "the chart that the list selects", 30)
    view.locator(".wnb-picker summary").click()
    view.locator(".wnb-picker-item", has_text="val/loss").click()
    until(lambda: titles(view) == ["val/loss", "accuracy"], "the charts that the view selects")
    until(lambda: selected(page) == ["val/loss", "accuracy"], "the selection in the other widget", 40)
    page.screenshot(path=ARTIFACTS / f"widget-{server.app}.png")
    page.keyboard.press("Escape")
    expect(page.locator(".wnb-picker[open]")).to_have_count(0)
    bar = page.locator(".progress-bar").first
    until(lambda: "100%" in (bar.get_attribute("style") or ""), "full progress bar", 60)


def selected(page: Page) -> list[str]:
    """Return the texts of the options that are selected."""
    options = page.locator(".widget-select-multiple select").first
    return list(options.evaluate("list => [...list.selectedOptions].map(option => option.text)"))


def test_tab_output_and_interact(page: Page, server: JupyterServer) -> None:
    """A view in a tab is drawn when the tab opens; Output and interact hold views of their own."""
    finish = TRAIN.replace("0.05", "0.001") + "\nrun.finish()"
    open_cells(page, server, "tab.ipynb", START, finish, COMPOSED)
    for _ in range(3):
        run_cell(page)
    shown = page.locator(".jp-Cell").nth(2).locator(".jp-OutputArea .wnb")
    until(lambda: shown.count() >= 2, "views in output and interact", 60)
    until(lambda: {"accuracy", "val/loss"} <= {title for one in shown.all() for title in titles(one)}, "their charts")
    until(lambda: page.locator(".wnb-head[data-state=finished]").count() >= 2, "two finished runs")
    page.locator(".widget-dropdown select").select_option("train/loss")
    until(lambda: ["train/loss"] in [titles(one) for one in shown.all()], "the chart of the other choice", 30)
    page.locator(".widget-tab .lm-TabBar-tab", has_text="charts").click()
    charts = page.locator(".widget-tab .wnb")
    until(lambda: charts.locator("canvas").count() == 1, "the chart in the tab")
    assert titles(charts) == ["accuracy"]
    until(lambda: charts.locator("canvas").first.evaluate("canvas => canvas.clientWidth") > 200, "a wide chart")


def test_the_saved_notebook_has_no_token(page: Page, server: JupyterServer) -> None:
    """A saved notebook with the widget, its state included, has no token of the run."""
    open_cells(page, server, "saved.ipynb", START, TRAIN.replace("0.05", "0.001"))
    run_cell(page)
    run_cell(page)
    until(lambda: points(page.locator(".jp-OutputArea .wnb").first) > 900, "all points", 60)
    path = server.root / "saved.ipynb"
    page.keyboard.press("Control+s")
    until(lambda: "widget-view+json" in path.read_text(), "saved notebook")
    text = path.read_text()
    registry = [file.read_text() for file in (server.root.parent / "data").rglob("*") if file.is_file()]
    tokens = [json.loads(line)["token"] for content in registry for line in content.splitlines() if '"token"' in line]
    assert tokens
    assert not [token for token in tokens if token and token in text]
