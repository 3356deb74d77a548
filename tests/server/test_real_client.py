"""Runs of the real client on the pages: their data is there, and Stop reaches the training loop."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from visiting import Site

SCRIPT = """
import sys, time
import wandb_nb as wandb
run = wandb.init(project="p", id="real", config={"lr": 0.5}, save_code=True)
try:
    for step in range(6000):
        run.log({"loss": 1 / (step + 1)})
        print("step", step)
        time.sleep(0.05)
except KeyboardInterrupt:
    run.finish(exit_code=3)
    sys.exit(3)
"""

pytestmark = pytest.mark.browser


def test_stop_interrupts_a_real_training(site: Site, page: Page, tmp_path: Path) -> None:
    """The page of an active run shows its rows, code, command and console; Stop interrupts the loop."""
    script = tmp_path / "train_it.py"
    script.write_text(SCRIPT)
    places = {"HOME": str(tmp_path), "WANDB_DIR": str(tmp_path), "WANDB_BASE_URL": site.url, "WANDB_API_KEY": site.key}
    command = [sys.executable, str(script), "--fast"]
    with subprocess.Popen(command, env={**os.environ, **places}, cwd=tmp_path, stdout=subprocess.DEVNULL) as training:
        page.goto(site.url)
        page.fill("#key", site.key)
        page.click("main button")
        page.wait_for_selector("h1:has-text('Projects')")
        wait_for_run(page, f"{site.url}/local/p/runs/real")
        page.wait_for_function("() => Number(document.querySelector('.wnb')?.dataset.points) > 10")
        page.click(".tabs >> text=Console")
        page.wait_for_selector("#log:has-text('step 1')")
        page.click("#stop")
        assert training.wait(timeout=60) == 3
        page.wait_for_selector(".title .state.failed")
    page.click(".tabs >> text=Overview")
    page.wait_for_selector("code:has-text('train_it.py --fast')")
    page.click(".tabs >> text=Code")
    page.wait_for_selector("pre.source:has-text('wandb.init')")


def wait_for_run(page: Page, address: str) -> None:
    """Load the page until its run is there."""
    end = time.monotonic() + 60
    while True:
        answer = page.request.get(address)
        if answer.status == 200 or time.monotonic() > end:
            break
        time.sleep(0.2)
    page.goto(address)
