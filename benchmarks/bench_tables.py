"""A logged table of 100,000 rows on a server page, in headless Chromium: first rows, scrolling, sorting, searching.

python benchmarks/bench_tables.py [rows]

Times are by the page's clock, and as processor time of the page's main thread, which other programs on the machine
lengthen less. The first rows count from the request of the table's file, as a view has it open. Budget: 500 ms for the
first rows, and 16 ms of processor time for a frame while the table scrolls.
"""

from __future__ import annotations

import json
import shutil
import sys
from statistics import median
from typing import TYPE_CHECKING

import requests
from playwright.sync_api import sync_playwright
from served import Served, served

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

ROUNDS, FRAMES = 5, 120
UPSERT = "mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }"
UPLOAD = """mutation F($run: String!, $files: [String!]!) {
    createRunFiles(input: {projectName: "bench", runName: $run, files: $files}) { files { name uploadUrl } } }"""
COLUMNS = ["id", "class", "guess", "score", "loss", "text"]
PATH = "media/table/predictions_0_0.table.json"
SCROLL = """grid => new Promise((done) => {
    const frames = [];
    let last = performance.now();
    const frame = (now) => {
        frames.push(now - last);
        last = now;
        grid.scrollTop += 3000;
        if (frames.length < FRAMES) requestAnimationFrame(frame);
        else done(Math.max(...frames.slice(1)));
    };
    requestAnimationFrame(frame);
})""".replace("FRAMES", str(FRAMES))
FIRST_ROWS = """() => new Promise((done) => {
    const check = () => {
        const file = performance.getEntriesByType('resource').find((one) => one.name.includes('table.json'));
        if (file && document.querySelector('.wnb-table-body [role=row]')) done(performance.now() - file.startTime);
        else requestAnimationFrame(check);
    };
    check();
})"""
ACTION = """([selector, value]) => new Promise((done) => {
    const element = document.querySelector(selector);
    const start = performance.now();
    if (value === null) element.click();
    else { element.value = value; element.dispatchEvent(new Event('input')); }
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start), 0));
})"""


def upload(server: Served, rows: int) -> None:
    """Send a run with a table of *rows* rows."""
    post = server.session.post
    post(f"{server.url}/graphql", json={"query": UPSERT, "variables": {"i": {"name": "t", "modelName": "bench"}}})
    data = [
        [n, f"class {n % 10}", f"class {n % 7}", n * 7919 % 1000 / 1000, n % 97 / 9, f"text {n}"] for n in range(rows)
    ]
    content = json.dumps({"columns": COLUMNS, "data": data}).encode()
    variables = {"run": "t", "files": [PATH]}
    answer = post(f"{server.url}/graphql", json={"query": UPLOAD, "variables": variables}).json()
    requests.put(answer["data"]["createRunFiles"]["files"][0]["uploadUrl"], data=content, timeout=60).raise_for_status()
    table = {"_type": "table-file", "path": PATH, "ncols": 6, "nrows": rows, "size": len(content)}
    lines = [json.dumps({"_step": 0, "_runtime": 0, "predictions": table})]
    body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": lines}}}
    post(f"{server.url}/files/local/bench/t/file_stream", json=body).raise_for_status()
    print(f"{rows:,} rows of {len(COLUMNS)} columns, {len(content) / 1e6:.1f} MB")


class Clock:
    """Processor time of the main thread of a page."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def milliseconds(self) -> float:
        """Return the time spent in tasks so far."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration")) * 1e3


def measure(page: Page, address: str) -> dict[str, float]:
    """Return the milliseconds of one visit."""
    clock = Clock(page)
    times = {}

    def timed(name: str, action: Callable[[], float], parts: int = 1) -> None:
        start = clock.milliseconds()
        times[name] = action()
        times[f"{name}, processor"] = (clock.milliseconds() - start) / parts

    page.goto(address)
    head = ".wnb-table-head [aria-colindex='{}']"
    timed("first rows", lambda: page.evaluate(FIRST_ROWS))
    timed("longest frame of scrolling", lambda: page.locator("[role=grid]").evaluate(SCROLL), FRAMES)
    timed("sort numbers", lambda: page.evaluate(ACTION, [head.format(4), None]))
    timed("sort texts", lambda: page.evaluate(ACTION, [head.format(6), None]))
    timed("search", lambda: page.evaluate(ACTION, [".wnb-table-tools input", "text 77"]))
    return times


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with served() as server, sync_playwright() as playwright:
        upload(server, rows)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(server.url)
        page.fill("#key", (server.folder / "server" / "key").read_text())
        page.click("main button")
        page.wait_for_selector("h1")
        rounds = [measure(page, f"{server.url}/local/bench/runs/t") for _ in range(ROUNDS)]
        for name in rounds[0]:
            times = sorted(one[name] for one in rounds)
            print(f"{name:38} {median(times):7.1f} ms   ({times[0]:.1f} to {times[-1]:.1f})")
        browser.close()


if __name__ == "__main__":
    main()
