"""Zooming into a long run in real JupyterLab: rows from the server, the kernel, and the saved notebook alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import nbformat
import pytest
from lab import ARTIFACTS, JupyterServer, chromium
from test_jupyter import save, start, view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Open a page."""
    with chromium(tmp_path / "profile") as page:
        yield page


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
def test_zooming_loads_the_rows(page: Page, tmp_path: Path, routes: bool) -> None:
    """The area of 130,000 points becomes the line of a thousand rows, also where only the kernel can answer."""
    with JupyterServer(tmp_path / "lab", routes=routes) as server:
        start(page, server, notebook(tmp_path))
        view(page)
        note(page, "min-max of 130,000 points")
        zoom(page)
        page.wait_for_function("() => document.querySelector('.wnb-where').textContent === ''")
        page.screenshot(path=ARTIFACTS / f"zoom-{'server' if routes else 'comm'}.png")
        page.get_by_label("X axis").select_option("metric tokens")
        note(page, "tokens · min-max of 130,000 points")


def test_a_saved_notebook_says_what_it_lacks(page: Page, tmp_path: Path) -> None:
    """Without run and kernel, a zoomed chart remains an area and reports that its rows are not saved."""
    with JupyterServer(tmp_path / "lab") as server:
        name = start(page, server, notebook(tmp_path))
        view(page)
        note(page, "min-max of 130,000 points")
        save(page, server, name)
        server.shut_sessions()
        for folder in server.root.glob("wandb/*run-*"):
            shutil.rmtree(folder)
        page.goto(server.url(name))
        view(page)
        zoom(page)
        note(page, "min-max, rows not saved")
        page.screenshot(path=ARTIFACTS / "zoom-saved.png")
