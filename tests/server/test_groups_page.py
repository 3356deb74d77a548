"""The page that draws a metric of groups of runs: the mean of each with a band."""

from __future__ import annotations

import html
import json
import math
import re
from base64 import b64encode
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
from conftest import ROOT
from playwright.sync_api import expect
from sqlalchemy import select
from test_browser import artifact, enter
from visiting import HOSTILE, Visitor

from wandb_nb.server.query.bands import group_bands
from wandb_nb.server.query.bands.curve_cache import CurveCache
from wandb_nb.server.query.bands.metric_curve import MetricCurve
from wandb_nb.server.query.bands.shared_grid import BUCKETS, Grid, GridStatistics
from wandb_nb.server.storage.tables import runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from conftest import Client
    from playwright.sync_api import Page
    from visiting import Site

    from wandb_nb.server.http.services import Services

PAGE = "/local/p/groups"
LOSSES: dict[str, tuple[Any, dict[int, float]]] = {
    "a": (0.1, {0: 1, 1: 2, 2: 3, 3: 4}),
    "b": (0.1, {0: 3, 2: 5, 3: math.nan}),  # 4 at step 1, and nothing after step 2
    "c": (HOSTILE, {1: 10}),
}
EARLIER = {"a": [], "b": [], "c": ['{"_step": 0, "loss": 99}', '{"_step": 1, "loss": 99}']}  # of its first attempt


def history(losses: Mapping[int, float], **more: Any) -> list[str]:
    """Return rows of losses by step; the time runs at ten seconds per step, the epoch at half a step."""
    return [
        json.dumps({"_step": step, "_runtime": 10 * step, "epoch": step / 2, "loss": loss, HOSTILE: loss, **more})
        for step, loss in losses.items()
    ]


@pytest.fixture
def visitor(client: Client) -> Visitor:
    """Return a visitor of a project with two groups of runs, whose steps and lengths differ."""
    for name, (rate, losses) in LOSSES.items():
        config = json.dumps({"lr": {"value": rate}, HOSTILE: {"value": HOSTILE}})
        client.upsert(name, config=config, summaryMetrics=json.dumps({"loss": 1, "epoch": 1, HOSTILE: 1}))
        client.rows(name, 0, *EARLIER[name], *history(losses, _attempt=1))
    return Visitor(client)


def content(text: str) -> dict[str, Any]:
    """Return what the script of a page draws."""
    match = re.search(r'data-content="([^"]+)"', text)
    assert match is not None, text
    drawn: dict[str, Any] = json.loads(html.unescape(match[1]))
    return drawn


def groups(visitor: Visitor, query: str) -> dict[str, dict[str, Any]]:
    """Return the groups of a page by name."""
    return {group["name"]: group for group in content(visitor.get(f"{PAGE}?{query}").text)["groups"]}


def test_mean_and_band_are_those_of_the_runs(visitor: Visitor) -> None:
    """A run counts once, by its latest attempt, at skipped steps by interpolation, and not after its last number."""
    drawn = content(visitor.get(f"{PAGE}?metric=loss&group=config.lr&band=range").text)
    assert drawn["x"] == [0, 1, 2, 3]
    pair, single = drawn["groups"]
    assert (pair["name"], single["name"]) == ("0.1", HOSTILE)
    assert pair["mean"] == [2, 3, 4, 4]
    assert (pair["low"], pair["high"], pair["counts"]) == ([1, 2, 3, 4], [3, 4, 5, 4], [2, 2, 2, 1])
    assert single["mean"] == single["low"] == single["high"] == [None, 10, None, None]
    deviation = groups(visitor, "metric=loss&group=config.lr")["0.1"]
    root = math.sqrt(2)  # the deviation of a sample of two numbers that are 2 apart
    assert deviation["low"] == pytest.approx([2 - root, 3 - root, 4 - root, 4], rel=1e-6)
    assert deviation["high"] == pytest.approx([2 + root, 3 + root, 4 + root, 4], rel=1e-6)
    everything = groups(visitor, "metric=loss&group=")["all runs"]
    assert everything["mean"] == pytest.approx([2, 16 / 3, 4, 4], rel=1e-6)
    assert everything["counts"] == [2, 3, 2, 1]


def test_axes_and_search(visitor: Visitor) -> None:
    """The axis is the time or another metric too, and a search selects runs."""
    for axis, expected in (("time", [0, 10, 20, 30]), ("epoch", [0, 0.5, 1, 1.5])):
        drawn = content(visitor.get(f"{PAGE}?metric=loss&group=config.lr&x={axis}&q=lr%3D0.1").text)
        assert drawn["x"] == expected
        assert [group["mean"] for group in drawn["groups"]] == [[2, 3, 4, 4]]


