"""Browsing 5,000 pictures of a run in a browser: by steps, and as one value; times, memory and elements of the page.

python benchmarks/bench_media_page.py

A run logs 50 steps of 100 pictures to the embedded server, another one a value of 5,000; Chromium opens both. Budget:
the first picture less than 300 ms after the view got its data, no task of the page over 200 ms while browsing, and at
most 500 pictures held. Of the long value at most 200 items are elements, and its last picture is drawn within 3 s: five
requests lead there.
Other programs on the machine lengthen times, so the load is printed as well.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import sync_playwright
from served import served

import wandb_nb

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from served import Served

STEPS, PICTURES, SIDE = 50, 100, 64
MAX_SENDING_SECONDS = 600
BUDGET_MS, MAX_TASK_MS, MAX_HELD = 300, 200, 500
SCROLLS, MAX_SLOTS, MAX_END_MS = 100, 200, 3_000
SCROLL = """(part) => {
    const grid = document.querySelector('.wnb-media');
    grid.scrollTop = grid.scrollHeight * part / 20;
}"""
WATCH = """(() => {
    window.held = new Set(); window.most = 0; window.tasks = []; window.first = null;
    const {createObjectURL, revokeObjectURL} = URL;
    URL.createObjectURL = (blob) => {
        const url = createObjectURL.call(URL, blob);
        window.most = Math.max(window.most, window.held.add(url).size);
        return url;
    };
    URL.revokeObjectURL = (url) => { window.held.delete(url); revokeObjectURL.call(URL, url); };
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((one) => one.duration)))
        .observe({type: 'longtask', buffered: true});
    const loaded = ({target}) => { if (target.matches?.('.wnb-media img')) window.first ??= performance.now(); };
    document.addEventListener('load', loaded, true); // it does not reach the window
})()"""
DATA_AT = "() => performance.getEntriesByType('resource').find((one) => one.name.includes('/data')).responseEnd"
DRAWN = """(step) => {
    const shown = [...document.querySelectorAll('.wnb-media img[src]')];
    const isDrawn = shown.filter((one) => one.complete && one.naturalWidth > 0).length >= 10;
    return isDrawn && document.querySelector('.wnb-media-card .wnb-where').textContent === step;
}"""


def log_pictures(server: Served, folder: str) -> str:
    """Log the run and return its id when the server has all of it."""
    os.environ.update({**server.environ, "WANDB_DIR": folder})
    dice = np.random.default_rng(0)
    with wandb_nb.init(project="bench", name="pictures") as run:
        for step in range(STEPS):
            pixels = dice.integers(0, 255, (PICTURES, SIDE, SIDE, 3), np.uint8)
            run.log({"loss": 1 / (step + 1), "samples": [wandb_nb.Image(one) for one in pixels]})
    wait_for_files(server, str(run.id), STEPS * PICTURES)
    return str(run.id)


def log_long_value(server: Served) -> str:
    """Log one value with as many pictures, which share some files; return the id when the server has the files."""
    dice = np.random.default_rng(1)
    with wandb_nb.init(project="bench", name="long") as run:
        run.log({"some": [wandb_nb.Image(one) for one in dice.integers(0, 255, (PICTURES, SIDE, SIDE, 3), np.uint8)]})
        names = [str(path.relative_to(run.dir)) for path in Path(run.dir).glob("media/images/*.png")] * STEPS
        # `log()` keeps 108 pictures of a list; other clients may send more
        value = {"_type": "images/separated", "count": len(names), "width": SIDE, "height": SIDE, "filenames": names}
        run.log({"all": value})
    wait_for_files(server, str(run.id), PICTURES)
    return str(run.id)


def wait_for_files(server: Served, run: str, count: int) -> None:
    """Return when the server has all pictures: a busy machine sends them after the end of the run."""
    end = time.monotonic() + MAX_SENDING_SECONDS
    while time.monotonic() < end:
        if server.run(run, "fileCount")["fileCount"] >= count:
            return
        time.sleep(1)
    raise TimeoutError(f"the server has not got the pictures of {run}")


def timed(page: Page, action: str, step: str) -> float:
    """Press a key; return the milliseconds until the pictures in sight are those of *step*."""
    start = time.perf_counter()
    page.keyboard.press(action)
    page.wait_for_function(DRAWN, arg=step, polling="raf")
    return (time.perf_counter() - start) * 1e3


def report(name: str, value: float, budget: float, unit: str = "ms") -> None:
    """Print one line."""
    print(f"{name:44} {value:8.0f} {unit:4} budget {budget:.0f}{'' if value <= budget else '  OVER'}")


def browse(page: Page) -> None:
    """Move through all steps, scroll, and print what it took."""
    page.wait_for_function("() => window.first !== null")
    report("first picture after the data", page.evaluate("() => window.first") - page.evaluate(DATA_AT), BUDGET_MS)
    print(f"{'first picture after the navigation':44} {page.evaluate('() => window.first'):8.0f} ms")
    page.locator(".wnb-media").first.focus()
    page.evaluate("() => { window.tasks.length = 0; }")
    page.keyboard.press("Home")
    page.wait_for_function(DRAWN, arg="step 0", polling="raf")
    times = [timed(page, "ArrowRight", f"step {step}") for step in range(1, STEPS)]
    report("a step by keyboard, median", float(np.median(times)), BUDGET_MS)
    report("a step by keyboard, longest", max(times), 2 * BUDGET_MS)
    for part in range(20):
        page.evaluate(SCROLL, part)
        page.wait_for_timeout(50)
    report("longest task of the page while browsing", max(page.evaluate("() => window.tasks"), default=0), MAX_TASK_MS)
    report("most pictures held", page.evaluate("() => window.most"), MAX_HELD, "")
    drawn = page.evaluate("() => document.querySelectorAll('.wnb-media img[src]').length")
    print(f"{'pictures in the page at the end':44} {drawn:8.0f}")
    print(f"{'heap of the page':44} {page.evaluate('() => performance.memory.usedJSHeapSize') / 1e6:8.1f} MB")


def browse_long_value(page: Page) -> None:
    """Go to the last picture of the long value, scroll through all of it, and print what it took."""
    grid = page.locator(".wnb-card[aria-label='Media all'] .wnb-media")
    grid.scroll_into_view_if_needed()
    grid.locator("img[src]").first.wait_for()
    grid.focus()
    page.evaluate("() => { window.tasks.length = 0; }")
    start = time.perf_counter()
    page.keyboard.press("Control+End")
    grid.locator(f"[aria-posinset='{STEPS * PICTURES}'] img[src]").wait_for()
    report("the last of the long value", (time.perf_counter() - start) * 1e3, MAX_END_MS)
    most = 0
    for part in range(SCROLLS):
        grid.evaluate("(one, part) => one.scrollTo(0, one.scrollHeight * part)", part / SCROLLS)
        page.wait_for_timeout(50)
        most = max(most, grid.locator(".wnb-media-slot").count())
    report("most elements of its items", most, MAX_SLOTS, "")
    report("longest task of the page meanwhile", max(page.evaluate("() => window.tasks"), default=0), MAX_TASK_MS)


def main() -> None:
    """Log, open the page, and measure."""
    with tempfile.TemporaryDirectory() as folder, served() as server, sync_playwright() as playwright:
        start = time.perf_counter()
        run = log_pictures(server, folder)
        seconds = time.perf_counter() - start
        long = log_long_value(server)
        print(f"logged and sent {STEPS * PICTURES} pictures in {seconds:.1f} s, load {os.getloadavg()[0]:.1f}")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(60_000)
        page.add_init_script(WATCH)
        page.goto(server.url)
        page.fill("#key", server.environ["WANDB_API_KEY"])
        page.click("main button")
        page.wait_for_selector("h1:has-text('Projects')")
        page.goto(f"{server.url}/local/bench/runs/{run}")
        browse(page)
        page.goto(f"{server.url}/local/bench/runs/{long}")
        browse_long_value(page)
        browser.close()


if __name__ == "__main__":
    main()
