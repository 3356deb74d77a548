"""Media in JupyterLab: pictures of a run under its cell, from the Jupyter server and from the kernel."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from lab import ARTIFACTS, open_cells, start_cells
from plain import HOSTILE, serious
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
CELL = f"""import numpy as np, wandb_nb as wandb
random = np.random.default_rng(0)
with wandb.init(project="p", name="pictures") as run:
    for step in range(5):
        pixels = random.integers(0, 255, (4, 8, 8, 3), np.uint8)
        captions = ["at %d" % step, {HOSTILE!r}, "third", "fourth"]
        run.log({{"loss": 1 / (step + 1), "samples": [wandb.Image(p, caption=c) for p, c in zip(pixels, captions)],
                 "tone": wandb.Audio(np.sin(np.arange(4000) / 9), sample_rate=8000)}})
"""


@pytest.fixture(params=[True, False], ids=["server", "comm"])
def lab(servers: JupyterServers, request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    """Start JupyterLab with our server extension, then without it."""
    with servers.borrow(routes=request.param) as server:
        yield server


@pytest.fixture
def page(lab: JupyterServer, lab_page: Page) -> Iterator[Page]:
    """Open a page."""
    lab_page.set_viewport_size({"width": 1280, "height": 1000})
    yield lab_page
    lab_page.goto("about:blank")
    lab.shut_sessions()


def run_notebook(page: Page, lab: JupyterServer) -> None:
    """Run the cell of a new notebook in the page."""
    open_cells(page, lab, "train.ipynb", CELL)
    start_cells(page)


def alts(page: Page) -> list[str]:
    """Return the alternative texts of the pictures that are drawn."""
    texts: Any = page.locator(".wnb-media img").evaluate_all(
        "all => all.filter(one => one.naturalWidth === 8).map(one => one.alt)"
    )
    return list(texts)


def reopen_without_files(page: Page, lab: JupyterServer) -> None:
    """Save the notebook and open it without kernel and without the run's directory."""
    until(lambda: "previews" in saved(page, lab), "small pictures in the saved notebook")
    lab.shut_sessions()
    shutil.rmtree(lab.root / "wandb")
    page.goto(lab.url("train.ipynb"))


def saved(page: Page, lab: JupyterServer) -> str:
    """Save the notebook of the page, and return its file."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    return (lab.root / "train.ipynb").read_text("utf-8")


def test_pictures_under_the_cell(page: Page, lab: JupyterServer) -> None:
    """The newest pictures are drawn under the cell; the slider moves, captions stay texts, and axe is content.

    A saved notebook shows small ones without kernel and files.
    """
    run_notebook(page, lab)
    card = page.locator(".wnb-card[aria-label='Media samples']")
    card.wait_for()
    card.scroll_into_view_if_needed()
    until(lambda: alts(page) == ["at 4", HOSTILE, "third", "fourth"], "pictures of the last step")
    card.get_by_role("slider", name="Step of samples").fill("1")
    until(lambda: alts(page)[:1] == ["at 1"], "pictures of step 1")
    sound = page.locator(".wnb-card[aria-label='Media tone'] audio")
    sound.scroll_into_view_if_needed()
    until(lambda: sound.evaluate("one => one.duration") == 0.5, "the sound")
    page.screenshot(path=ARTIFACTS / "media-lab.png")
    assert serious(page) == []
    reopen_without_files(page, lab)
    card.scroll_into_view_if_needed()
    until(lambda: alts(page) == ["at 4", HOSTILE, "third", "fourth"], "small pictures of the saved notebook")
    card.get_by_role("slider", name="Step of samples").fill("0")
    until(lambda: alts(page)[:1] == ["at 0"], "those of an earlier step")
    waveform = page.locator(".wnb-card[aria-label='Media tone'] img")
    waveform.scroll_into_view_if_needed()
    until(lambda: waveform.evaluate("one => one.naturalWidth") == 160, "the waveform")
    page.screenshot(path=ARTIFACTS / "media-lab-saved.png")
    assert page.evaluate("() => window.harmed") is None
