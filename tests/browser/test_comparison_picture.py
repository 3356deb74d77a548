"""A comparison in a real JupyterLab, as the documentation shows it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from lab import IMAGES, open_cells, run_cell
from waiting import until

if TYPE_CHECKING:
    from lab import JupyterServers
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]

RUNS = """
%load_ext wandb_nb
import math, random
def train(name, lr, width):
    chance = random.Random(name)
    config = {"lr": lr, "model": {"width": width}, "optimizer": "adam"}
    with wandb.init(project="digits", name=name, config=config, settings={"display": False, "silent": True}) as run:
        for step in range(200):
            loss = 2.3 * math.exp(-step * lr) + 0.1 * (32 / width) + chance.gauss(0, 0.02)
            run.log({"train/loss": loss, "val/loss": loss * 1.1, "val/accuracy": 1 - loss / 2.6})
train("narrow", 0.01, 32)
train("wide", 0.03, 128)
"""


def test_a_comparison(servers: JupyterServers, lab_page: Page) -> None:
    """`%wandb diff` begins with what differs, and overlays the curves of the two runs."""
    with servers.borrow() as server:
        open_cells(lab_page, server, "compare.ipynb", RUNS, "%wandb diff narrow wide")
        run_cell(lab_page)
        run_cell(lab_page)
        view = lab_page.locator(".jp-OutputArea .wnb:has(canvas)").first
        until(lambda: view.locator("canvas").count() >= 3, "three charts", 90)
        text = view.inner_text()
        lab_page.wait_for_timeout(500)  # the charts are drawn in the next frames
        lab_page.locator(".jp-Cell").nth(1).screenshot(path=IMAGES / "comparison.png")
    assert "narrow" in text
    assert "lr" in text
    assert "width 32 → 128" in text
