"""From a point in a chart to the artifacts that the run had logged, on a plain page in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from plain import HOSTILE, serious, shot, show
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser]


def version(name: str, step: int | None, url: str | None = None) -> dict[str, Any]:
    """Return a version of a model."""
    return {"name": name, "type": "model", "step": step, "attempt": 0, "url": url}


VERSIONS = [
    version("start:v0", None),
    version("net:v0", 99),
    version("net:v1", 199),
    version("page:v0", 210, "/local/digits/artifacts/page/v0"),
    version(HOSTILE, 220, "javascript:window.harmed=1"),
    version("net:v2", 390),
]


def test_a_point_leads_to_the_artifacts_before_it(page: Page) -> None:
    """The pointer names the newest artifact; a click, Enter or the button list all, with a page or a magic to copy."""
    show(page, start=400, each=0, total=400, artifacts=VERSIONS)
    plot = page.locator(".wnb-plot").first
    where = page.locator(".wnb-where").first
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.35, box["y"] + 90)  # the step is about 140
    expect(where).to_contain_text("net:v0 +1")
    page.keyboard.down("Control")
    page.mouse.click(box["x"] + box["width"] * 0.35, box["y"] + 90)
    page.keyboard.up("Control")
    panel = page.locator(".wnb-cell:visible")
    items = panel.get_by_role("listitem")
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("net:v0")
    expect(items.last).to_contain_text("before the first step")
    page.keyboard.press("Escape")
    plot.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(items).to_have_count(4)
    expect(items.first.locator("code")).to_have_text("%wandb artifact digits/net:v2")
    expect(panel.get_by_role("link")).to_have_count(1)
    expect(panel.get_by_role("link", name="page:v0")).to_have_attribute("href", "/local/digits/artifacts/page/v0")
    expect(items.nth(1)).to_contain_text(HOSTILE)
    copy = items.first.get_by_role("button")
    expect(copy).to_have_attribute("aria-label", "Copy %wandb artifact digits/net:v2")
    copy.click()
    expect(copy).not_to_have_text("Copy")  # "Copied", or "Selected" where the page may not write to the clipboard
    assert page.evaluate("() => String(getSelection())") == "%wandb artifact digits/net:v2"
    assert serious(page) == []
    shot(page, "versions")
    page.keyboard.press("Escape")
    expect(page.locator(".wnb-cell:visible")).to_have_count(0)
    button = page.get_by_role("button", name="Artifacts of a point of loss")
    button.click()
    expect(items).to_have_count(4)
    assert page.evaluate("() => window.harmed === undefined")
