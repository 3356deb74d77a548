"""marimo: the real one if it is installed, else its effects on the process."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from waiting import until

from wandb_nb.notebook.panel.widget import SCRIPT

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the JavaScript is not built")
BOOK = """
import marimo
app = marimo.App()

@app.cell
def _():
    import time
    import wandb_nb as wandb
    with wandb.init(project="p", name="seen") as run:
        started = time.time()
        while time.time() < started + 20:
            run.log({"loss": 1 / (1 + time.time() - started)})
            time.sleep(0.02)
    return (run,)

@app.cell
def _(run):
    run
    return
"""
STAND_IN = """
import json, sys, time, types
messages, displays = [], []
def anywidget(widget):
    widget.send = lambda content, buffers: messages.append((content["header"], len(buffers[0])))
    return widget
marimo = types.SimpleNamespace(
    running_in_notebook=lambda: True, ui=types.SimpleNamespace(anywidget=anywidget),
    output=types.SimpleNamespace(append=displays.append), Html=lambda text: text,
)
sys.modules["marimo"] = marimo
import wandb_nb as wandb
run = wandb.init(project="p", name="seen")
deadline = time.time() + 60
while not (messages and messages[-1][0]["series"]) and time.time() < deadline:
    wandb.log({"loss": 1})
    time.sleep(0.01)
live = len(messages)
wandb.finish()
run.display()
silent = wandb.init(project="p", settings={"silent": True})
silent.finish()
last = messages[-1][0]
print(json.dumps([live, last["done"], last["run"]["rows"] == run.rows, len(displays), displays[-1][:4]]))
"""


WIDGET = """
import json, sys, time, types
marimo = types.SimpleNamespace(running_in_notebook=lambda: True)
sys.modules["marimo"] = marimo
import wandb_nb as wandb
run = wandb.init(project="p", name="seen", settings={"display": False})
widget, steps = run.widget(), []
widget.observe(lambda change: steps.append(change.new), "step")
deadline = time.time() + 60
while len(steps) < 2 and time.time() < deadline:
    run.log({"loss": 1})
    time.sleep(0.01)
live = widget.state
run.finish()
again = run.widget(["loss"])
print(json.dumps([live, widget.state, widget.step == run.last_step, again.state, again.metrics, again.selected]))
"""


def test_a_widget_follows_the_run(tmp_path: Path) -> None:
    """In marimo, too, `run.widget()` follows an active run without a view of its own, and shows a finished one."""
    command = [sys.executable, "-c", WIDGET]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(done.stdout) == ["running", "finished", True, "finished", ["loss"], ["loss"]]


def test_marimos_display_is_used(tmp_path: Path) -> None:
    """The view is added once, gets rows while the cell runs and the end after it; then `display()` adds a picture."""
    command = [sys.executable, "-c", STAND_IN]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
    live, over, whole, displayed, last = json.loads(done.stdout)
    assert live > 0
    assert (over, whole, displayed, last) == (True, True, 2, "<div")
    assert re.fullmatch(r"wandb_nb: run seen finished .*\n", done.stderr, re.DOTALL)


@pytest.mark.browser
def test_real_marimo_is_live(tmp_path: Path) -> None:
    """In marimo's own page the chart grows while the cell runs, then the run's picture is under the next one."""
    pytest.importorskip("marimo", reason="marimo is not installed: pip install marimo to run this")
    sync_api = pytest.importorskip("playwright.sync_api")
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed")
    (tmp_path / "book.py").write_text(BOOK, "utf-8")
    command = [sys.executable, "-m", "marimo", "run", "--headless", "--no-token", "--port", "0", "book.py"]
    log = tmp_path / "log"
    with log.open("w") as file, subprocess.Popen(command, cwd=tmp_path, stdout=file, stderr=file) as server:
        try:
            address = until(lambda: re.search(r"http://localhost:\d+", log.read_text()), "marimo's address")
            with sync_api.sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                look_at(browser.new_page(), address[0])
                browser.close()
        finally:
            server.terminate()


def look_at(page: Page, address: str) -> None:
    """Watch the chart grow before the cell ends."""
    page.goto(address)
    view = page.locator(".wnb[data-points]")
    view.wait_for(timeout=30_000)
    first = until(lambda: int(view.get_attribute("data-points") or 0), "points")
    until(lambda: int(view.get_attribute("data-points") or 0) > first, "more points")
    expect(view).to_contain_text("running")
    until(lambda: "finished" in view.inner_text(), "the end of the run")
    page.locator("svg[role=img]").wait_for()
