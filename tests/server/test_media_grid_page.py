"""The grid of a value with thousands of pictures: few elements, all of them within reach of the keyboard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from test_browser import ROOT, artifact, enter
from test_media_page import png

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from visiting import Site

pytestmark = pytest.mark.browser

COUNT, FILES = 3_000, 50
MAX_SLOTS = 150
SIZES = "all => all.map(one => Math.round(one.getBoundingClientRect().width))"
DRAWN = (
    "() => { const one = document.activeElement.querySelector('img'); return one !== null && one.naturalWidth > 0; }"
)


def log(site: Site, run: str, shade: int, count: int) -> None:
    """Upload a run with lists of pictures, also below other keys, and in the summary."""
    names = [f"media/images/{run}_{i}.png" for i in range(count)]
    pictures = {"_type": "images/separated", "count": count, "width": 8, "height": 8, "filenames": names}
    row = {"_step": 0, "samples": pictures, "eval": {"val": {"digits": {**pictures, "filenames": names[:2]}}}}
    site.start(run, summaryMetrics=json.dumps({**row, "loss": shade}))
    site.upload(run, {name: png(shade) for name in names})
    site.stream(run, files={"wandb-history.jsonl": {"offset": 0, "content": [json.dumps(row)]}})


def start(site: Site) -> None:
    """Upload a run with a value of many pictures, which share some files."""
    names = [f"media/images/n_{i}.png" for i in range(FILES)]
    row = {"_type": "images/separated", "count": COUNT, "width": 8, "height": 8}
    listed = [names[i % FILES] for i in range(COUNT)]
    line = json.dumps(
        {"_step": 0, "many": {**row, "filenames": listed, "captions": [f"no. {i}" for i in range(COUNT)]}}
    )
    site.start("long")
    site.upload("long", {name: png(5 * i) for i, name in enumerate(names)})
    site.stream("long", files={"wandb-history.jsonl": {"offset": 0, "content": [line]}})


def expect_focus(page: Page, number: int) -> None:
    """Wait until the picture with this number, from 1, is drawn and has the focus."""
    slot = page.locator(f".wnb-media-slot[aria-posinset='{number}']")
    expect(slot.locator(".wnb-media-picture")).to_be_focused()
    expect(slot).to_be_in_viewport()
    page.wait_for_function(DRAWN)
    expect(page.locator(f":focus img[alt='no. {number - 1}']")).to_have_count(1)


def columns_of(grid: Locator) -> int:
    """Return how many pictures are in the first row."""
    tops = grid.locator(".wnb-media-slot").evaluate_all("all => all.map(one => one.style.top)")
    return tops.count("0px")


def test_thousands_of_pictures_are_within_reach(site: Site, page: Page) -> None:
    """Few are elements, keys lead to each of them, the focus stays in narrow windows, and the enlarged view has all."""
    start(site)
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/long")
    grid, slots = page.locator(".wnb-media"), page.locator(".wnb-media-slot")
    slots.first.locator("img[src]").wait_for()
    expect(slots.first).to_have_attribute("aria-setsize", str(COUNT))
    columns = columns_of(grid)
    grid.focus()
    page.keyboard.press("ArrowDown")
    expect_focus(page, 1 + columns)
    page.keyboard.press("ArrowRight")
    expect_focus(page, 2 + columns)
    page.keyboard.press("End")
    expect_focus(page, COUNT)
    page.screenshot(path=artifact("media-grid-end.png"))
    page.keyboard.press("PageUp")
    page.wait_for_function(
        "() => Number(document.activeElement.parentElement.closest('[aria-posinset]').ariaPosInSet) < 3000"
    )
    page.keyboard.press("Control+End")
    expect_focus(page, COUNT)
    assert slots.count() < MAX_SLOTS

    page.set_viewport_size({"width": 390, "height": 844})
    grid.scroll_into_view_if_needed()
    expect_focus(page, COUNT)
    assert columns_of(grid) < columns
    page.evaluate((ROOT / "labextension/node_modules/axe-core/axe.min.js").read_text("utf-8"))
    result = page.evaluate("() => axe.run(document.querySelector('.wnb-media-card'))")
    assert [one["id"] for one in result["violations"]] == []
    page.screenshot(path=artifact("media-grid-phone.png"))

    page.keyboard.press("Enter")
    position = page.locator("dialog[open] .wnb-viewer-group .wnb-quiet")
    expect(position).to_have_text("3,000 of 3,000")
    page.keyboard.press("PageDown")
    expect(position).to_have_text("1 of 3,000")
    page.keyboard.press("Escape")
    expect_focus(page, COUNT)
    page.keyboard.press("Home")
    expect_focus(page, 1)
    grid.evaluate("one => one.scrollTo(0, one.scrollHeight / 2)")
    page.wait_for_function(
        "() => document.querySelectorAll(\".wnb-media-slot[aria-posinset='1501'] img[src]\").length === 1"
    )
    assert slots.count() < MAX_SLOTS
    expect(page.locator(".wnb-media-slot[aria-posinset='1'] .wnb-media-picture")).to_be_focused()


def test_lists_of_two_runs_have_one_size(site: Site, page: Page) -> None:
    """Lists of different lengths, also nested ones, are beside each other with pictures of one size, not as JSON."""
    log(site, "two", 60, 2)
    log(site, "six", 220, 6)
    enter(site, page)
    page.goto(f"{site.url}/local/p/compare?run=two&run=six")
    for key, counts in {"samples": (2, 6), "eval.val.digits": (2, 2)}.items():
        columns = page.locator(f".wnb-card[aria-label='Media {key}'] .wnb-media-column")
        columns.last.scroll_into_view_if_needed()
        for i, count in enumerate(counts):
            expect(columns.nth(i).locator("img[src]")).to_have_count(count)
        sizes = [size for i in range(2) for size in columns.nth(i).locator("img").evaluate_all(SIZES)]
        assert max(sizes) - min(sizes) <= 1, key
    page.screenshot(path=artifact("media-lists-compared.png"))
    expect(page.locator("#summary tbody tr")).to_have_count(1)
    expect(page.locator("main")).not_to_contain_text("images/separated")
