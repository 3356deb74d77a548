"""Charts of the server's pages in Chromium: zoom into a long run, x axes, heat maps, and the colours of runs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from test_browser import artifact, enter

from wandb_nb.view.run_styles import colour, preferred_style

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from visiting import Site

pytestmark = pytest.mark.browser

ROWS = 120_000


def note(page: Page, text: str) -> None:
    """Wait until the first chart reports *text* about its points."""
    page.wait_for_function(
        "text => document.querySelector('.wnb-where')?.textContent.includes(text)", arg=text, timeout=120_000
    )


def drag(page: Page, first: float, last: float) -> None:
    """Zoom into a part of the first chart, given as shares of its width, and leave it."""
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + first * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + last * box["width"], box["y"] + 40, steps=3)
    page.mouse.up()
    page.mouse.move(0, 0)


def test_zooming_loads_the_rows_of_a_long_run(site: Site, page: Page) -> None:
    """A long run is an area; zoomed it is requested once per range, until each row is drawn."""
    site.start("long")
    for first in range(0, ROWS, 20_000):
        site.rows_of("long", 20_000, first)
    enter(site, page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "/range?" in request.url else None)
    page.goto(f"{site.url}/local/p/runs/long")
    note(page, "min-max of 120,000 points")
    drag(page, 0.4, 0.6)
    note(page, "min-max of 24,")
    drag(page, 0.4, 0.6)
    page.wait_for_function("() => document.querySelector('.wnb-where').textContent === ''")
    page.screenshot(path=artifact("server-zoom.png"))
    assert len(requests) == 2


def test_objects_and_axes_are_on_the_page(site: Site, page: Page) -> None:
    """A stored run has its heat map, its texts, and its epoch as x axis."""
    site.start("full")
    rows = [
        json.dumps(
            {
                "_step": step,
                "_runtime": step,
                "epoch": step / 10,
                "loss": 1 / (step + 1),
                "w": {"_type": "histogram", "bins": [0, 1, 2], "values": [step, 5]},
                "note": "<b>seen</b>",
            }
        )
        for step in range(30)
    ]
    site.stream("full", files={"wandb-history.jsonl": {"offset": 0, "content": rows}})
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/full")
    page.wait_for_selector(".wnb-heatmap canvas")
    expect(page.get_by_label("X axis").locator("option").first).to_have_text("auto (step, epoch)")
    expect(page.locator(".wnb-texts tbody td").first).to_have_text("<b>seen</b>")
    description = page.locator(".wnb-heatmap").get_attribute("aria-describedby")
    expect(page.locator(f"#{description}")).to_have_text(re.compile("^" + re.escape("w: 30 histograms, step 0 to 29")))


def test_a_run_has_one_colour(site: Site, page: Page) -> None:
    """The project's table, its charts, the run's page and the comparison draw a run in the same colour."""
    runs = {run: colour(preferred_style(run)) for run in ("snowy", "x1")}
    for run in runs:
        site.start(run)
        site.rows_of(run, 20)
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    for run in runs:
        page.locator(f"tr[data-run={run}] input").check()
    for run, expected in runs.items():
        swatch = page.locator(f"tr[data-run={run}] .swatch path")
        expect(swatch).to_have_attribute("stroke", expected)
    page.wait_for_selector(".wnb-entry path", state="attached")
    drawn = [path.get_attribute("stroke") for path in page.locator(".wnb-entry path").all()]
    assert sorted(map(str, drawn)) == sorted(runs.values())
    assert page.locator(".wnb-entry").first.evaluate("entry => entry.offsetHeight") == 22  # as in notebooks
    page.goto(f"{site.url}/local/p/compare?run=snowy&run=x1")
    page.wait_for_selector(".wnb-entry path", state="attached")
    strokes = page.locator("[data-swatch] path").evaluate_all("paths => paths.map(path => path.getAttribute('stroke'))")
    assert set(strokes) == set(runs.values())


def test_a_selected_row_has_one_background(site: Site, page: Page) -> None:
    """All cells of a row have the same background, which differs where it is selected, hovered, or both."""
    site.start("snowy")
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    row = page.locator("tr[data-run=snowy]")
    backgrounds = [colour_of_row(page, row)]
    row.hover()
    backgrounds.append(colour_of_row(page, row))
    row.locator("input").check()
    backgrounds.append(colour_of_row(page, row))
    page.mouse.move(0, 0)
    backgrounds.append(colour_of_row(page, row))
    assert len(set(backgrounds)) == 4


def colour_of_row(page: Page, row: Locator) -> str:
    """Return the one background of the row's visible cells over the page's."""
    cells = row.evaluate("row => [...row.children].slice(1).map(cell => getComputedStyle(cell).backgroundColor)")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    (background,) = {ground if cell == "rgba(0, 0, 0, 0)" else cell for cell in cells}
    return str(background)
