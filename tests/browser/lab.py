"""Real servers of JupyterLab and Notebook 7 for the browser tests, and their common gestures."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from waiting import until

if TYPE_CHECKING:
    import http.client
    from collections.abc import Iterator

    import pytest
    from playwright.sync_api import BrowserContext, Page

TOKEN = "browser-tests"  # noqa: S105 - of a server on loopback that lives for one session of tests
ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
IMAGES = ARTIFACTS / "images"  # those of the documentation; `make picture` puts them there
IMAGES.mkdir(parents=True, exist_ok=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class JupyterServer:
    """One running server with its own folders; *page* and *routes* False switch our two extensions off."""

    def __init__(self, folder: Path, app: str = "lab", *, page: bool = True, routes: bool = True) -> None:
        self.root, self.app = folder / "work", app
        self.root.mkdir(parents=True)
        self.base = f"http://127.0.0.1:{_free_port()}"
        config = folder / "config"
        (config / "labconfig").mkdir(parents=True)
        disabled = {"@jupyterlab/apputils-extension:announcements": True}
        if not page:
            disabled["wandb-nb"] = True
        if not routes:
            (config / "jupyter_server_config.json").write_text(
                json.dumps({"ServerApp": {"jpserver_extensions": {"wandb_nb.jupyter": False}}})
            )
        (config / "labconfig" / "page_config.json").write_text(json.dumps({"disabledExtensions": disabled}))
        self._log = (folder / "server.log").open("wb")
        self.log_path = folder / "server.log"
        self._process = subprocess.Popen(
            self._command(), env=self._environment(folder), stdout=self._log, stderr=subprocess.STDOUT
        )
        until(self._answers, f"answer from {app}: see {self.log_path}")

    def _command(self) -> list[str]:
        port = self.base.rsplit(":", 1)[1]
        options = [
            "--no-browser",
            f"--port={port}",
            "--ServerApp.port_retries=0",
            "--allow-root",
            f"--IdentityProvider.token={TOKEN}",
        ]
        return [
            sys.executable,
            "-m",
            "jupyter",
            self.app,
            *options,
            "--expose-app-in-browser",
            f"--ServerApp.root_dir={self.root}",
        ]

    @staticmethod
    def _environment(folder: Path) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
        own = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython",
            "WANDB_NB_DATA_DIR": "data",
            "NETRC": "netrc",
        }
        bin_dir = str(Path(sys.executable).parent)
        return {
            **environment,
            **{name: str(folder / sub) for name, sub in own.items()},
            "PATH": f"{bin_dir}{os.pathsep}{environment['PATH']}",
        }

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def _answers(self) -> bool:
        if self.ended:
            raise AssertionError(f"the server ended:\n{self.log_path.read_text()[-3000:]}")
        try:
            return self.get("/api/status") is not None
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, path: str) -> object:
        """GET a JSON answer."""
        with self._ask("GET", path) as answer:
            return json.load(answer)

    def _ask(self, method: str, path: str) -> http.client.HTTPResponse:
        request = urllib.request.Request(self.base + path, method=method, headers={"Authorization": f"token {TOKEN}"})  # noqa: S310 - our own server
        return urllib.request.urlopen(request, timeout=60)  # noqa: S310 - the same

    def shut_sessions(self) -> None:
        """End every kernel: they outlive the page and are reused by path."""
        for session in self.get("/api/sessions"):  # type: ignore[attr-defined]
            self._ask("DELETE", f"/api/sessions/{session['id']}").close()

    def clear(self) -> None:
        """End every kernel, and remove notebooks, runs, settings and layouts: the next test meets a new server."""
        self.shut_sessions()
        folder = self.root.parent
        for path in (*self.root.iterdir(), folder / "data", folder / "config/lab"):
            until(lambda path=path: _removed(path), f"removal of {path}")  # type: ignore[misc]

    def url(self, notebook: str) -> str:
        """Return the address of *notebook* in this server's own front end."""
        return f"{self.base}/{'doc/tree' if self.app == 'lab' else 'notebooks'}/{notebook}?reset&token={TOKEN}"

    def add(self, source: Path) -> str:
        """Copy a notebook into the server's root and return its name."""
        shutil.copy(source, self.root / source.name)
        return source.name

    def close(self) -> None:
        """End the server and its kernels."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def _removed(path: Path) -> bool:
    """Remove *path*; return False if a process that is about to end has added a file meanwhile."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not path.exists()


class JupyterServers:
    """The servers of a session of tests, one of each kind: a kind is started when a test first asks for it."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._servers: dict[tuple[str, bool, bool], JupyterServer] = {}

    @contextmanager
    def borrow(self, app: str = "lab", *, page: bool = True, routes: bool = True) -> Iterator[JupyterServer]:
        """Yield an empty server, and leave it empty."""
        kind = (app, page, routes)
        server = self._servers.get(kind)
        if server is None or server.ended:
            server = self._servers[kind] = JupyterServer(self._factory.mktemp(app), app, page=page, routes=routes)
        try:
            yield server
        finally:
            server.clear()

    def close(self) -> None:
        """End all servers."""
        for server in self._servers.values():
            server.close()


def ready(server: JupyterServer) -> bool:
    """Return whether the page's kernel is idle: a page that runs cells earlier runs nothing.

    A kernel without a page does not count: one may start late, after its page was closed.
    """
    try:
        kernels = server.get("/api/kernels")
    except urllib.error.HTTPError:  # the server answers 500 while a kernel starts
        return False
    return [kernel["execution_state"] for kernel in kernels if kernel["connections"]] == ["idle"]  # type: ignore[attr-defined]


def watch(page: Page) -> list[str]:
    """Return the list that gets what the page's console reports of this package, and the page's errors."""
    noises: list[str] = []

    def add(text: str) -> None:
        slow = "ms to activate" in text  # JupyterLab reports it on a busy machine
        if not slow and ("wandb" in text.lower() or "wnb" in text):
            noises.append(text)

    page.on("pageerror", lambda error: add(f"{error}\n{error.stack}"))
    page.on("console", lambda message: add(f"{message.text} {message.location['url']}"))
    return noises


def open_cells(page: Page, server: JupyterServer, name: str, *sources: str) -> None:
    """Open a notebook of these cells in a new kernel."""
    server.shut_sessions()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[new_code_cell(source.strip()) for source in sources], metadata=kernel)
    nbformat.write(notebook, server.root / name)
    page.goto(server.url(name))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    until(lambda: ready(server), "idle kernel")
    page.locator(".jp-CodeCell .cm-content").first.click()


def start_cells(page: Page) -> None:
    """Run all cells of the open notebook, without waiting for their end."""
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")


def run_cell(page: Page) -> None:
    """Run the selected cell and select the next one, by keyboard."""
    page.keyboard.press("Shift+Enter")


@contextmanager
def chromium(folder: Path) -> Iterator[BrowserContext]:
    """Yield headless Chromium with its profile in *folder*."""
    from playwright.sync_api import sync_playwright

    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            str(folder), executable_path=shutil.which("chromium"), args=quiet, viewport={"width": 1200, "height": 2600}
        )
        yield browser
        browser.close()
