"""The view on a plain page in Chromium: drawn, live, usable by keys, readable in both themes, safe, accessible."""

from __future__ import annotations

import base64
import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from plain import ARTIFACTS, HOSTILE, MIME, SCRIPT, darken, points, serious, settle, shot, show
from playwright.sync_api import expect
from waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser]


def test_charts_grow_during_the_run(page: Page) -> None:
    """The number of drawn points rises between two checks, and metrics with one last part share a chart."""
    show(page)
    before = points(page)
    page.wait_for_function("before => Number(document.querySelector('.wnb').dataset.points) > before", arg=before)
    expect(page.locator(".wnb-card-title")).to_have_text(["loss", "accuracy", "train/lr", "gpu/temp"])
    expect(page.locator(".wnb-state")).to_have_text("running")


def test_a_run_without_rows_is_one_line(page: Page) -> None:
    """Before the first row there is only a header."""
    page.evaluate(
        "script => wandbNb.scripted(document.getElementById('view'), script)", {**SCRIPT, "start": 0, "each": 0}
    )
    page.wait_for_selector("text=waiting for the first row")
    settle(page)
    assert page.locator(".wnb").bounding_box()["height"] < 60
    expect(page.locator(".wnb-body")).to_be_hidden()


def test_hover_shows_values_in_all_charts(page: Page) -> None:
    """The cursor in one chart shows step and values there, and is at the same step in the others."""
    show(page, each=0)
    box = page.locator(".u-over").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    expect(page.locator(".wnb-where").nth(1)).to_contain_text("step ")
    places = page.locator(".wnb-where").all_text_contents()
    assert places[0] == places[1] != ""
    assert places[0].startswith("step ")
    expect(page.locator(".wnb-card").first.locator(".wnb-dot:visible")).to_have_count(2)
    shot(page, "hover")


def test_keys_move_the_cursor(page: Page) -> None:
    """Arrows, Home and End work in a chart, and its values are announced."""
    show(page, each=0)
    plot = page.get_by_role("slider", name="Cursor in the chart loss")
    plot.focus()
    page.keyboard.press("Home")
    expect(plot).to_have_attribute("aria-valuetext", re.compile("^" + re.escape("step 0: train 2.")))
    page.keyboard.press("ArrowRight")
    expect(plot).to_have_attribute("aria-valuetext", re.compile("^" + re.escape("step 1: ")))
    page.keyboard.press("End")
    expect(plot).to_have_attribute("aria-valuetext", re.compile("^" + re.escape("step 399: ")))


