"""Zooming into a long run in real JupyterLab: rows from the server, the kernel, and the saved notebook alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import nbformat
import pytest
from lab import ARTIFACTS
from test_jupyter import save, start, view

if TYPE_CHECKING:
    from pathlib import Path

    from lab import JupyterServers
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]

SOURCE = """import math, wandb_nb as wandb
run = wandb.init(project="zoom")
for step in range(130_000):
    run.log({"wave": math.sin(step / 3), "tokens": 7 * step})
"""


def notebook(folder: Path) -> Path:
    """Return a notebook with a run that is too long to be sent whole."""
    path = folder / "zoom.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)], metadata=kernel), path)
    return path


def note(page: Page, text: str) -> None:
    """Wait until the first chart reports *text* about its points."""
    page.wait_for_function(
        "text => [...document.querySelectorAll('.wnb-where')].some(one => one.textContent === text)", arg=text
    )


def zoom(page: Page) -> None:
    """Zoom into the first chart by keys until it shows about a thousand rows."""
    plot = page.locator(".wnb-plot").first
    plot.focus()
    for _ in range(7):
        page.keyboard.press("+")


@pytest.mark.parametrize("routes", [True, False], ids=["server", "comm"])
def test_zooming_loads_the_rows(servers: JupyterServers, lab_page: Page, tmp_path: Path, routes: bool) -> None:
    """The area of 130,000 points becomes the line of a thousand rows, also where only the kernel can answer."""
    with servers.borrow(routes=routes) as server:
        start(lab_page, server, notebook(tmp_path))
        view(lab_page)
        note(lab_page, "min-max of 130,000 points")
        zoom(lab_page)
        lab_page.wait_for_function("() => document.querySelector('.wnb-where').textContent === ''")
        lab_page.screenshot(path=ARTIFACTS / f"zoom-{'server' if routes else 'comm'}.png")
        lab_page.get_by_label("X axis").select_option("metric tokens")
        note(lab_page, "tokens · min-max of 130,000 points")


def test_a_saved_notebook_says_what_it_lacks(servers: JupyterServers, lab_page: Page, tmp_path: Path) -> None:
    """Without run and kernel, a zoomed chart remains an area and reports that its rows are not saved."""
    with servers.borrow() as server:
        name = start(lab_page, server, notebook(tmp_path))
        view(lab_page)
        note(lab_page, "min-max of 130,000 points")
        save(lab_page, server, name)
        server.shut_sessions()
        for folder in server.root.glob("wandb/*run-*"):
            shutil.rmtree(folder)
        lab_page.goto(server.url(name))
        view(lab_page)
        zoom(lab_page)
        note(lab_page, "min-max, rows not saved")
        lab_page.screenshot(path=ARTIFACTS / "zoom-saved.png")
