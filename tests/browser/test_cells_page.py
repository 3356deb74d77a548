"""The cell of a point, on a plain page in Chromium: by pointer, by keys, as bands, from a saved output alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from plain import HOSTILE, MIME, darken, serious, settle, shot, show
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser]

CELLS = [
    "model = build(width=64)  # warm-up\nfor step in range(100):\n    wandb.log({'loss': train(model)})",
    "for step in range(100):\n    wandb.log({'loss': train(model, lr=-1.0)})",
    f"print({HOSTILE!r})\nfit(model)",
    "fit(model)",
]


def draw(page: Page, **changes: object) -> None:
    """Show a run of 400 rows logged by four cells."""
    show(page, **{"start": 400, "each": 0, "total": 400, "cells": CELLS, **changes})


def point_at(page: Page, share: float) -> None:
    """Move the pointer into the first chart, to a share of its width."""
    settle(page)
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + 90)
    settle(page)


def click_at(page: Page, share: float, modifier: str = "Control") -> None:
    """Click into the first chart with a modifier key, at a share of its width."""
    point_at(page, share)
    page.keyboard.down(modifier)
    page.mouse.down()
    page.mouse.up()
    page.keyboard.up(modifier)


def test_click_shows_the_cell(page: Page) -> None:
    """The pointer names the cell; a click shows its source in colours, its duration, its error and its points."""
    draw(page)
    click_at(page, 0.3)
    expect(page.locator(".wnb-where").first).to_have_text(re.compile(r"cell \[5\]$"))
    panel = page.get_by_role("region", name="Cell [5] of the notebook")
    expect(panel).to_contain_text("failed after 5.2 s")
    expect(panel.locator(".wnb-cell-error")).to_have_text("ValueError: the learning rate must be positive")
    expect(panel.locator("code")).to_have_text(CELLS[1])
    expect(panel.locator(".wnb-code-keyword")).to_have_text(["for", "in"])
    click_at(page, 0.9, "Shift")
    page.get_by_role("region", name="Cell [7] of the notebook").wait_for()
    click_at(page, 0.3)
    shot(page, "cells")


def test_the_source_has_a_button_and_does_not_move_the_page(page: Page) -> None:
    """The button opens the cell of the last hovered point; the panel is beside the chart, and no card moves."""
    draw(page)
    cards = (
        "() => [...document.querySelectorAll('.wnb-card')].map(card => JSON.stringify(card.getBoundingClientRect()))"
    )
    before = page.evaluate(cards)
    point_at(page, 0.3)
    button = page.get_by_role("button", name="Source of a point of loss")
    button.click()
    panel = page.get_by_role("region", name="Cell [5] of the notebook")
    panel.wait_for()
    settle(page)
    assert page.evaluate(cards) == before
    card, beside = page.locator(".wnb-card").first.bounding_box(), panel.bounding_box()
    assert card is not None
    assert beside is not None
    assert beside["x"] >= card["x"] + card["width"]
    button.click()
    panel.wait_for(state="hidden")
    button.focus()
    for key, state in (("Enter", "visible"), ("Escape", "hidden")):  # without going into the panel
        page.keyboard.press(key)
        panel.wait_for(state=state)


def test_a_click_and_a_double_click_open_nothing(page: Page) -> None:
    """A plain click changes nothing, and a double click only resets the zoom."""
    draw(page)
    page.locator(".wnb-plot").first.focus()
    page.keyboard.press("+")
    reset = page.get_by_role("button", name="Reset zoom")
    reset.wait_for()
    point_at(page, 0.5)
    page.mouse.click(*centre(page))
    expect(reset).to_be_visible()
    page.mouse.dblclick(*centre(page))
    reset.wait_for(state="hidden")
    expect(page.locator(".wnb-cell:visible")).to_have_count(0)


def centre(page: Page) -> tuple[float, float]:
    """Return the middle of the first chart."""
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_an_open_cell_follows_its_run(page: Page) -> None:
    """A running cell is marked, and its outcome appears as soon as it is known."""
    draw(page, start=380, each=1, cells=CELLS[:3])
    click_at(page, 0.9)
    panel = page.get_by_role("region", name="Cell [6] of the notebook")
    expect(panel).to_contain_text("end not recorded")
    panel.get_by_text("ended after 6.2 s").wait_for()


def test_hostile_source_stays_text(page: Page) -> None:
    """Markup in a source is shown as text."""
    draw(page)
    click_at(page, 0.6)
    expect(page.locator(".wnb-code").first).to_contain_text(HOSTILE)
    assert page.evaluate("() => window.harmed") is None


def test_keys_show_the_cell_and_close_it(page: Page) -> None:
    """Enter shows the cell of the point at the cursor, the value is announced with it, Escape closes it first."""
    draw(page)
    plot = page.get_by_role("slider", name="Cursor in the chart loss")
    plot.focus()
    page.keyboard.press("Home")
    expect(plot).to_have_attribute("aria-valuetext", re.compile(re.escape("cell [4]")))
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Cell [4] of the notebook")
    panel.wait_for()
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    expect(plot).to_be_focused()


def test_bands_are_switched(page: Page) -> None:
    """The button and its letter switch the shaded cells behind the lines."""
    draw(page)
    canvas = "() => document.querySelector('.wnb canvas').toDataURL()"
    with_bands = page.evaluate(canvas)
    page.get_by_role("button", name="Cells").click()
    page.wait_for_function("old => document.querySelector('.wnb canvas').toDataURL() !== old", arg=with_bands)
    without = page.evaluate(canvas)
    page.locator(".wnb-plot").first.focus()
    for same in ("!==", "==="):
        page.keyboard.press("c")
        page.wait_for_function(f"old => document.querySelector('.wnb canvas').toDataURL() {same} old", arg=without)


def test_letters_do_not_disturb_typing(page: Page) -> None:
    """In a search box the control letters are typed as letters."""
    draw(page)
    page.get_by_role("tab", name="Config").click()
    page.get_by_label("Search config").press_sequentially("lct")
    expect(page.get_by_label("Search config")).to_have_value("lct")
    expect(page.get_by_role("button", name="Log", include_hidden=True)).to_have_attribute("aria-pressed", "false")


def test_a_script_has_no_cells(page: Page) -> None:
    """Without cells there is neither switch nor panel."""
    draw(page, cells=[])
    click_at(page, 0.3)
    expect(page.get_by_role("button", name="Cells")).to_be_hidden()
    expect(page.get_by_role("button", name="Source of a point")).to_have_count(0)
    expect(page.locator(".wnb-cell:visible")).to_have_count(0)


def test_saved_output_shows_cells(page: Page) -> None:
    """The saved snapshot alone, without kernel and server, shows the cell of a point."""
    draw(page)
    bundle = page.evaluate("() => wandbNb.bundle(window.feed)")
    page.evaluate("saved => { wandbNb.snapshot(document.getElementById('view'), saved); }", bundle[MIME])
    page.wait_for_selector(".wnb canvas")
    click_at(page, 0.3)
    panel = page.get_by_role("region", name="Cell [5] of the notebook")
    expect(panel.locator("code")).to_have_text(CELLS[1])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_cells_are_accessible(page: Page, dark: bool) -> None:
    """axe-core finds no serious problem with a cell open, including the colours of the source."""
    draw(page)
    if dark:
        darken(page)
    click_at(page, 0.3)
    page.locator(".wnb-cell").first.wait_for()
    if dark:
        shot(page, "cells-dark")
    assert serious(page) == []
