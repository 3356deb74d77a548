"""The pages in Chromium, while a run grows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
HOSTILE = "<img src=x onerror=window.harmed=1>"
UPSERT = "mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"

pytestmark = pytest.mark.browser


class Site:
    """A real server with a run, and its key."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key, self.rows = url, key, 0
        given = {"name": "grow", "modelName": "p", "displayName": HOSTILE, "config": '{"lr": {"value": 1}}'}
        self.post("/graphql", {"query": UPSERT, "variables": {"input": given}})
        self.grow(50)

    def post(self, path: str, body: Any) -> None:
        """Send *body* with the key."""
        assert httpx.post(self.url + path, json=body, auth=("api", self.key)).status_code == 200

    def grow(self, more: int) -> None:
        """Log *more* rows and a line."""
        rows = [
            json.dumps({"_step": n, "_runtime": n, "loss": 1 / (n + 1)}) for n in range(self.rows, self.rows + more)
        ]
        files = {
            "wandb-history.jsonl": {"offset": self.rows, "content": rows},
            "output.log": {"offset": 0, "content": [f"{self.rows + more} rows {HOSTILE}"]},
        }
        self.post("/files/local/p/grow/file_stream", {"files": files})
        self.rows += more


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a running server's site, its script built."""
    if not (ROOT / "labextension/node_modules").is_dir() or shutil.which("npm") is None:
        pytest.skip("labextension/node_modules is missing: run `npm ci` there")
    build = ["npm", "run", "--silent", "build:server"]
    subprocess.run(build, cwd=ROOT / "labextension", check=True, capture_output=True, timeout=120)
    command = [sys.executable, "-m", "wandb_nb", "server", "--port", "0", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Site(process.stdout.readline().split()[2], (tmp_path / "key").read_text())
        process.kill()


@pytest.fixture
def page() -> Iterator[Page]:
    """Return a page whose console must stay silent."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    noises: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("console", lambda message: noises.append(message.text))
        page.on("pageerror", lambda error: noises.append(str(error)))
        yield page
        browser.close()
    assert noises == []


def test_from_login_to_a_growing_run(site: Site, page: Page) -> None:
    """A visitor logs in, finds the run, sees its charts and console grow, and stops it; hostile texts stay texts."""
    page.goto(site.url)
    page.fill("#key", site.key)
    page.click("main button")
    page.click("main a >> text=p")
    page.click("tbody a")
    assert page.locator("h1").inner_text().startswith(HOSTILE)
    page.wait_for_selector("#charts canvas")
    page.wait_for_function("() => document.querySelector('.wnb').dataset.points === '50'")
    site.grow(70)
    page.wait_for_function("() => document.querySelector('.wnb').dataset.points === '120'")
    page.wait_for_function("() => document.getElementById('log').textContent.startsWith('120 rows')")
    assert page.evaluate("() => window.harmed") is None
    page.click("#charts button:has-text('Stop')")
    answer: dict[str, Any] = {}
    while not answer.get("stopped"):
        sent = httpx.post(f"{site.url}/files/local/p/grow/file_stream", json={}, auth=("api", site.key))
        answer = sent.json()
        page.wait_for_timeout(50)
    site.post("/files/local/p/grow/file_stream", {"complete": True, "exitcode": 0})
    page.wait_for_function("() => document.querySelector('.wnb-state').textContent === 'finished'")
