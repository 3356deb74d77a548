"""Pictures in JupyterLab: linked with the charts, enlarged, zoomed and compared, runs side by side."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from lab import ARTIFACTS, open_cells, start_cells
from plain import HOSTILE, darken, serious
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
SETUP = f"""import numpy as np, wandb_nb as wandb
y, x = np.mgrid[:240, :320]
def photo(step, run, i):
    noise = np.random.default_rng(i).integers(0, 60, (240, 320, 3))
    rings = 90 + 80 * np.sin(np.hypot(x - 160, y - 120) / (6 + 4 * step + 9 * run))
    return np.clip(np.stack([rings, x / 2, y], -1) + noise, 0, 255).astype(np.uint8)
def train(run, number):
    for step in range(4):
        run.log({{"loss": 1 / (step + 1)}}, step=10 * step)
        pictures = [wandb.Image(photo(step, number, i), caption=[f"photo {{i}}", {HOSTILE!r}][i]) for i in range(2)]
        run.log({{"photos": pictures}}, step=10 * step) if step < 3 else None
"""
ONE = SETUP + 'with wandb.init(project="p", name="one") as run: train(run, 0)'
TWO = (
    SETUP
    + """
for number in range(2):
    with wandb.init(project="p", name=f"run {number}") as run: train(run, number)
