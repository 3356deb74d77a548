"""Histograms, lists and texts on a plain page in Chromium: drawn, reported at the cursor, described, harmless."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from plain import HOSTILE, darken, serious, settle, shot, show
from playwright.sync_api import expect
from waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser]


def card(page: Page, name: str) -> Locator:
    """Return the card with that label, in the visible part of the page."""
    located = page.locator(f".wnb-card[aria-label='{name}']")
    located.scroll_into_view_if_needed()
    located.locator("canvas, table").first.wait_for()
    settle(page)
    return located


def test_the_cell_below_the_pointer_is_reported(page: Page) -> None:
    """The pointer selects a step and a bin; without it the latest values are in words."""
    show(page, each=0, objects=True)
    weights = card(page, "Heat map weights/dense")
    expect(weights.locator(".wnb-legend")).to_have_text(re.compile("^" + re.escape("latest: median ")))
    box = weights.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(weights.locator(".wnb-where")).to_have_text(re.compile(r"^step .*%\)"))
    page.mouse.move(0, 0)
    expect(weights.locator(".wnb-where")).to_have_text("60 of 600 histograms")


def test_histograms_can_be_ridges(page: Page) -> None:
    """A button switches histograms to ridges and back, which report the step below the pointer; lists have none."""
    show(page, each=0, objects=True)
    weights = card(page, "Heat map weights/dense")
    drawing = "one => one.toDataURL()"
    before = weights.locator("canvas").evaluate(drawing)
    button = weights.get_by_role("button", name="Ridgeline of weights/dense")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    until(lambda: weights.locator("canvas").evaluate(drawing) != before, "the ridges")
    shot(page, "ridgeline-light")
    box = weights.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(weights.locator(".wnb-where")).to_contain_text("%)")
    darken(page)
    shot(page, "ridgeline-dark")
    page.set_viewport_size({"width": 390, "height": 760})
    shot(page, "ridgeline-phone")
    assert serious(page) == []
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(card(page, "Heat map accuracy per class").get_by_role("button", name="Ridgeline")).to_have_count(0)


def test_keys_move_between_steps_and_bins(page: Page) -> None:
    """Arrows, Home and End work in a heat map, and its values are announced; T opens a table of the step."""
    show(page, each=0, objects=True)
    plot = card(page, "Heat map accuracy per class").get_by_role("slider")
    plot.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(plot).to_have_attribute("aria-valuetext", re.compile(r"^step 10: \[4\]: "))
    page.keyboard.press("ArrowUp")
    expect(plot).to_have_attribute("aria-valuetext", re.compile("^" + re.escape("step 10: [5]: ")))
    page.keyboard.press("t")
    rows = card(page, "Heat map accuracy per class").locator("tbody tr")
    expect(rows).to_have_count(8)
    expect(page.locator(f"#{plot.get_attribute('aria-describedby')}")).to_have_text(
        re.compile("^accuracy per class: 60 lists, step 0 to 590; at step 590 8 values from ")
    )


def test_zoom_and_axis_apply(page: Page) -> None:
    """A heat map follows the zoom of its axis and shows the time if that is chosen."""
    show(page, each=0, objects=True)
    weights = card(page, "Heat map weights/dense")
    canvas = "() => document.querySelector('.wnb-heatmap canvas').toDataURL()"
    before = page.evaluate(canvas)
    weights.get_by_role("slider").focus()
    page.keyboard.press("+")
    page.wait_for_function(f"old => ({canvas})() !== old", arg=before)
    zoomed = page.evaluate(canvas)
    page.get_by_role("button", name="Reset zoom").click()
    page.wait_for_function(f"old => ({canvas})() !== old", arg=zoomed)
    page.get_by_label("X axis").select_option("time")
    page.keyboard.press("Tab")
    weights.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(weights.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile("^" + re.escape("0s: ")))


def test_texts_are_a_table(page: Page) -> None:
    """The last texts of a metric are listed, newest first, and hostile ones stay texts."""
    show(page, each=0, objects=True)
    rows = card(page, "Texts sample").locator("tbody tr")
    expect(rows).to_have_count(20)
    expect(rows.first.locator("th")).to_have_text("590")
    expect(card(page, "Texts sample")).to_contain_text(HOSTILE)
    assert page.evaluate("() => window.harmed") is None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 1920])
def test_nothing_for_axe(page: Page, theme: str, width: int) -> None:
    """axe-core finds no serious problem in heat maps and texts, in both themes."""
    page.set_viewport_size({"width": width, "height": 1000})
    show(page, each=0, objects=True)
    if theme == "dark":
        darken(page)
    card(page, "Heat map weights/dense").get_by_role("slider").focus()
    page.keyboard.press("Home")
    card(page, "Texts sample")
    assert serious(page) == []
    shot(page, f"heatmap-{theme}-{width}")
