"""The x axis of charts on a plain page in Chromium: any metric, chosen by keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from plain import serious, settle, shot, show
from playwright.sync_api import expect

from wandb_nb.view.message.header_fields import empty_header, run_header
from wandb_nb.view.message.run_message import Series, pack

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser]


def options(page: Page) -> list[str]:
    """Return the axes that the menu offers."""
    return page.get_by_label("X axis").locator("option").all_text_contents()


def position(page: Page) -> str:
    """Return what the first chart reports of the cursor, which is moved to its start."""
    settle(page)  # a new axis, whose start it is
    plot = page.get_by_role("slider", name="Cursor in the chart loss")
    plot.focus()
    page.keyboard.press("Home")
    settle(page)
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
    expect(menu).to_have_value("metric train/lr")
    assert position(page).startswith("train/lr 0.")
    expect(page.get_by_role("slider", name="train/lr")).to_have_attribute(
        "aria-valuetext", re.compile("^" + re.escape("step 399"))
    )
    assert serious(page) == []
    shot(page, "axis-metric")


def test_every_key_zooms(page: Page) -> None:
    """Keys that follow each other within one frame zoom once each."""
    show(page, each=0)
    plot = page.get_by_role("slider", name="Cursor in the chart loss")
    whole = float(plot.get_attribute("aria-valuemax")) - float(plot.get_attribute("aria-valuemin"))
    plot.evaluate(
        "plot => { const plus = { key: '+', bubbles: true };"
        " for (let i = 0; i < 3; i++) plot.dispatchEvent(new KeyboardEvent('keydown', plus)); }"
    )
    page.wait_for_function(
        "whole => { const plot = document.querySelector('.wnb-plot'); "
        "const length = plot.getAttribute('aria-valuemax') - plot.getAttribute('aria-valuemin'); "
        "return Math.abs(length - whole / 8) < 1e-6; }",
        arg=whole,
    )


def test_each_chart_has_its_own_axis_by_default(page: Page) -> None:
    """Metrics with a step metric are drawn over it; the other axes remain in the menu."""
    show(page, each=0, epoch=20)
    assert options(page)[0] == "auto (epoch)"
    assert position(page) == "epoch 0"
    page.get_by_label("X axis").select_option("step")
    assert position(page) == "step 0"


def snapshot(rows: int, *keys: str) -> dict[str, Any]:
    """Return a saved run with that many rows of each metric."""

    class Run:
        id, name, project, entity, group, job_type, notes = "abcd1234", "owl", "p", "", "", "", ""
        tags: tuple[str, ...] = ()
        start_time, runtime = 0.0, float(rows)

    steps = np.arange(rows, dtype=float)
    header = run_header(Run(), state="running", exit_code=None, rows=rows, step=rows - 1, lost=0)
    return pack(
        empty_header(header), [Series(key, steps, steps, np.sin(steps), attempts=[[0, 0]], n=rows) for key in keys]
    ).to_json()


def test_nothing_moves_when_a_second_metric_arrives(page: Page) -> None:
    """The first chart keeps its place and size when others are added."""
    mount = "saved => { window.feed = wandbNb.snapshot(document.getElementById('view'), saved); }"
    page.evaluate(mount, snapshot(50, "loss"))
    page.wait_for_selector(".wnb canvas")
    settle(page)
    before = [page.locator(selector).first.bounding_box() for selector in (".wnb-card", ".wnb canvas")]
    page.evaluate("saved => wandbNb.offer(window.feed, saved)", snapshot(60, "loss", "accuracy"))
    page.wait_for_function("() => document.querySelectorAll('.wnb canvas').length === 2")
    settle(page)
    assert [page.locator(selector).first.bounding_box() for selector in (".wnb-card", ".wnb canvas")] == before