"""
)


@pytest.fixture(scope="module")
def lab(servers: JupyterServers) -> Iterator[JupyterServer]:
    """Start JupyterLab."""
    with servers.borrow() as server:
        yield server


@pytest.fixture
def page(lab: JupyterServer, lab_page: Page) -> Iterator[Page]:
    """Open a page."""
    lab_page.set_viewport_size({"width": 1280, "height": 1000})
    yield lab_page
    lab_page.goto("about:blank")
    lab.shut_sessions()


def open_run(page: Page, lab: JupyterServer, source: str) -> Locator:
    """Run a cell in a new notebook; return the card of its photos when they are drawn."""
    open_cells(page, lab, "photos.ipynb", source)
    start_cells(page)
    card = page.locator(".wnb-card[aria-label='Media photos']")
    card.wait_for()
    card.scroll_into_view_if_needed()
    until(
        lambda: card.locator("img").evaluate_all("all => all.length > 1 && all.every(one => one.naturalWidth === 320)")
    )
    return card


def text(page: Page, selector: str) -> str:
    """Return the text of an element."""
    return page.locator(selector).text_content() or ""


def test_charts_and_media_have_one_step(page: Page, lab: JupyterServer) -> None:
    """The charts' cursor moves the media and they go back afterwards; a chosen step moves the charts' cursor."""
    card = open_run(page, lab, ONE)
    shown = card.locator(".wnb-where")
    page.mouse.move(5, 5)  # where no chart comes to be under the pointer and moves the media
    until(lambda: shown.text_content() == "step 20", "the newest media, although step 30 has none")
    plot = page.locator(".wnb-card[aria-label='Chart loss'] .wnb-plot")
    plot.scroll_into_view_if_needed()
    box: Any = plot.locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 20)
    until(lambda: shown.text_content() == "step 10", "the media at the charts' cursor")
    page.mouse.move(5, 5)
    until(lambda: shown.text_content() == "step 20", "the media that were chosen")
    card.get_by_role("slider", name="Step of photos").focus()
    page.keyboard.press("Home")
    until(lambda: shown.text_content() == "step 0")
    assert "step 0" in text(page, ".wnb-card[aria-label='Chart loss'] .wnb-where")
    card.locator(".wnb-media").first.focus()
    page.keyboard.press("ArrowRight")
    until(lambda: shown.text_content() == "step 10")
    until(lambda: "step 10" in text(page, ".wnb-card[aria-label='Chart loss'] .wnb-where"), "the charts' cursor")
    check_enlarged(page, card)


def check_enlarged(page: Page, card: Locator) -> None:
    """Zoom to pixels, move through pictures and steps, and compare, all by keyboard, mouse and wheel."""
    card.locator(".wnb-media-picture").first.click()
    dialog = page.locator("dialog[open]")
    pane, image = dialog.locator(".wnb-media-pane"), dialog.locator(".wnb-zoom > .wnb-stack img")
    until(lambda: image.evaluate("one => one.naturalWidth") == 320)
    page.screenshot(path=ARTIFACTS / "media-viewer.png")
    fitting = float(image.evaluate("one => one.getBoundingClientRect().width"))
    for _ in range(4):
        page.keyboard.press("+")
    wide = float(image.evaluate("one => one.getBoundingClientRect().width"))
    assert wide == pytest.approx(fitting * 1.5**4, rel=0.01)
    expect(image).to_have_css("image-rendering", "pixelated")
    left = float(image.evaluate("one => one.getBoundingClientRect().left"))
    box: Any = pane.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 360, box["y"] + 300)
    page.mouse.up()
    until(
        lambda: float(image.evaluate("one => one.getBoundingClientRect().left")) == pytest.approx(left + 60, abs=2),
        "the moved picture",
    )
    page.screenshot(path=ARTIFACTS / "media-viewer-pixels.png")
    page.mouse.wheel(0, 600)
    until(lambda: float(image.evaluate("one => one.getBoundingClientRect().width")) < wide / 2, "the wheel")
    page.keyboard.press("0")
    until(
        lambda: float(image.evaluate("one => one.getBoundingClientRect().width")) == pytest.approx(fitting, rel=0.01),
        "the fitting picture",
    )
    page.keyboard.press("PageDown")
    until(lambda: text(page, "dialog[open] .wnb-media-caption") == f"{HOSTILE} · step 10")
    page.keyboard.press("ArrowRight")
    until(lambda: text(page, "dialog[open] .wnb-media-caption") == f"{HOSTILE} · step 20")
    dialog.get_by_label("Compare with").select_option("first step")
    second = dialog.locator(".wnb-compare img")
    until(lambda: second.evaluate("one => one.naturalWidth") == 320)
    dialog.get_by_label("Comparison slider").fill("25")
    expect(dialog.locator(".wnb-compare-picture")).to_have_css("clip-path", "inset(0px 0px 0px 25%)")
    expect(dialog.locator(".wnb-compare-name")).to_have_text(["step 20", "step 0"])
    page.screenshot(path=ARTIFACTS / "media-viewer-compare.png")
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("() => window.harmed") is None


def test_runs_are_side_by_side(page: Page, lab: JupyterServer) -> None:
    """A card has one row per key and one column per run; a hidden run loses its column; two runs are compared."""
    card = open_run(page, lab, TWO)
    columns = card.locator(".wnb-media-column")
    until(lambda: columns.count() == 2, "a column per run")
    expect(columns.locator(".wnb-run-label")).to_have_text(["run 0", "run 1"])
    until(lambda: card.locator("img").evaluate_all("all => all.filter(one => one.naturalWidth === 320).length") == 4)
    page.screenshot(path=ARTIFACTS / "media-runs-light.png")
    darken(page)
    page.screenshot(path=ARTIFACTS / "media-runs-dark.png")
    assert serious(page) == []
    columns.nth(1).locator(".wnb-media-picture").first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Compare with").select_option("run 0")
    until(lambda: dialog.locator(".wnb-compare img").evaluate("one => one.naturalWidth") == 320)
    expect(dialog.locator(".wnb-compare-name")).to_have_text(["run 1, step 20", "run 0, step 20"])
    page.screenshot(path=ARTIFACTS / "media-runs-compare.png")
    page.keyboard.press("Escape")
    page.locator(".wnb-run-switch").first.click()
    until(
        lambda: columns.locator(".wnb-run-label").all_text_contents() == ["run 1"], "the column of the run that is left"
    )