def test_dragging_zooms_all_charts_and_resets(page: Page) -> None:
    """A drag shows a part of x in each chart; the button, and a double-click, show all again."""
    show(page, each=0)
    reset = page.get_by_role("button", name="Reset zoom")
    box = page.locator(".u-over").first.bounding_box()

    def drag() -> None:
        page.mouse.move(box["x"] + 40, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
        page.mouse.up()
        reset.wait_for()

    def ends() -> list[float]:
        plots = page.locator(".wnb-plot")
        return [float(plots.nth(i).get_attribute("aria-valuemax")) for i in range(2)]

    drag()
    page.wait_for_function("() => Number(document.querySelector('.wnb-plot').ariaValueMax) < 399")
    until(lambda: ends()[0] == ends()[1], "one zoom of both charts")
    reset.click()
    page.wait_for_function("() => Number(document.querySelector('.wnb-plot').ariaValueMax) === 399")
    drag()
    page.mouse.dblclick(box["x"] + 60, box["y"] + 60)
    page.wait_for_function("() => Number(document.querySelector('.wnb-plot').ariaValueMax) === 399")


def test_log_smoothing_and_axis_change_the_picture(page: Page) -> None:
    """Each control of the bar redraws the chart."""
    show(page, each=0, epoch=20)
    canvas = "() => document.querySelector('.wnb canvas').toDataURL()"
    pictures = {page.evaluate(canvas)}
    changed = "old => !old.includes(document.querySelector('.wnb canvas').toDataURL())"
    for control in (
        lambda: page.get_by_role("button", name="Log").click(),
        lambda: page.get_by_label("Smoothing").fill("0.9"),
        lambda: page.get_by_label("X axis").select_option("time"),
        lambda: page.get_by_label("X axis").select_option("step"),
    ):
        control()
        page.wait_for_function(changed, arg=list(pictures))
        pictures.add(page.evaluate(canvas))
    expect(page.locator(".wnb-where").first).to_have_text("")
    shot(page, "smooth-log")


def test_one_chart_has_its_own_scale(page: Page) -> None:
    """The menu of a chart, and L inside it, switch its scale alone; clipped outliers are reported."""
    show(page, each=0, overrides={50: 1e6})
    canvases = "() => [...document.querySelectorAll('.wnb canvas')].slice(0, 2).map(canvas => canvas.toDataURL())"
    before = page.evaluate(canvases)
    page.get_by_role("button", name="More actions for loss").press("Enter")
    page.keyboard.press("ArrowDown")
    shot(page, "menu")
    page.keyboard.press("Enter")
    page.get_by_text("outliers clipped").wait_for()
    settle(page)
    clipped = page.evaluate(canvases)
    assert clipped[0] != before[0]
    assert clipped[1] == before[1]
    page.locator(".wnb-plot").first.focus()
    page.keyboard.press("l")
    page.wait_for_function(f"old => ({canvases})()[0] !== old", arg=clipped[0])
    assert page.evaluate(canvases)[1] == before[1]
    page.get_by_role("button", name="More actions for loss").click()
    scale = page.get_by_role("menuitemcheckbox", name="Log scale")
    expect(scale).to_have_attribute("aria-checked", "true")
    assert serious(page) == []
    page.keyboard.press("Escape")
    scale.wait_for(state="hidden")


def test_values_that_are_not_finite_are_marked_and_named(page: Page) -> None:
    """NaN and infinity have marks in the chart, and the legend names them under the pointer."""
    show(page, start=40, each=0, overrides={20: math.nan, 30: math.inf})
    box = page.locator(".u-over").first.bounding_box()
    legend = page.locator(".wnb-card").first.locator(".wnb-value").first
    plot = page.locator(".wnb-plot").first
    plot.focus()
    page.keyboard.press("Home")
    names = set()
    for _ in range(39):
        page.keyboard.press("ArrowRight")
        settle(page)
        names.add(legend.text_content())
    assert {"NaN", "∞"} <= names
    assert box is not None
    shot(page, "nan")


def test_a_saved_decimation_is_a_band(page: Page) -> None:
    """A snapshot with a part of the points draws the area between minimum and maximum, with a note."""
    show(page, keys=["gpu/a", "gpu/b", "gpu/c", "gpu/d", "gpu/e", "gpu/temp"], start=100_000, each=0, total=100_000)
    bundle = page.evaluate("() => wandbNb.bundle(window.feed)")
    page.evaluate("saved => { wandbNb.snapshot(document.getElementById('view'), saved); }", bundle[MIME])
    page.get_by_text("min-max of 100,000 points").first.wait_for()
    shot(page, "band")


def test_no_value_has_seventeen_digits(page: Page) -> None:
    """Config values are shown like all numbers, with the exact one as a tooltip to copy."""
    show(page, config={"sum": 0.1 + 0.2, "list": [0.1 + 0.2]})
    page.get_by_role("tab", name="Config").click()
    cells = page.locator(".wnb-facts:visible td")
    cells.nth(1).wait_for()
    expect(cells).to_have_text(["0.3", "[0.3]"])
    expect(cells.first).to_have_attribute("title", "0.30000000000000004")


def test_a_new_message_keeps_what_the_reader_chose(page: Page) -> None:
    """Smoothing, log scale, an open table and the tab survive new rows."""
    show(page)
    page.get_by_role("button", name="Log").click()
    page.get_by_role("button", name="Points of loss as a table").click()
    before = points(page)
    page.wait_for_function("before => Number(document.querySelector('.wnb').dataset.points) > before", arg=before)
    expect(page.get_by_role("button", name="Log")).to_have_attribute("aria-pressed", "true")
    rows = page.get_by_role("region", name="Points of loss").locator("tbody tr")
    expect(rows).to_have_count(100)
    shot(page, "table")


def test_tabs_by_keys_and_search(page: Page) -> None:
    """Arrow keys go through the tabs; the search finds the config's dotted rows by name."""
    show(page)
    page.get_by_role("tab", name="Charts").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Config")).to_have_attribute("aria-selected", "true")
    page.locator(".wnb-facts:visible tbody tr", has_text="lr").wait_for()
    page.get_by_label("Search config").fill("width")
    expect(page.locator(".wnb-facts:visible tbody tr")).to_have_text(["model.width64"])
    page.keyboard.press("Tab")
    shot(page, "config")


def test_many_metrics_are_paged_and_found(page: Page) -> None:
    """Of 300 metrics only the first sections are open; the box finds one of the others."""
    show(page, keys=[f"layer{i // 30}/w{i}" for i in range(300)], start=50, each=0)
    assert page.locator(".wnb-card").count() <= 54
    expect(page.get_by_label("Find a metric"), "with the first picture, before any new row").to_be_visible()
    page.get_by_label("Find a metric").fill("w299")
    page.wait_for_selector("text=layer9/w299")
    expect(page.locator(".wnb-card")).to_have_count(1)


def test_numbered_layers_are_one_section_that_starts_closed(page: Page) -> None:
    """Layers share one section; beside other charts a click opens it. The panel has a bounded height and scrolls."""
    keys = ["loss", *(f"layer{i}/{name}" for i in range(12) for name in ("weight", "bias"))]
    show(page, keys=keys, start=50, each=0)
    expect(page.locator(".wnb-section-title")).to_have_text(["Overview1", "layer*24"])
    expect(page.locator(".wnb-card")).to_have_count(1)
    page.get_by_role("button", name="layer* 24").click()
    page.wait_for_function("() => document.querySelectorAll('.wnb-card').length === 25")
    panel = page.locator(".wnb-panel").first
    settle(page)
    assert panel.evaluate("panel => panel.clientHeight < 700 && panel.scrollHeight > panel.clientHeight")
    panel.evaluate("panel => { panel.scrollTop = 1e6; }")
    page.locator(".wnb-card").last.locator("canvas").wait_for()


def test_nothing_moves_when_metrics_arrive(page: Page) -> None:
    """The first card keeps place and size when its split and a second chart arrive; cards of a row are equally high."""
    box = "() => JSON.stringify(document.querySelector('.wnb-plot').getBoundingClientRect())"
    show(page, keys=["train/loss"], each=0)
    alone = page.evaluate(box)
    show(page, keys=["train/loss", "train/accuracy", "val/loss"], each=0)
    assert page.evaluate(box) == alone
    heights = page.locator(".wnb-card").evaluate_all("cards => cards.map(card => card.getBoundingClientRect().height)")
    assert len(set(heights)) == 1


def test_legend_and_end_labels_hide_lines(page: Page) -> None:
    """A click on a legend entry or an end label hides its line; with Shift it shows the line alone, then all."""
    show(page, each=0)
    canvas = "() => document.querySelector('.wnb canvas').toDataURL()"
    before = page.evaluate(canvas)
    train = page.locator(".wnb-card").first.get_by_role("button", name="train")
    val = page.locator(".wnb-card").first.get_by_role("button", name="val")
    val.click()
    page.wait_for_function(f"old => ({canvas})() !== old", arg=before)
    expect(val).to_have_attribute("aria-pressed", "false")
    assert serious(page) == []
    val.press("Shift+Enter")
    page.wait_for_function("() => document.querySelector('.wnb-entry').ariaPressed === 'false'")
    expect(train).to_have_attribute("aria-pressed", "false")
    expect(val).to_have_attribute("aria-pressed", "true")
    val.click(modifiers=["Shift"])
    page.wait_for_function(f"old => ({canvas})() === old", arg=before)
    page.locator(".wnb-end-labels span", has_text="train").first.click()
    page.wait_for_function("() => document.querySelector('.wnb-entry').ariaPressed === 'false'")


def test_lines_are_solid_until_dashes_are_asked_for(page: Page) -> None:
    """Two lines differ only by colour; the button adds dashes in legend and chart."""
    show(page, each=0)
    dashes = (
        "() => [...document.querySelectorAll('.wnb-entry path')].map(path => path.getAttribute('stroke-dasharray'))"
    )
    assert set(page.evaluate(dashes)) == {""}
    page.get_by_role("button", name="Dashes").click()
    page.wait_for_function(f"() => ({dashes})()[1] !== ''")
    shot(page, "dashes")


def test_a_chart_is_enlarged_and_closed(page: Page) -> None:
    """The button, or F, opens a chart over the whole page; Escape closes it and returns the focus."""
    show(page)
    page.locator(".wnb-plot").nth(1).focus()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Chart accuracy")
    dialog.locator("canvas").wait_for()
    settle(page)
    box = dialog.locator(".wnb-plot").bounding_box()
    assert box is not None
    assert box["width"] > 850
    assert box["height"] > 500
    before = page.locator(".wnb-enlarged .wnb-value").first.text_content()
    page.wait_for_function(f"() => document.querySelector('.wnb-enlarged .wnb-value').textContent !== {before!r}")
    shot(page, "enlarged")
    assert serious(page) == []
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    expect(page.locator(".wnb-plot").nth(1)).to_be_focused()
    page.get_by_role("button", name="Enlarge loss").click()
    page.get_by_role("button", name="Close the enlarged chart").click()
    page.get_by_role("dialog").wait_for(state="detached")


def test_charts_are_resized_by_drag_and_keys(page: Page) -> None:
    """Dragging the lower edge of a card, or PageUp and PageDown, change the height of all charts."""
    show(page, each=0)
    height = "() => [...document.querySelectorAll('.wnb canvas')].map(one => one.clientHeight)"
    assert set(page.evaluate(height)) == {190}
    box = page.locator(".wnb-resize").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + 50, box["y"] + 63, steps=3)
    page.mouse.up()
    page.wait_for_function(f"() => ({height})().every(one => one === 250)")
    page.locator(".wnb-plot").first.focus()
    page.keyboard.press("PageDown")
    page.wait_for_function(f"() => ({height})().every(one => one === 210)")


