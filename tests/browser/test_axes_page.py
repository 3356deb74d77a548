"""The x axis of charts on a plain page in Chromium: any metric, chosen by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from plain import serious, shot, show

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser]


def options(page: Page) -> list[str]:
    """Return the axes that the menu offers."""
    return page.get_by_label("X axis").locator("option").all_text_contents()


def position(page: Page) -> str:
    """Return what the first chart reports of the cursor, which is moved to its start."""
    plot = page.get_by_role("slider", name="Cursor in the chart loss")
    plot.focus()
    page.keyboard.press("Home")
    return plot.get_attribute("aria-valuetext").partition(":")[0]


def test_any_metric_is_an_axis(page: Page) -> None:
    """The menu has step, time and each metric; its choice by keyboard changes the axis and the cursor's position."""
    show(page, each=0)
    assert options(page)[:4] == ["auto (step)", "step", "time", "train/loss"]
    assert position(page) == "step 0"
    menu = page.get_by_label("X axis")
    menu.focus()
    page.keyboard.type("train/lr")
    page.wait_for_function("() => document.querySelector('.wnb-where').textContent.includes('train/lr')")
    assert menu.input_value() == "metric train/lr"
    assert position(page).startswith("train/lr 0.")
    assert page.get_by_role("slider", name="train/lr").get_attribute("aria-valuetext").startswith("step 399")
    assert serious(page) == []
    shot(page, "axis-metric")


def test_each_chart_has_its_own_axis_by_default(page: Page) -> None:
    """Metrics with a step metric are drawn over it; the other axes remain in the menu."""
    show(page, each=0, epoch=20)
    assert options(page)[0] == "auto (epoch)"
    assert position(page) == "epoch 0"
    page.get_by_label("X axis").select_option("step")
    assert position(page) == "step 0"
