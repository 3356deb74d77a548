"""A server to measure with, and the cost of a process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self


class Served:
    """A running `wandb-nb server`: its process, and queries to it."""

    def __init__(self, folder: Path, *options: str, checkout: Path | None = None, database: str = "") -> None:
        command = [sys.executable, "-m", "wandb_nb", "server", "--port", "0", "--dir", str(folder / "server"), *options]
        environ = {**os.environ, "WANDB_NB_SERVER_DATABASE": database}
        self._popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=checkout, env=environ)
        assert self._popen.stdout is not None
        lines = [self._popen.stdout.readline() for _ in range(3)]
        self.url = lines[0].split()[2]
        self.folder, self.process = folder, psutil.Process(self._popen.pid)
        self.session = requests.Session()
        self.session.trust_env = False
        key = (folder / "server" / "key").read_text()
        self.session.auth = ("api", key)
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WANDB")},
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": key,
            "WANDB_NB_DATA_DIR": str(folder / "data"),
            "WANDB_SILENT": "true",
            "WANDB_ERROR_REPORTING": "false",
            "HOME": str(folder),
        }
        self.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode

    def run(self, name: str, fields: str) -> Any:
        """Return *fields* of the run *name*, or None while it does not exist."""
        query = f'query R($n: String!) {{ project(name: "bench") {{ run(name: $n) {{ {fields} }} }} }}'
        body = {"query": query, "variables": {"n": name}}
        project = self.session.post(f"{self.url}/graphql", json=body).json()["data"]["project"]
        return project and project["run"]

    def end(self) -> None:
        """End the process."""
        self._popen.terminate()
        self._popen.communicate()


@contextmanager
def served(*options: str, checkout: Path | None = None, database: str = "") -> Iterator[Served]:
    """Yield a server with its own empty folder, of another *checkout* or on a PostgreSQL *database* if given."""
    with tempfile.TemporaryDirectory() as name:
        server = Served(Path(name), *options, checkout=checkout, database=database)
        try:
            yield server
        finally:
            server.end()


class Watch:
    """What *process* and its children use inside `with`: `seconds` of a core, its share `cpu`, at most `memory` MB."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._over = threading.Event()
        self._used: dict[int, float] = {}
        self.cpu = self.seconds = self.memory = 0.0

    def __enter__(self) -> Self:
        self._look()
        self._began, self._before = time.perf_counter(), sum(self._used.values())
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.wait(0.2):
            self._look()
            self.seconds = sum(self._used.values()) - self._before
            self.cpu = self.seconds / (time.perf_counter() - self._began)

    def _look(self) -> None:
        memory = 0.0
        with suppress(psutil.Error):  # it ended
            for process in (self._process, *self._process.children(recursive=True)):
                times = process.cpu_times()
                self._used[process.pid] = times.user + times.system
                memory += process.memory_info().rss / 2**20
        self.memory = max(self.memory, memory)
