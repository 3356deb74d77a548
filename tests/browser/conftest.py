"""Pages in real Chromium: plain ones with our script, and those of Jupyter servers, which all tests share."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from lab import JupyterServers, chromium
from plain import SOURCES
from waiting import set_timeouts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServers]:
    """Return the Jupyter servers: a test borrows one of them."""
    servers = JupyterServers(tmp_path_factory)
    yield servers
    servers.close()


@pytest.fixture(scope="module")  # not longer, as `chromium`
def lab_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Start Chromium for pages of Jupyter: what one of them has loaded, the next ones find in the cache."""
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def lab_page(lab_browser: BrowserContext) -> Iterator[Page]:
    """Yield an empty page of `lab_browser`."""
    page = lab_browser.new_page()
    set_timeouts(page, 30)
    yield page
    page.close()


@pytest.fixture(scope="session")
def script_text() -> str:
    """Build the page's script, or skip if the JavaScript packages are not installed."""
    if not (SOURCES / "node_modules").is_dir() or shutil.which("npm") is None:
        pytest.skip("labextension/node_modules is missing: run `npm ci` there")
    subprocess.run(["npm", "run", "--silent", "build:page"], cwd=SOURCES, check=True, capture_output=True, timeout=120)
    return (SOURCES / "lib/page/page.js").read_text()


@pytest.fixture
def page(chromium: Browser, script_text: str) -> Iterator[Page]:
    """Yield an empty page with our script; at the end the console must have been silent."""
    page = chromium.new_page(viewport={"width": 1000, "height": 760})
    set_timeouts(page)
    noises: list[str] = []
    page.on("console", lambda message: noises.append(message.text))
    page.on("pageerror", lambda error: noises.append(str(error)))
    page.set_content(
        '<!doctype html><html lang="en"><head><title>Run</title></head>'
        '<body data-jp-theme-light="true" style="margin:12px;background:#fff"><main id="view"></main></body></html>'
    )
    page.add_script_tag(content=script_text)
    yield page
    page.close()
    assert noises == []
