"""The cost of a row from dict to disk: encoder and writer, beside a plain append of the same bytes.

Prints microseconds per row (median and 99th percentile of single calls, and the mean of a loop) and bytes per row.
`python benchmarks/bench_log.py [folder]`; the folder should be on the disk that stores runs.
"""

from __future__ import annotations

import gc
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.store.writing.writer import RunWriter

ROWS = 50_000


def rows_of(keys: int, count: int) -> list[dict[str, float]]:
    """Return rows of random floats, which have the longest texts."""
    names = ["loss", "acc"] if keys == 2 else [f"metric/{number}" for number in range(keys)]
    return [{name: random.random() for name in names} for _ in range(count)]  # noqa: S311 - no secret


def single_calls(store, rows, pause: float = 0.0) -> tuple[float, float]:
    """Return median and 99th percentile of the time of one call, in microseconds; *pause* seconds of work between."""
    times = []
    clock = time.perf_counter
    for step, row in enumerate(rows):
        if pause:
            until = clock() + pause
            while clock() < until:
                random.random()  # noqa: S311 - work that fills the time
        begun = clock()
        store(row, step)
        times.append(clock() - begun)
    times.sort()
    return times[len(times) // 2] * 1e6, times[len(times) * 99 // 100] * 1e6


def tight_loop(store, rows) -> float:
    """Return the mean time of a call in microseconds, the clock read twice in all."""
    begun = time.perf_counter()
    for step, row in enumerate(rows):
        store(row, step)
    return (time.perf_counter() - begun) / len(rows) * 1e6


def ours(folder: str):
    """Return a function that stores a row with encoder and writer, and the writer."""
    writer = RunWriter(Path(folder) / f"run-{random.getrandbits(64):x}.wandb")
    encode, append, now = RowEncoder().encode, writer.append, time.time
    start = now()

    def store(row, step) -> None:
        moment = now()
        append(encode(row, step, moment - start, moment))

    return store, writer


def floor(folder: str, size: int):
    """Return a function that appends *size* bytes for any row."""
    fd = os.open(Path(folder) / f"plain-{random.getrandbits(64):x}", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    data = os.urandom(size)
    return lambda _row, _step: os.write(fd, data)


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        gc.freeze()
        print(f"{'':28}{'p50 µs':>9}{'p99 µs':>9}{'loop µs':>9}{'bytes':>8}{'floor p50':>11}{'ratio':>7}")
        cases = (
            ("2 scalars", 2, ROWS, 0.0),
            ("2 scalars, 1 ms between", 2, 1500, 0.001),
            ("100 scalars", 100, 3000, 0.0),
        )
        for name, keys, count, pause in cases:
            rows = rows_of(keys, count)
            store, writer = ours(folder)
            single_calls(store, rows[:200])
            before = writer.position
            p50, p99 = single_calls(store, rows, pause)
            size = (writer.position - before) / count
            mean = tight_loop(store, rows)
            plain, _ = single_calls(floor(folder, round(size)), rows, pause)
            writer.close()
            print(f"{name:28}{p50:9.2f}{p99:9.2f}{mean:9.2f}{size:8.0f}{plain:11.2f}{p50 / plain:7.1f}")


if __name__ == "__main__":
    main()
