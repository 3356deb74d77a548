"""Several runs overlaid on a plain page in Chromium: distinguishable, switchable, compared, accessible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from plain import HOSTILE, SCRIPT, darken, serious, settle, shot, show
from playwright.sync_api import expect

import wandb_nb
from wandb_nb.compare.comparison_bundle import bundle
from wandb_nb.compare.run_choice import compare_pair
from wandb_nb.view.message.header_fields import COMPARISON_MIME

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser]

RUNS: list[dict[str, Any]] = [
    {"name": "snowy-owl-10", "id": "a1", "config": {"lr": 0.1, "model": {"width": 64}}},
    {"name": "quiet-river-11", "id": "b2", "scale": 1.3, "total": 3_000, "config": {"lr": 0.3, "model": {"width": 64}}},
    {"name": "snowy-owl-10", "id": "c3", "scale": 0.8, "config": {"lr": 0.01, "model": {"width": 64}}},
]


def compare(page: Page, *runs: dict[str, Any], **changes: Any) -> None:
    """Mount scripted *runs* in one view, and wait for the first chart."""
    scripts = [{**SCRIPT, "start": 2_000, "each": 0, **run, **changes} for run in runs]
    page.evaluate("scripts => { wandbNb.compared(document.getElementById('view'), scripts); }", scripts)
    page.wait_for_selector(".wnb canvas")
    settle(page)


def test_runs_share_charts_and_are_distinguishable(page: Page) -> None:
    """Each metric has one chart with a line and a legend entry per run, which has the config that differs."""
    compare(page, *RUNS)
    settle(page)
    titles = page.locator(".wnb-card-title").all_text_contents()
    assert titles[:2] == ["train/loss", "val/loss"]
    legend = page.locator(".wnb-card").first.locator(".wnb-entry .wnb-name").all_text_contents()
    assert legend == ["lr=0.1 · snowy-owl-10", "lr=0.3 · quiet-river-11", "lr=0.01 · snowy-owl-10"]
    expect(page.locator(".wnb > .wnb-headline")).to_have_text("lr 0.1, 0.3, 0.01")
    words = page.locator(".wnb-card").first.locator("p.wnb-hidden").text_content() or ""
    assert words.count("train/loss 2.") == 2
    assert "lr=0.3 · quiet-river-11: train/loss" in words
    shot(page, "overlay")


def test_a_short_run_has_its_duration(page: Page) -> None:
    """A run of less than a second did not run for 0 s."""
    compare(page, *RUNS[:2], start=8, total=8)
    expect(page.locator(".wnb-run-fact").first).to_contain_text("ran 0.4s")


def test_a_run_is_switched_off_and_on(page: Page) -> None:
    """A run's switch hides its line in every chart; its colour stays its own."""
    compare(page, *RUNS)
    switch = page.locator(".wnb-run-switch", has_text="quiet-river-11")
    swatch = switch.locator("path").get_attribute("stroke")
    switch.click()
    entries = page.locator(".wnb-card").first.locator(".wnb-entry")
    hidden = "() => document.querySelectorAll('.wnb-card')[0].querySelectorAll('.wnb-entry[aria-pressed=false]').length"
    page.wait_for_function(f"() => ({hidden})() === 1")
    expect(page.locator(".wnb-card").first.locator(".wnb-end-labels span")).to_have_count(2)
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.press("Enter")
    page.wait_for_function(f"() => ({hidden})() === 0")
    expect(entries.nth(1).locator("path")).to_have_attribute("stroke", swatch)


def test_empty_tabs_are_hidden(page: Page) -> None:
    """Without config there is no tab for it, neither to click nor for the arrow keys; of equal names the ids differ."""
    compare(page, *({**run, "config": {}} for run in RUNS))
    expect(page.get_by_role("tab")).to_have_text(["Charts", "Summary"])
    page.get_by_role("tab", name="Charts").press("ArrowRight")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Summary")
    labels = page.locator(".wnb-runs .wnb-run-label").all_text_contents()
    assert labels == ["snowy-owl-10 (a1)", "quiet-river-11", "snowy-owl-10 (c3)"]
    expect(page.locator(".wnb > .wnb-headline")).to_be_hidden()


