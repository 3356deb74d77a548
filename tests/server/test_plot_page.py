"""Charts of `wandb.plot` on pages of the server: drawn from their tables, of one run and of several."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from test_browser import ROOT, artifact, enter

import wandb_nb as wandb

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visiting import Site

pytestmark = pytest.mark.browser

HOSTILE = "</text><img src=x onerror=window.harmed=1>"
CLASSES = ["cat", "dog", HOSTILE]


def charts(seed: int) -> dict[str, Any]:
    """Return one chart of each kind."""
    rows = [[step, f"lr {rate}", rate * step + seed] for rate in (1, 2) for step in range(5)]
    table = wandb.Table(["step", "rate", "loss"], rows)
    truth, guesses = [0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 2, 0, (2 + seed) % 3]
    curve = [[name, x / 10, min(1, x / 10 + bend)] for name, bend in (("cat", 0.1), ("dog", 0.3)) for x in range(11)]
    return {
        "line": wandb.plot.line(table, "step", "loss", stroke="rate", title="Loss by rate"),
        "scatter": wandb.plot.scatter(table, "step", "loss"),
        "bar": wandb.plot.bar(wandb.Table(["label", "value"], [[HOSTILE, 3], ["b", 5 + seed]]), "label", "value"),
        "histogram": wandb.plot.histogram(wandb.Table(["x"], [[n * n % 17] for n in range(99)]), "x"),
        "series": wandb.plot.line_series([1, 2, 3], [[1, 4, 9], [1, 8, 27]], keys=["square", "cube"], xname="n"),
        "confusion": wandb.plot.confusion_matrix(y_true=truth, preds=guesses, class_names=CLASSES),
        "roc": wandb.plot_table(
            "wandb/area-under-curve/v0",
            wandb.Table(["class", "fpr", "tpr"], curve),
            {"x": "fpr", "y": "tpr", "class": "class"},
            {"title": "ROC", "x-axis-title": "False positive rate"},
        ),
    }


def start(site: Site, name: str, seed: int) -> None:
    """Upload a run with the charts as the official client would."""
    panels: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    row: dict[str, Any] = {"_step": 3, "_runtime": 3}
    for key, chart in charts(seed).items():
        path = f"media/table/{key}_3_{seed}.table.json"
        files[path] = json.dumps({"columns": chart.table.columns, "data": chart.table.data}).encode()
        panels[key] = chart.panel(f"{key}_table")
        row[f"{key}_table"] = {
            "_type": "table-file",
            "path": path,
            "ncols": 2,
            "nrows": len(chart.table.data),
            "size": 9,
        }
    site.start(name, config=json.dumps({"_wandb": {"value": {"visualize": panels}}}))
    site.upload(name, files)
    site.stream(name, files={"wandb-history.jsonl": {"offset": 0, "content": [json.dumps(row)]}})
    summary = {"offset": 0, "content": [json.dumps(row)]}
    site.stream(name, files={"wandb-summary.json": summary})


def serious(page: Page) -> list[str]:
    """Return the serious problems that axe-core finds."""
    page.evaluate((ROOT / "labextension/node_modules/axe-core/axe.min.js").read_text("utf-8"))
    result = page.evaluate("() => axe.run()")
    return [one["id"] for one in result["violations"] if one["impact"] in {"serious", "critical"}]


def drawn(page: Page, count: int) -> None:
    """Scroll through the page until this many charts are drawn."""
    page.wait_for_function("n => document.querySelectorAll('.wnb-plot-drawing svg').length === n", arg=count)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_chart_is_drawn_from_its_table(site: Site, page: Page, noises: list[str], scheme: Any) -> None:
    """Each kind of chart is drawn; arrows read values; texts stay texts; PNG or SVG and CSV can be saved."""
    start(site, "plots", 0)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1300, "height": 2400})
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/plots")
    drawn(page, 7)
    line = page.locator(".wnb-card[aria-label='Chart Loss by rate']")
    expect(line.locator(".wnb-entry")).to_have_text(["lr 1", "lr 2"])
    line.get_by_role("slider").first.focus()
    page.keyboard.press("End")
    expect(line.locator(".wnb-where")).to_have_text("lr 1 · step 4 · loss 4")
    matrix = page.locator(".wnb-card[aria-label='Chart Confusion Matrix Curve']")
    matrix.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    expect(matrix.locator(".wnb-where")).to_have_text("Actual cat · Predicted cat · 1")
    with page.expect_download() as download:
        line.get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Save as CSV").click()
    assert download.value.path().read_bytes().startswith(b"step,rate,loss\r\n0,lr 1,0\r\n")
    with page.expect_download() as download:
        line.get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Save as PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.screenshot(path=artifact(f"plots-{scheme}.png"), full_page=True)
    assert serious(page) == []
    assert page.evaluate("() => window.harmed") is None
    assert noises == []


def test_runs_are_compared_in_one_chart(site: Site, page: Page, noises: list[str]) -> None:
    """On the page of a comparison each chart has the lines of both runs, and their tables are joined by a key."""
    for name, seed in (("first", 0), ("second", 1)):
        start(site, name, seed)
    page.set_viewport_size({"width": 1300, "height": 2400})
    enter(site, page)
    page.goto(f"{site.url}/local/p/compare?run=first&run=second")
    drawn(page, 7)
    roc = page.locator(".wnb-card[aria-label='Chart ROC']")
    assert len({text.partition(" · ")[0] for text in roc.locator(".wnb-entry").all_text_contents()}) == 2
    bars = page.locator(".wnb-card[aria-label='Chart bar']")
    bars.get_by_role("button", name="Table of bar").click()
    bars.get_by_text("1 row differs").wait_for()
    expect(bars.locator("[data-mark=different]")).to_have_text(["5 (different)", "6 (different)"])
    page.screenshot(path=artifact("plots-compared.png"), full_page=True)
    assert serious(page) == []
    assert noises == []


def own(**changes: Any) -> wandb.plot.CustomChart:
    """Return a chart with a spec of its own, whose expressions are interpreted."""
    double = {"calculate": "datum.loss * 2 > 2 ? 'high' : 'low'", "as": "level"}
    encoding = {
        "x": {"field": "${field:x}", "type": "quantitative"},
        "y": {"field": "loss", "type": "quantitative"},
        "color": {"field": "level"},
    }
    spec = {"data": {"name": "wandb"}, "mark": "point", "transform": [double], "encoding": encoding, **changes}
    table = wandb.Table(["step", "loss"], [[n, n / 2] for n in range(9)])
    return wandb.plot_table(spec, table, {"x": "step"}, {"title": "Mine"})


def test_own_specs_are_drawn_without_code_and_network(site: Site, page: Page, noises: list[str]) -> None:
    """Vega draws specs of users and pages of Altair; what a spec wants from elsewhere is neither loaded nor drawn."""
    altair = pytest.importorskip("altair")
    chart = (
        altair.Chart(altair.Data(values=[{"x": n, "y": n * n} for n in range(5)])).mark_bar().encode(x="x:O", y="y:Q")
    )
    away = own(data={"url": "https://example.com/x.csv"})
    panels = {"mine": own().panel("mine_table"), "away": away.panel("mine_table"), "named": away.panel("named_table")}
    panels["named"]["panel_config"] |= {"panelDefId": "me/mine", "vegaSpec": None}
    files = {
        "media/table/mine.table.json": json.dumps({"columns": ["step", "loss"], "data": own().table.data}).encode(),
        "media/html/a.html": chart.to_html().encode(),
    }
    table = {"_type": "table-file", "path": "media/table/mine.table.json", "ncols": 2, "nrows": 9, "size": 99}
    page_file = {"_type": "html-file", "path": "media/html/a.html", "size": 99}
    row = {"_step": 0, "_runtime": 0, "mine_table": table, "named_table": table, "altair": page_file}
    site.start("vega", config=json.dumps({"_wandb": {"value": {"visualize": panels}}}))
    site.upload("vega", files)
    site.stream("vega", files={"wandb-history.jsonl": {"offset": 0, "content": [json.dumps(row)]}})
    enter(site, page)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.set_viewport_size({"width": 1200, "height": 1400})
    page.goto(f"{site.url}/local/p/runs/vega")
    page.wait_for_function("() => document.querySelectorAll('.wnb-vega canvas').length === 2")
    expect(page.locator(".wnb-card[aria-label='Chart Mine'] .wnb-vega canvas:visible")).to_have_count(1)
    expect(page.locator(".wnb-card[aria-label='Media altair'] .wnb-vega canvas")).to_have_count(1)
    page.get_by_text("This chart cannot be drawn:").wait_for()
    page.get_by_text("The chart me/mine of this table is defined on W&B's server only.").wait_for()
    page.screenshot(path=artifact("vega.png"))
    assert serious(page) == []
    assert [url for url in requested if "vega.js" in url] == [f"{site.url}/static/vega.js"]
    assert [url for url in requested if not url.startswith((site.url, "blob:", "data:"))] == []
    assert noises == []
