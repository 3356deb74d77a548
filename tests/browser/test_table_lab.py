"""Tables in JupyterLab: pictures in cells that enlarge, and charts of tables, from Jupyter server and kernel."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from lab import ARTIFACTS, open_cells, start_cells
from plain import HOSTILE, serious
from playwright.sync_api import expect
from waiting import until

if TYPE_CHECKING:
    from lab import JupyterServers
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
CELL = f"""import numpy as np, wandb_nb as wandb
random = np.random.default_rng(0)
with wandb.init(project="p", name="tables") as run:
    for step in range(2):
        rows = [[n, wandb.Image(random.integers(0, 255, (8, 8, 3), np.uint8), caption={HOSTILE!r}),
                 wandb.Audio(np.sin(np.arange(800) / 9), sample_rate=8000), n / 7 + step,
                 [wandb.Image(np.full((8, 8), 80 * k, np.uint8), caption=f"part {{k}}") for k in range(3)]]
                for n in range(20)]
        run.log({{"samples": wandb.Table(["id", "picture", "sound", "score", "parts"], rows)}})
    curve = wandb.Table(["x", "y"], [[n, n * n] for n in range(9)])
    run.log({{"curve": wandb.plot.line(curve, "x", "y", title="Squares")}})
    spec = {{"data": {{"name": "wandb"}}, "mark": "bar", "encoding": {{"x": {{"field": "x"}}, "y": {{"field": "y"}}}}}}
    run.log({{"own": wandb.plot_table(spec, curve, {{}}, {{"title": "Own"}})}})
"""


@pytest.mark.parametrize("routes", [True, False], ids=["server", "comm"])
def test_tables_under_the_cell(servers: JupyterServers, lab_page: Page, routes: bool) -> None:
    """Cells show pictures that enlarge and sounds that play; a chart has its table; Vega draws a spec of the user."""
    with servers.borrow(routes=routes) as lab:
        lab_page.set_viewport_size({"width": 1280, "height": 1200})
        open_cells(lab_page, lab, "train.ipynb", CELL)
        start_cells(lab_page)
        card = lab_page.locator(".wnb-card[aria-label='Table samples']")
        card.wait_for()
        card.scroll_into_view_if_needed()
        drawn = (
            "() => [...document.querySelectorAll('.wnb-cell-picture img')].filter(one => one.naturalWidth === 8).length"
        )
        until(lambda: lab_page.evaluate(drawn) > 3, "pictures in cells")
        expect(card.locator("img").first).to_have_attribute("alt", HOSTILE)
        lab_page.screenshot(path=ARTIFACTS / "table-lab.png")
        card.get_by_role("columnheader", name="score").focus()
        lab_page.keyboard.press("ArrowDown")
        lab_page.keyboard.press("Home")
        lab_page.keyboard.press("ArrowRight")
        lab_page.keyboard.press("Enter")
        dialog = lab_page.locator("dialog[open]")
        dialog.get_by_text("picture, row 1").wait_for()
        lab_page.keyboard.press("PageDown")
        dialog.get_by_text("picture, row 2").wait_for()
        lab_page.keyboard.press("Escape")
        lab_page.keyboard.press("ArrowRight")
        lab_page.keyboard.press("Enter")
        until(
            lambda: lab_page.evaluate("() => document.querySelector('dialog[open] audio')?.duration") == 0.1,
            "the sound",
        )
        lab_page.keyboard.press("Escape")
        card.locator(".wnb-cell-list").first.locator("button").nth(1).click()
        dialog.get_by_text(", 2 of 3").wait_for()
        lab_page.keyboard.press("Escape")
        chart = lab_page.locator(".wnb-card[aria-label='Chart Squares']")
        chart.scroll_into_view_if_needed()
        chart.locator(".wnb-plot-drawing svg").wait_for()
        chart.get_by_role("button", name="Table of Squares").click()
        chart.get_by_text("9 rows").wait_for()
        own = lab_page.locator(".wnb-card[aria-label='Chart Own']")
        own.scroll_into_view_if_needed()
        own.locator(".wnb-vega canvas").wait_for()
        assert serious(lab_page) == []
        assert lab_page.evaluate("() => window.harmed") is None
        lab_page.goto("about:blank")  # before its kernel ends