def test_a_chart_is_saved(page: Page) -> None:
    """The menu saves the drawing as PNG and SVG, and all points as CSV; names in the files are harmless."""
    key = f"=1+1,{HOSTILE}"
    show(page, keys=[key, "lr"], each=0, overrides={3: math.nan})

    def save(kind: str) -> bytes:
        page.get_by_role("button", name="More actions for").first.click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=f"Save as {kind}").click()
        assert re.fullmatch(rf"[\w.-]+\.{kind.lower()}", download.value.suggested_filename)
        return Path(download.value.path()).read_bytes()

    png, svg, csv = save("PNG"), save("SVG").decode(), save("CSV").decode()
    (ARTIFACTS / "view-saved-chart.png").write_bytes(png)
    assert png.startswith(b"\x89PNG")
    assert HOSTILE not in svg
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 -- our own file
    assert "clip-path" in svg
    rows = csv.splitlines()
    assert rows[0] == "run,metric,attempt,step,seconds,value"
    assert rows[4] == f'snowy-owl-10,"\'{key}",1,3,0.15000000000000002,NaN'
    assert len(rows) == 401


def test_stop_asks_then_forces(page: Page) -> None:
    """Stop turns into Stop now, and disappears with the run."""
    show(page)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_function("() => document.querySelector('.wnb-state').textContent === 'finished'")
    expect(page.locator(".wnb-stop")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_serious_for_axe(page: Page, dark: bool) -> None:
    """axe-core finds no serious problem on any tab, with a table open, in either theme."""
    show(page, again=200)
    if dark:
        darken(page)
    page.get_by_role("button", name="Points of loss as a table").click()
    shot(page, "dark" if dark else "light")
    problems = []
    for tab in ("Charts", "Config", "Summary"):
        page.get_by_role("tab", name=tab).click()
        problems += [(tab, *one) for one in serious(page)]
    assert problems == []


def test_hostile_names_stay_text(page: Page) -> None:
    """Names and config values that look like markup are shown as text."""
    show(page, name=HOSTILE, keys=[f"{HOSTILE}/loss", "constructor", "__proto__"], config={HOSTILE: HOSTILE}, each=0)
    expect(page.locator(".wnb-run-name")).to_have_text(HOSTILE)
    page.get_by_role("tab", name="Config").click()
    page.locator(".wnb-facts:visible tbody th", has_text=HOSTILE).wait_for()
    assert page.evaluate("() => window.harmed") is None
    expect(page.locator(".wnb img")).to_have_count(0)


def test_a_broken_snapshot_is_refused_in_words(page: Page) -> None:
    """An invalid snapshot gives an error, which the renderer shows as one quiet line."""
    show_it = "() => { try { wandbNb.snapshot(document.body, {v: 1}); } catch (error) { return error.message; } }"
    assert page.evaluate(show_it) == "The saved output contains no data."


def test_reduced_motion_is_respected(page: Page) -> None:
    """With `prefers-reduced-motion` the running dot stands still."""
    page.emulate_media(reduced_motion="reduce")
    show(page)
    assert page.evaluate("() => getComputedStyle(document.querySelector('.wnb-state-dot')).animationName") == "none"


def test_a_million_points_stay_fluent(page: Page) -> None:
    """Four series of 250,000 points with appends stay fluent; frames and first paint are saved as figures."""
    started = page.evaluate("() => performance.now()")
    show(page, keys=["a", "b", "c", "d"], start=250_000, each=100, total=1_000_000)
    painted = page.evaluate("() => performance.now()") - started
    before = points(page)
    frames = page.evaluate(
        """() => new Promise(done => {
            let frames = 0; const start = performance.now();
            const tick = now => now - start < 3000 ? (frames++, requestAnimationFrame(tick)) : done(frames / 3);
            requestAnimationFrame(tick); })"""
    )
    assert points(page) > before
    figures = {"points": points(page), "first_paint_ms": round(painted), "frames_per_second": round(frames, 1)}
    ARTIFACTS.mkdir(exist_ok=True)
    (ARTIFACTS / "view-figures.json").write_text(json.dumps(figures))


def test_no_key_reaches_the_notebook(page: Page) -> None:
    """Keys pressed on any control of the view reach neither JupyterLab's shortcuts nor its listeners; save does."""
    show(page)
    page.evaluate(
        """() => { window.seen = [];
            document.addEventListener('keydown', event => {
                if (!event.target.hasAttribute('data-lm-suppress-shortcuts')) window.seen.push(event.key); }, true);
            document.body.addEventListener('keydown', event => window.seen.push(event.key)); }"""
    )
    for control in (".wnb-plot", "input[type=range]", "select", ".wnb-tab[aria-selected=true]", ".wnb-toggle:visible"):
        page.locator(control).first.focus()
        for key in ("x", "d", "b", "ArrowLeft", "ArrowRight", "Shift+Enter", "Control+Enter", "Control+a"):
            page.keyboard.press(key)
    settle(page)
    assert page.evaluate("() => window.seen") == []
    page.keyboard.press("Control+s")
    until(lambda: set(page.evaluate("() => window.seen")) == {"s"}, "the key of saving")


def test_escape_gives_the_focus_back(page: Page) -> None:
    """Escape returns to the element that had the focus before the view, from the chart and from any control."""
    show(page)
    page.evaluate("() => { document.body.prepend(Object.assign(document.createElement('button'), {id: 'cell'})); }")
    for control in (".wnb-plot", "input[type=range]", ".wnb-toggle:visible"):
        page.locator("#cell").focus()
        page.locator(control).first.focus()
        page.keyboard.press("Escape")
        expect(page.locator("#cell")).to_be_focused()


def test_what_is_written_back_is_a_safe_picture(page: Page) -> None:
    """The bundle for the notebook has snapshot, SVG, PNG and text; no script, frame or address; names are escaped."""
    show(page, keys=[f"{HOSTILE}/loss", "val/loss", "lr"], start=4_000, each=0, again=1_000)
    bundle = page.evaluate("() => wandbNb.bundle(window.feed)")
    assert sorted(bundle) == [MIME, "image/png", "text/html", "text/plain"]
    assert not [word for word in ("<script", "<iframe", HOSTILE, "http") if word in bundle["text/html"]]
    assert "&lt;img" in bundle["text/html"]
    assert all(name in bundle["text/html"] for name in (">attempt 1<", ">attempt 2<"))
    assert re.findall("<img[^>]*src=.(data:image/png)?", bundle["text/html"]) == ["data:image/png"]
    assert len(json.dumps(bundle)) < 250_000
    picture = base64.b64decode(bundle["image/png"])
    assert picture.startswith(b"\x89PNG")
    (ARTIFACTS / "view-written-back.png").write_bytes(picture)
    page.evaluate("saved => { wandbNb.snapshot(document.getElementById('view'), saved); }", bundle[MIME])
    page.wait_for_selector(".wnb canvas")
    assert "lowest" in bundle["text/plain"]
