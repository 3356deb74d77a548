"""How long a zoomed chart waits for its rows, in a run of a million rows that a kernel has logged.

python benchmarks/bench_zoom.py

A Jupyter server with our routes and the kernel itself, over a comm, answer the same requests. Times are by the clock,
from sending a request to its whole answer. The budget is 300 ms for each; other programs on the machine lengthen them,
so the load is printed as well.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import requests
from jupyter_client import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS, BUDGET_MS, TOKEN = 9, 300, "bench"
KEYS = ["loss", "accuracy", "lr", "tokens"]
REQUESTS = {
    "1,000 rows of 4 metrics": {"axis": "step", "from": 500_000, "to": 501_000},
    "10,000 rows of 4 metrics": {"axis": "step", "from": 500_000, "to": 509_990},
    "half of the run, 4 metrics": {"axis": "step", "from": 250_000, "to": 750_000},
    "a part by time, 4 metrics": {"axis": "time", "from": 0, "to": 1},
    "the whole run over another metric": {"axis": "metric", "metric": "tokens"},
    "a part over another metric": {"axis": "metric", "metric": "tokens", "from": 0, "to": 50_000},
    "a part over one that goes back and forth": {"axis": "metric", "metric": "lr", "from": 0.4, "to": 0.6},
}
CELL = """
%load_ext wandb_nb
import math, wandb_nb as wandb
from wandb_nb.tracking.run_view import session_of
run = wandb.init(project="zoom", mode="offline", settings={"console": "off"})
for step in range(1_000_000):
    share = step / 1_000_000
    run.log({"loss": 1 / (1 + share) + math.sin(step) / 9, "accuracy": share, "lr": math.sin(step / 900),
             "tokens": 7 * step})
print("run", run.id, session_of(run).entry.token)
"""


class Kernel:
    """A kernel in *folder* that has logged the run *id*, and its comm."""

    def __init__(self, folder: str) -> None:
        self._manager = KernelManager()
        self._manager.start_kernel(cwd=folder)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(60)
        self.id = self.token = ""
        self._client.execute_interactive(CELL, output_hook=self._read_run, timeout=600)
        self._number = 0
        self._send("comm_open", {"comm_id": "c", "target_name": "wandb_nb.view", "data": {"id": self.id}})

    def range(self, request: dict[str, Any]) -> int:
        """Return the bytes of the answer."""
        self._number += 1
        self._send("comm_msg", {"comm_id": "c", "data": {"type": "range", "number": self._number, "range": request}})
        while True:
            message = self._client.get_iopub_msg(timeout=60)
            data = message["content"].get("data", {}) if message["msg_type"] == "comm_msg" else {}
            if data.get("number") == self._number:
                return len(json.dumps(data)) + sum(map(len, message["buffers"]))

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _read_run(self, message: dict[str, Any]) -> None:
        words = message["content"].get("text", "").split()
        if words[:1] == ["run"]:
            self.id, self.token = words[1:]

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        self._client.shell_channel.send(self._client.session.msg(kind, content))


class Server:
    """The routes of the run *run_id* on a Jupyter server at *base*."""

    def __init__(self, base: str, run_id: str, token: str) -> None:
        self._run = f"{base}/wandb-nb/v1/runs/{run_id}"
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"token {TOKEN}", "X-Wandb-Nb-Token": token})

    def read(self) -> float:
        """Return the seconds until the server has read the run."""
        start, more = time.perf_counter(), True
        while more:
            body = self._get("data", cursor="")
            more = json.loads(body[4 : 4 + int.from_bytes(body[:4], "little")])["more"]
        return time.perf_counter() - start

    def range(self, request: dict[str, Any]) -> int:
        """Return the bytes of the answer."""
        return len(self._get("range", request=json.dumps(request)))

    def _get(self, route: str, **query: str) -> bytes:
        response = self._session.get(f"{self._run}/{route}", params=query, timeout=60)
        response.raise_for_status()
        return response.content


@contextmanager
def jupyter_server(folder: str) -> Iterator[str]:
    """Yield the address of a Jupyter server in *folder*."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--port={port}", "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    command = [sys.executable, "-m", "jupyter", "server", *options, f"--ServerApp.root_dir={folder}"]
    with Path(folder, "server.log").open("wb") as log, subprocess.Popen(command, stderr=log, stdout=log) as process:
        base = f"http://127.0.0.1:{port}"
        try:
            while not _answers(base):
                time.sleep(0.1)
            yield base
        finally:
            process.terminate()


def _answers(base: str) -> bool:
    try:
        return requests.get(f"{base}/api", timeout=5).ok
    except requests.ConnectionError:
        return False


def measure(ask: Callable[[dict[str, Any]], int]) -> dict[str, tuple[float, float, int]]:
    """Return median and longest milliseconds and the bytes of the answer, for each request."""
    figures = {}
    for name, request in REQUESTS.items():
        times, size = [], 0
        for _ in range(ROUNDS):
            start = time.perf_counter()
            size = ask({"keys": KEYS, **request})
            times.append((time.perf_counter() - start) * 1e3)
        figures[name] = (median(times), max(times), size)
    return figures


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WANDB_NB_DATA_DIR"] = str(Path(folder, "data"))
        kernel = Kernel(folder)
        try:
            with jupyter_server(folder) as base:
                server = Server(base, kernel.id, kernel.token)
                print(f"first reading by the server: {server.read():.1f} s")
                over_http, over_comm = measure(server.range), measure(kernel.range)
        finally:
            kernel.close()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'ms, median / longest':42} {'server':>12} {'comm':>12}")
    for name in REQUESTS:
        pairs = [figures[name] for figures in (over_http, over_comm)]
        cells = [f"{middle:5.0f} / {longest:4.0f}" for middle, longest, _ in pairs]
        verdict = "ok" if max(middle for middle, _, _ in pairs) <= BUDGET_MS else "missed"
        print(f"{name:42} {cells[0]:>12} {cells[1]:>12}   {pairs[0][2] / 1e3:.0f} kB, {verdict}")


if __name__ == "__main__":
    main()
