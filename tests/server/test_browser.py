"""The pages in Chromium, while runs grow."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visiting import Site

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.browser


def enter(site: Site, page: Page) -> None:
    """Log in."""
    page.goto(site.url)
    page.fill("#key", site.key)
    page.click("main button")
    page.wait_for_selector("h1:has-text('Projects')")


def points(page: Page, count: int) -> None:
    """Wait until the charts have this many points."""
    page.wait_for_function("n => document.querySelector('.wnb')?.dataset.points === String(n)", arg=count)


def test_from_login_to_a_growing_run(site: Site, page: Page) -> None:
    """A visitor logs in, finds the run, sees its charts and state change, and stops it; hostile texts stay texts."""
    enter(site, page)
    page.click("main a >> text=p")
    page.click("tbody th a")
    expect(page.locator("h1")).to_have_text(re.compile("^" + re.escape("<img src=x")))
    points(page, 50)
    site.grow(70)
    points(page, 120)
    assert page.evaluate("() => window.harmed") is None
    page.click("#stop")
    page.wait_for_selector("#stop:disabled")
    assert site.stream("grow")["stopped"] is True
    site.stream("grow", complete=True, exitcode=0)
    page.wait_for_selector(".title .state.finished")
    expect(page.locator("#stop")).to_be_hidden()


def test_the_console_grows(site: Site, page: Page) -> None:
    """Lines printed while the page is open appear, and hostile ones do no harm."""
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/grow/console")
    page.wait_for_selector("#log:has-text('50 rows <img')")
    site.grow(70)
    page.wait_for_selector("#log:has-text('120 rows <img')")
    assert page.evaluate("() => window.harmed") is None


def test_selected_runs_are_drawn_and_grow(site: Site, page: Page) -> None:
    """The first runs of the table, or the selected ones, are drawn live; the selection survives a reload."""
    site.start("other", displayName="other")
    site.rows_of("other", 30)
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    points(page, 80)
    page.locator("tr[data-run=other] input").check()
    points(page, 30)
    page.locator("tr[data-run=grow] input").check()
    points(page, 80)
    expect(page.locator(".wnb-entry")).to_have_count(2)
    site.rows_of("other", 20, first=30)
    points(page, 100)
    page.reload()
    points(page, 100)
    page.locator("tr[data-run=grow] input").uncheck()
    points(page, 50)


def test_a_new_run_appears_in_the_table(site: Site, page: Page) -> None:
    """The table follows the project: a new run appears, a finished one changes its state, the selection stays."""
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    page.locator("tr[data-run=grow] input").check()
    site.start("late", displayName="late one")
    page.wait_for_selector("tr[data-run=late]")
    expect(page.locator("tr[data-run=grow] input")).to_be_checked()
    site.stream("late", complete=True, exitcode=1)
    page.wait_for_selector("tr[data-run=late] .state.failed")


def test_the_page_continues_after_a_server_restart(site: Site, page: Page, noises: list[str]) -> None:
    """While the server is down the page reports it; when it is back the charts continue by themselves."""
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/grow")
    points(page, 50)
    site.stop()
    page.wait_for_selector("text=Disconnected, reconnecting")
    site.restart()
    site.grow(10)
    points(page, 60)
    page.wait_for_selector("text=Disconnected, reconnecting", state="detached")
    noises[:] = [
        one for one in noises if "net::ERR_" not in one
    ]  # the browser's own messages about the failed requests


def test_the_table_by_keyboard(site: Site, page: Page) -> None:
    """A key focuses the search and a choice groups; groups fold, and stay folded when the table changes."""
    for number in range(3):
        site.start(f"r{number}", config=f'{{"lr": {{"value": {number % 2}}}}}', displayName=f"run {number}")
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    page.keyboard.press("/")
    page.keyboard.type("lr<1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p?q=lr%3C1**")
    expect(page.locator("tr[data-run]")).to_have_count(2)
    page.goto(f"{site.url}/local/p")
    page.get_by_label("Group by").select_option("config.lr")
    page.wait_for_selector("[data-live=yes] th[scope=rowgroup]")
    fold = page.locator(".fold").first
    fold.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-run=r0]")).to_be_hidden()
    site.start("r4", config='{"lr": {"value": 1}}', displayName="late")
    page.wait_for_selector("tr[data-run=r4]")
    expect(page.locator("tr[data-run=r0]")).to_be_hidden()
    expect(page.locator(".fold:focus")).to_have_count(1)
    page.get_by_label("then by").select_option("state")
    page.wait_for_url("**group=config.lr&group=state**")
    expect(page.locator("th[scope=rowgroup]").first).to_contain_text("lr 0 · State running")
    page.get_by_label("Group by").select_option("")
    expect(page.locator("th[scope=rowgroup]")).to_contain_text(["State running"])


def test_columns_are_chosen(site: Site, page: Page) -> None:
    """The menu finds a column by name, remembers the choice after a reload, and closes with Escape."""
    site.start("r", config='{"lr": {"value": 1}, "depth": {"value": {"inner": 3}}}')
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    page.click("#columns summary")
    page.get_by_label("Find a column").fill("inner")
    expect(page.locator("#column-list label:visible")).to_have_count(1)
    page.get_by_role("checkbox", name="depth.inner").check()
    page.click("#columns button:has-text('Save')")
    page.wait_for_selector("th:has-text('depth.inner')")
    page.reload()
    page.wait_for_selector("th:has-text('depth.inner')")
    page.click("#columns summary")
    page.keyboard.press("Escape")
    expect(page.locator("#column-list")).to_be_hidden()


def test_runs_are_compared(site: Site, page: Page) -> None:
    """From the selected rows one click opens curves, differences and code side by side."""
    for run, rate in (("x", 1), ("y", 2)):
        site.start(run, config=f'{{"lr": {{"value": {rate}}}}}', displayName=run)
        site.rows_of(run, 20)
        site.upload(run, {"code/t.py": f"lr = {rate}\n".encode()})
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    for run in ("x", "y"):
        page.locator(f"tr[data-run={run}] input").check()
    page.click("button:has-text('Compare')")
    points(page, 40)
    expect(page.locator("#config tbody td")).to_have_text(["1", re.compile(r"2\s*\+1 \(\+100 %\)")])
    expect(page.locator(".diff .out")).to_have_text(re.compile(re.escape("lr = 1") + "$"))
    site.rows_of("y", 5, first=20)
    points(page, 45)


def test_uploaded_pages_run_nowhere(site: Site, page: Page) -> None:
    """An uploaded page is downloaded when opened and shown as text; a picture's script does not run."""
    harm = b"<script>fetch('/harm'); window.harmed = 1</script>"
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>parent.harmed = 1</script></svg>'
    cells = [{"cell_type": "code", "source": "<img src=x onerror=alert(1)>", "metadata": {}}]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    site.upload("grow", {"x.html": harm, "p.svg": picture, "code/_session_history.ipynb": notebook})
    enter(site, page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for address in ("/files/x.html", "/files/p.svg", "/code"):
        page.goto(f"{site.url}/local/p/runs/grow{address}")
    expect(page.locator("pre.source")).to_have_text("<img src=x onerror=alert(1)>")
    with page.expect_download():
        page.evaluate("() => { location.href = '/files/local/p/grow/x.html'; }")
    assert page.evaluate("() => window.harmed") is None
    assert not [url for url in requests if "harm" in url or not url.startswith(site.url)]


PAGES = {
    "projects": "/",
    "project": "/local/p",
    "groups": "/local/p?group=config.lr",
    "charts": "/local/p/runs/grow",
    "overview": "/local/p/runs/grow/overview",
    "system": "/local/p/runs/grow/system",
    "console": "/local/p/runs/grow/console",
    "files": "/local/p/runs/grow/files",
    "code": "/local/p/runs/grow/code",
    "compare": "/local/p/compare?run=grow&run=other&all=1",
}


def furnish(site: Site) -> None:
    """Give two runs something to show on every page."""
    site.start("other", displayName="other", config='{"lr": {"value": 2}}', tags=["best"], notes="why")
    site.rows_of("other", 30)
    events = [f'{{"system.cpu": {n}, "system.gpu.0.temp": 60, "_runtime": {n}}}' for n in range(9)]
    site.stream("grow", files={"wandb-events.jsonl": {"offset": 0, "content": events}})
    for run in ("grow", "other"):
        site.upload(run, {"code/t.py": f"def f():\n    return '{run}'  # x\n".encode(), "a.txt": b"a"})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_for_axe(site: Site, page: Page, scheme: Literal["light", "dark"]) -> None:
    """axe-core finds no serious problem on any page, in either theme, with runs selected and menus open."""
    furnish(site)
    page.emulate_media(color_scheme=scheme)
    enter(site, page)
    axe = (ROOT / "labextension/node_modules/axe-core/axe.min.js").read_text("utf-8")
    problems = []
    for name, path in PAGES.items():
        page.goto(site.url + path)
        if name == "project":
            page.locator("tr[data-run=grow] input").check()
            page.click("#columns summary")
        if name in {"project", "charts", "system", "compare"}:
            page.wait_for_selector("#charts canvas")
        page.evaluate(axe)
        result = page.evaluate("() => axe.run()")
        problems += [
            (name, one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"])
            for one in result["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        page.screenshot(path=artifact(f"server-{name}-{scheme}.png"))
    assert problems == []


def test_a_phone_needs_no_sideways_scrolling(site: Site, page: Page) -> None:
    """At 390 pixels no page is wider than the screen: tables scroll by themselves."""
    furnish(site)
    page.set_viewport_size({"width": 390, "height": 844})
    enter(site, page)
    wide = []
    for name, path in PAGES.items():
        page.goto(site.url + path)
        page.wait_for_selector("h1")
        if page.evaluate("() => document.documentElement.scrollWidth") > 390:
            wide.append(name)
        page.screenshot(path=artifact(f"server-{name}-phone.png"))
    assert wide == []


def artifact(name: str) -> Path:
    """Return the path of a picture for people to check."""
    folder = ROOT / "test-artifacts"
    folder.mkdir(exist_ok=True)
    return folder / name


def test_a_project_as_the_documentation_shows_it(site: Site, page: Page) -> None:
    """A project's runs as a table, and the curves of three of them overlaid."""
    names = ("swift-lake", "calm-reef", "amber-fern", "brisk-cedar", "vivid-stone", "early-brook")
    for at, name in enumerate(names):
        log_run(site, name, lr=0.1 / 2**at, width=32 << at % 3)
    enter(site, page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{site.url}/local/digits")
    for name in names[:3]:
        page.locator(f"tr[data-run={name}] input").check()
    page.wait_for_selector("#charts canvas")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)  # the charts are drawn in the next frames
    folder = artifact("images")
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / "server-project.png")
    expect(page.locator("tr[data-run]")).to_have_count(len(names))


def log_run(site: Site, name: str, lr: float, width: int) -> None:
    """Log a finished run of the project digits."""
    config = {"lr": {"value": lr}, "model": {"value": {"width": width}}}
    tags = ["best"] if lr > 0.05 else []
    site.start(name, modelName="digits", displayName=name, config=json.dumps(config), tags=tags)
    losses = [2.3 * math.exp(-step * lr / 4) + 3 / width for step in range(120)]
    rows = [
        json.dumps(
            {"_step": step, "_runtime": step, "train/loss": loss, "val/loss": loss * 1.1, "accuracy": 1 - loss / 3}
        )
        for step, loss in enumerate(losses)
    ]
    summary = [json.dumps({"val/loss": losses[-1] * 1.1, "accuracy": 1 - losses[-1] / 3, "_runtime": 120})]
    files = {"wandb-history.jsonl": rows, "wandb-summary.json": summary}
    body = {"files": {file: {"offset": 0, "content": lines} for file, lines in files.items()}}
    site.post(f"/files/local/digits/{name}/file_stream", {**body, "complete": True, "exitcode": 0})
