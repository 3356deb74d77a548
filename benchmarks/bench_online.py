"""An online run beside the official client's, on the same server: delays, and the cost of the background processes.

python benchmarks/bench_online.py

The delay is the time from `log()` until the server has the row, polled every 5 ms. Budget: 1 s for the first rows. The
official client's interval is 15 s by default; both are measured.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import psutil
from served import Served, Watch, served

IDLE_S = 10.0
BUSY_ROWS = 20_000
SPACED = 8

PROGRAM = """
import sys, time
import MODULE as wandb
settings = wandb.Settings(console="off", INTERVAL x_disable_stats=True)
begin = time.perf_counter()
run = wandb.init(project="bench", id=sys.argv[1], mode="online", settings=settings)
print(time.perf_counter() - begin, flush=True)
for line in sys.stdin:
    count = int(line)
    begin = time.perf_counter()
    for n in range(count):
        run.log({"loss": 1 / (n + 1), "accuracy": n / 1e5})
    print(time.time(), time.perf_counter() - begin, flush=True)
begin = time.perf_counter()
run.finish()
print(time.perf_counter() - begin, flush=True)
"""
INTERVAL = "x_file_stream_transmit_interval=1,"


class Client:
    """A program that logs a given number of rows."""

    def __init__(self, server: Served, module: str, name: str, interval: str) -> None:
        source = PROGRAM.replace("MODULE", module).replace("INTERVAL", interval)
        self.server, self.name, self.rows = server, name, 0
        self._popen = subprocess.Popen(
            [sys.executable, "-c", source, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=server.environ,
            cwd=server.folder,
        )
        self.started = float(self._line())
        self.beside = psutil.Process(self._popen.pid).children(recursive=True)

    def _line(self) -> str:
        assert self._popen.stdout is not None
        return self._popen.stdout.readline()

    def log(self, count: int) -> tuple[float, float]:
        """Log *count* rows; return the time until the server has all, and the microseconds per row."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{count}\n")
        self._popen.stdin.flush()
        moment, taken = map(float, self._line().split())
        self.rows += count
        while (self.server.run(self.name, "historyLineCount") or {"historyLineCount": 0})[
            "historyLineCount"
        ] < self.rows:
            time.sleep(0.005)
        return time.time() - moment, taken / count * 1e6

    def end(self) -> float:
        """End the run; return the duration of `finish()` in seconds."""
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        taken = float(self._line())
        self._popen.wait()
        return taken


def measure(server: Served, module: str, name: str, interval: str) -> dict[str, str]:
    """Return the figures of one client, as they are printed."""
    client = Client(server, module, name, interval)
    first, _ = client.log(1)
    spaced = []
    for _ in range(SPACED):
        spaced.append(client.log(1)[0])
        time.sleep(0.3)
    beside = max(client.beside, key=lambda process: process.memory_info().rss)
    with Watch(beside) as idle, Watch(server.process) as server_idle:
        time.sleep(IDLE_S)
    with Watch(beside) as busy, Watch(server.process) as server_busy:
        delay, row = client.log(BUSY_ROWS)
    return {
        "init(), ms": f"{client.started * 1e3:.0f}",
        "first row on the server, ms": f"{first * 1e3:.0f}",
        f"later rows, median of {SPACED}, ms": f"{statistics.median(spaced) * 1e3:.0f}",
        f"{BUSY_ROWS:,} rows in a burst, from the first log, ms": f"{row * BUSY_ROWS / 1e3 + delay * 1e3:.0f}",
        f"{BUSY_ROWS:,} rows in a burst, after the last log, ms": f"{delay * 1e3:.0f}",
        "log() meanwhile, µs a row": f"{row:.1f}",
        "process beside, idle, % of a core": f"{idle.cpu * 100:.2f}",
        "process beside, busy, % of a core": f"{busy.cpu * 100:.0f}",
        "process beside, idle, MB": f"{idle.memory:.0f}",
        "process beside, busy, MB": f"{busy.memory:.0f}",
        "server, idle with the run open, % of a core": f"{server_idle.cpu * 100:.2f}",
        "server, busy, % of a core": f"{server_busy.cpu * 100:.0f}",
        "server, busy, MB": f"{server_busy.memory:.0f}",
        "finish(), ms": f"{client.end() * 1e3:.0f}",
    }


def main() -> None:
    """Print the table."""
    with served() as server:
        ours = measure(server, "wandb_nb", "ours", "")
        official = measure(server, "wandb", "official", INTERVAL)
        slow = measure(server, "wandb", "default", "")
    print(f"{'what':<55}{'ours':>10}{'official, 1 s':>15}{'official':>10}")
    for what, value in ours.items():
        print(f"{what:<55}{value:>10}{official[what]:>15}{slow[what]:>10}")


if __name__ == "__main__":
    main()