def test_values_that_are_no_numbers(client: Client) -> None:
    """Texts, lists, and numbers too large to add up are no points; bools are 0 and 1, and nested keys have dots."""
    values: list[Any] = [1, 1e308, 10**200, "NaN", None, [1], True, 3]
    client.upsert("odd")
    client.rows("odd", 0, *(json.dumps({"_step": n, "a": {"b": value}}) for n, value in enumerate(values)))
    drawn = content(Visitor(client).get(f"{PAGE}?metric=a.b&group=").text)
    assert (drawn["x"], drawn["groups"][0]["mean"]) == ([0, 6, 7], [1, 1, 3])


def test_texts_choices_and_limits(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables have the values, names stay text, what is not drawn is named, and the project's groups lead here."""
    text = visitor.get(f"{PAGE}?metric={quote(HOSTILE)}&group={quote('config.' + HOSTILE)}&group=config.lr").text
    assert HOSTILE not in text
    assert [group["name"] for group in content(text)["groups"]] == [f"{HOSTILE} · 0.1", f"{HOSTILE} · {HOSTILE}"]
    text = visitor.get(PAGE).text
    assert re.search(r'<option value="config\.lr" selected>', text)
    text = visitor.get(f"{PAGE}?metric=loss&group=config.lr&band=range").text
    assert '<td class="number">2 <span class="quiet">(1 to 3)</span></td>' in text
    assert '<td class="number" data-value="mean">4</td>' in text
    for empty in (f"metric={quote(HOSTILE)}&x=other", "metric=other", "metric=loss&q=lr%3D9"):
        assert "has logged" in visitor.get(f"{PAGE}?{empty}").text
    assert visitor.get(f"{PAGE}?group=other").status_code == 400
    monkeypatch.setattr(group_bands, "MAX_GROUPS", 1)
    monkeypatch.setattr(group_bands, "MAX_RUNS", 1)
    text = visitor.get(f"{PAGE}?metric=loss&group=config.lr").text
    assert len(content(text)["groups"]) == 1
    assert "and 1 more is not: &lt;script&gt;" in text
    assert "(1 drawn)" in text
    project = visitor.get("/local/p?group=config.lr&state=running&q=0.1").text
    link = re.search(rf'href="({PAGE}\?[^"]+)">Chart of these groups', project)
    assert link is not None
    assert [group["name"] for group in content(visitor.get(html.unescape(link[1])).text)["groups"]] == ["0.1"]


def test_only_runs_that_changed_are_read_again(visitor: Visitor, services: Services) -> None:
    """A page has the rows that arrived since the one before; of runs without new ones it uses the same curves."""
    view = "metric=loss&group=config.lr&band=range"
    assert groups(visitor, view)["0.1"]["mean"] == [2, 3, 4, 4]
    cache = CurveCache()

    def curves() -> list[MetricCurve | None]:
        with services.database.read() as connection:
            rows = connection.execute(select(runs).order_by(runs.c.name)).all()
            return [cache.curve(connection, row, "loss", "_step") for row in rows]

    before = curves()
    assert all(one is same for one, same in zip(curves(), before, strict=True))
    visitor.client.headers = {"Authorization": "Basic " + b64encode(f"api:{visitor.key}".encode()).decode()}
    visitor.client.rows("b", 3, *history({3: 8}, _attempt=1))
    assert groups(visitor, view)["0.1"]["mean"] == [2, 3, 4, 6]
    first, second, third = curves()
    assert (first, third) == (before[0], before[2])
    assert second is not None
    assert second.y.tolist() == [3, 5, 8]


def curve(x: Sequence[float], y: Sequence[float]) -> MetricCurve:
    """Return a curve through these points."""
    return MetricCurve(np.array(x, float), np.array(y, float))


def test_many_steps_share_even_buckets() -> None:
    """Each bucket has the mean of a run's values in it, and a run that logs rarely has values in all between."""
    dense = curve(range(1000), [step % 2 for step in range(1000)])
    coarse = curve([0, 500, 999], [0, 500, 999])
    short = curve([100, 200], [7, 7])
    grid = Grid.of([dense, coarse, short])
    assert len(grid.x) == BUCKETS
    assert np.allclose(np.diff(grid.x), 999 / BUCKETS)
    bounds = [999 / BUCKETS * number for number in range(BUCKETS + 1)]
    bounds[-1] = 1000
    expected = [np.mean([step % 2 for step in range(1000) if low <= step < high]) for low, high in pairwise(bounds)]
    assert np.allclose(grid.values(dense), expected)
    assert np.allclose(grid.values(coarse), grid.x, atol=grid.width)
    assert np.isnan(grid.values(coarse)).sum() == 0
    statistics = GridStatistics.of(np.array([grid.values(one) for one in (coarse, short)]))
    inside = (grid.x > 100 - grid.width / 2) & (grid.x < 200 + grid.width / 2)
    assert (statistics.counts == np.where(inside, 2, 1)).all()
    assert (statistics.highest >= statistics.mean).all()
    assert (statistics.lowest <= statistics.mean).all()


@pytest.mark.browser
def test_an_open_page_follows_the_runs(site: Site, page: Page) -> None:
    """New rows and new groups reach the chart and its tables; a hidden line, the focus and what is unfolded stay."""
    site.start("first", config='{"lr": {"value": 2}}', summaryMetrics='{"loss": 1, "other": 1}')
    site.stream("first", files={"wandb-history.jsonl": {"offset": 0, "content": history({0: 4, 1: 2})}})
    enter(site, page)
    page.goto(f"{site.url}{PAGE}?group=config.lr&q=loss%3E0")
    expect(page.locator("body")).to_have_attribute("data-live", "yes")
    rows = page.locator("[data-group]")
    expect(rows).to_have_count(1)
    expect(rows.locator("td")).to_have_text(["1", "2", "2", "2", "1"])
    page.locator("#places summary").click()
    switch = page.get_by_role("button", name="Line of 2")
    switch.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "false")
    site.stream("first", files={"wandb-history.jsonl": {"offset": 2, "content": history({2: 7})}})
    expect(rows.locator("td")).to_have_text(["1", "7", "7", "7", "1"])
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(switch).to_be_focused()
    expect(page.locator("#places")).to_have_attribute("open", "")
    site.start("second", config='{"lr": {"value": 1}}', summaryMetrics='{"loss": 1, "another": 1}')
    site.stream("second", files={"wandb-history.jsonl": {"offset": 0, "content": history({0: 5})}})
    expect(rows).to_have_count(2)
    expect(rows.first.locator("td")).to_have_text(["1", "5", "5", "5", "1"])
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("button", name="Line of 1")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("slider", name="Cursor in the chart loss over step")).to_have_count(1)


