"""A long run sent by `wandb-nb sync` to the embedded server, and a sample of it read back; the official tool beside it.

python benchmarks/bench_sync.py [rows] [rows for the official tool]

A row has 10 metrics. Budget: a million rows in constant memory, then a sampled history in less than 100 ms.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
from served import Served, Watch, served

from wandb_nb.store.format import records
from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.store.writing.writer import RunWriter

METRICS = 10
REPEATS = 30
SAMPLED = 'sampledHistory(specs: ["{\\"keys\\": [\\"_step\\", \\"metric/3\\"], \\"samples\\": 500}"])'
PAGE = "history(minStep: %d, maxStep: %d)"


def write(folder: Path, name: str, rows: int) -> Path:
    """Write a run of *rows* rows; return its folder."""
    target = folder / f"offline-run-20260101_000000-{name}"
    (target / "files").mkdir(parents=True)
    dice = random.Random(1)  # noqa: S311 - data, no secret
    encoder, writer = RowEncoder(), RunWriter(target / f"run-{name}.wandb")
    writer.append(records.run(name, project="bench", start_time=1.7e9))
    for step in range(rows):
        row = {f"metric/{n}": dice.random() for n in range(METRICS)}
        writer.append(encoder.encode(row, step, step / 100, 1.7e9 + step / 100))
    writer.append(records.exit(0, rows // 100))
    writer.close()
    return target


def send(server: Served, command: list[str], name: str, rows: int) -> None:
    """Send a run with *command* and print the cost for both processes."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=server.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with Watch(psutil.Process(process.pid)) as client, Watch(server.process) as serving:
        _, errors = process.communicate()
    taken = time.perf_counter() - begin
    count = server.run(name, "historyLineCount")["historyLineCount"]
    assert (process.returncode, count) == (0, rows), (count, errors[-500:])
    tool = " ".join(Path(part).name for part in command[:-1])
    print(f"{tool:<26}{rows:>10,} rows in {taken:.1f} s, {rows / taken:,.0f} a second")
    for what, watch in (("client", client), ("server", serving)):
        print(f"    {what}: {watch.memory:.0f} MB at most, {watch.seconds / rows * 1e6:.0f} µs of a core a row")


def ask(server: Served, name: str, what: str, field: str) -> None:
    """Print the median time of a query, and the mean time that the server computed."""
    times, before = [], server.process.cpu_times()
    for _ in range(REPEATS):
        begin = time.perf_counter()
        assert server.run(name, field)
        times.append(time.perf_counter() - begin)
    after = server.process.cpu_times()
    used = (after.user + after.system - before.user - before.system) / REPEATS
    print(f"    {what:<28}{sorted(times)[REPEATS // 2] * 1e3:7.1f} ms, {used * 1e3:.1f} ms of a core")


def main(rows: int, official: int) -> None:
    """Print the figures."""
    with served() as server:
        ours = [sys.executable, "-m", "wandb_nb", "sync"]
        theirs = [str(Path(sys.executable).with_name("wandb")), "sync"]
        for name, count in (("long", rows), ("short", official)):
            folder = write(server.folder, name, count)
            send(server, [*ours, str(folder)], name, count)
        again = write(server.folder / "official", "theirs", official)
        send(server, [*theirs, str(again)], "theirs", official)
        print(f"of the run with {rows:,} rows:")
        ask(server, "long", "500 samples of two keys", SAMPLED)
        ask(server, "long", "1,000 rows by step", PAGE % (rows // 2, rows // 2 + 1000))
        ask(server, "long", "facts of the run", "state summaryMetrics config historyLineCount")
        size = (server.folder / "server" / "server.db").stat().st_size
        print(f"    server.db: {size / 2**20:,.0f} MB for {rows + 2 * official:,} rows")


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    main(*(arguments or [200_000, 20_000]))
