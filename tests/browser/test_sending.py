"""What of a run is sent, in the header of its view in JupyterLab: connecting, sending, waiting, sent, with the link."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from embedded_server import EmbeddedServer
from lab import ARTIFACTS, open_cells, start_cells
from plain import serious
from playwright.sync_api import expect
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
CELLS = """import os, time, wandb_nb as wandb
os.environ |= {environ!r}
run = wandb.init(project="p", name="sent-one", id="sent1", config={{"lr": 0.1}})
for step in range(50):
    run.log({{"loss": 1 / (step + 1)}}); time.sleep(0.05)
while not os.path.exists("go-on"): time.sleep(0.1)
run.log({{"loss": 0.01}})
run.finish()"""


@pytest.fixture
def lab(servers: JupyterServers) -> Iterator[JupyterServer]:
    """Start JupyterLab."""
    with servers.borrow() as server:
        yield server


@pytest.fixture
def page(lab: JupyterServer, lab_page: Page) -> Iterator[Page]:
    """Open a page."""
    lab_page.set_viewport_size({"width": 1280, "height": 860})
    yield lab_page
    lab_page.goto("about:blank")
    lab.shut_sessions()


def run_notebook(page: Page, lab: JupyterServer, environ: dict[str, Any]) -> None:
    """Run the cell of a new notebook in the page."""
    open_cells(page, lab, "train.ipynb", CELLS.format(environ=environ))
    start_cells(page)


def picture(page: Page, name: str) -> None:
    """Save pictures of the page at both widths, light and dark, for people to check."""
    ARTIFACTS.mkdir(exist_ok=True)
    for theme in ("Dark", "Light"):
        page.evaluate(
            f"() => window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {theme}'}})"
        )
        page.locator(f".wnb[data-theme={theme.lower()}]").first.wait_for()
        for width in (1920, 1280):
            page.set_viewport_size({"width": width, "height": 860})
            page.screenshot(path=ARTIFACTS / f"sending-{name}-{theme.lower()}-{width}.png")


def test_the_header_shows_the_link_and_what_is_sent(page: Page, lab: JupyterServer, tmp_path: Path) -> None:
    """The link to the run's page is there while the run is active, and everything is sent in the end."""
    with EmbeddedServer(tmp_path / "server") as server:
        run_notebook(page, lab, server.environ)
        link = page.locator(".wnb .wnb-run-link").first
        until(link.is_visible, "the link", 90)
        expect(link).to_have_attribute("href", f"{server.url}/local/p/runs/sent1")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        state = page.locator(".wnb .wnb-sync").first
        until(lambda: state.text_content() == "sending", "sending")
        picture(page, "active")
        assert serious(page) == []
        (lab.root / "go-on").touch()
        until(lambda: state.text_content() == "sent", "everything sent", 60)
        with page.context.expect_page() as opened:
            link.click()
        assert opened.value.url.startswith(server.url)


def test_the_header_shows_what_waits(page: Page, lab: JupyterServer) -> None:
    """Without a server the header counts the rows that wait, with the reason, and has no link."""
    environ = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": "k" * 40, "WANDB_UNREACHABLE_TIMEOUT": "1"}
    run_notebook(page, lab, environ)
    state = page.locator(".wnb .wnb-sync").first
    until(lambda: "rows waiting: " in (state.text_content() or ""), "waiting rows", 90)
    picture(page, "waiting")
    expect(page.locator(".wnb .wnb-run-link").first).to_be_hidden()
    assert serious(page) == []
    (lab.root / "go-on").touch()