@pytest.mark.browser
def test_chart_in_a_browser(site: Site, page: Page, tmp_path: Path) -> None:
    """Pointer and keys read the values of each group, lines are hidden and saved with their bands, in both themes."""
    for name, (rate, losses) in LOSSES.items():
        config = json.dumps({"lr": {"value": rate}})
        site.start(name, displayName=HOSTILE, groupName=str(rate), config=config, summaryMetrics='{"loss": 1}')
        site.stream(name, files={"wandb-history.jsonl": {"offset": 0, "content": history(losses)}})
    enter(site, page)
    page.goto(f"{site.url}{PAGE}?metric=loss&band=range&q=loss%3D1")
    rows = page.locator("[data-group]")
    expect(rows).to_have_count(2)
    pair = rows.first.locator("td")
    expect(pair).to_have_text(["2", "4", "4", "4", "1"])
    plot = page.get_by_role("slider", name="Cursor in the chart loss over step")
    plot.press("Home")
    expect(page.locator("#group-position")).to_have_text("Values at step 0")
    expect(pair).to_have_text(["2", "2", "1", "3", "2"])
    expect(rows.nth(1).locator("td")).to_have_text(["1", *["–"] * 4])  # noqa: RUF001 -- the page's sign for no value
    plot.press("ArrowRight")
    expect(plot).to_have_attribute("aria-valuetext", re.compile(r"step 1: 0\.1 3, from 2 to 4; <script>.* 10,"))
    box = page.locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + 50)
    expect(pair).to_have_text(["2", "4", "3", "5", "2"])
    switch = page.get_by_role("button", name="Line of 0.1")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="More actions for loss over step").click()
    with page.expect_download() as saving:
        page.get_by_role("menuitem", name="Save as SVG").click()
    saving.value.save_as(tmp_path / "chart.svg")
    assert 'fill-opacity=".2"' in (tmp_path / "chart.svg").read_text("utf-8")
    page.evaluate((ROOT / "labextension/node_modules/axe-core/axe.min.js").read_text("utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(".wnb")).to_have_attribute("data-theme", scheme)
        page.screenshot(path=artifact(f"server-groups-{scheme}.png"))
        assert page.evaluate("() => axe.run()")["violations"] == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.querySelector('.u-over').clientWidth < 390")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