def test_config_shows_what_differs(page: Page) -> None:
    """The config tab has one column per run and only the differing rows, until all are requested."""
    compare(page, *RUNS)
    page.get_by_role("tab", name="Config").click()
    rows = page.locator(".wnb-facts:visible tbody tr")
    rows.first.wait_for()
    expect(rows).to_have_text(["lr0.10.30.01"])
    page.get_by_role("checkbox", name="Show identical values").check()
    expect(rows).to_have_text(["lr0.10.30.01", "model.width646464"])
    shot(page, "overlay-config")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_overlay_is_accessible(page: Page, dark: bool) -> None:
    """axe-core finds no serious problem in a comparison, and hostile names stay text."""
    compare(page, *RUNS, {"name": HOSTILE, "id": "d4"})
    if dark:
        darken(page)
        shot(page, "overlay-dark")
    problems = []
    for tab in ("Charts", "Config", "Summary"):
        page.get_by_role("tab", name=tab).click()
        problems += [(tab, *one) for one in serious(page)]
    assert problems == []
    expect(page.locator(".wnb img")).to_have_count(0)


def test_earlier_runs_are_behind_the_live_chart(page: Page) -> None:
    """One click shows the notebook's earlier runs behind the charts with names; the next, or its letter, hides them."""
    show(page, name="snowy-owl-10", start=1_500, each=5)
    button = page.get_by_role("button", name="Earlier runs")
    before = page.evaluate("() => document.querySelector('.wnb canvas').toDataURL()")
    button.click()
    page.get_by_text("Earlier runs in background: earlier-1 (19 min ago), earlier-2 (19 min ago)").wait_for()
    page.wait_for_function("old => document.querySelector('.wnb canvas').toDataURL() !== old", arg=before)
    assert page.locator(".wnb-card-title").all_text_contents()[:2] == ["loss", "accuracy"]
    settle(page)
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 30)
    expect(page.locator(".wnb-where").first).to_contain_text("earlier-2")
    shot(page, "ghosts")
    assert serious(page) == []
    page.locator(".wnb-plot").first.focus()
    page.keyboard.press("g")
    page.get_by_text("Earlier runs in background").wait_for(state="hidden")
    expect(button).to_have_attribute("aria-pressed", "false")


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the saved comparison of two real runs that differ in config, summary and a script."""
    monkeypatch.chdir(tmp_path)
    for name, lr in (("calm-sea", 0.1), (HOSTILE, 0.3)):
        run = wandb_nb.init(project="digits", name=name, config={"lr": lr, "width": 64}, mode="offline")
        for step in range(300):
            run.log({"train/loss": lr + 2 / (step + 1), "val/loss": lr + 3 / (step + 1)})
        (tmp_path / "train.py").write_text(f"lr = {lr}\nfit(lr)\nsave()\n")
        run.log_code(tmp_path)
        run.finish()
    return bundle(compare_pair("latest~1", "latest"))[COMPARISON_MIME]


def test_saved_comparison_is_alive(page: Page, saved: dict[str, Any]) -> None:
    """The saved output of a comparison shows charts and all tables, without kernel and server."""
    page.evaluate("saved => wandbNb.comparison(document.getElementById('view'), saved)", saved)
    page.wait_for_selector(".wnb canvas")
    expect(page.locator(".wnb-card-title")).to_have_text(["train/loss", "val/loss"])
    expect(page.locator(".wnb-runs .wnb-run-label")).to_have_text(
        [
            "lr=0.1 · calm-sea",
            f"lr=0.3 · {HOSTILE[:23]}…",
        ]
    )
    shot(page, "saved-comparison")
    page.get_by_role("tab", name="Config").click()
    page.locator(".wnb-facts:visible tbody tr").first.wait_for()
    expect(page.locator(".wnb-facts:visible tbody tr")).to_have_text(["lr0.10.3+0.2 (+200 %)"])
    page.get_by_role("tab", name="Code").click()
    lines = page.locator(".wnb-code-line").all_text_contents()
    assert "removed: -lr = 0.1\n" in lines
    assert "added: +lr = 0.3\n" in lines
    shot(page, "saved-comparison-code")
    assert serious(page) == []
    assert page.evaluate("() => window.harmed") is None
