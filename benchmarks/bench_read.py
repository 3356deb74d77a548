"""Reading a run file: 100,000 rows of two metrics into a pandas frame, against floors on the same machine.

python benchmarks/bench_read.py [rows]

Budget 400 ms, aim 250 ms. The floor parses the same rows from JSON lines into the same frame; the second one only
checks the file's checksums. The exact path, one row at a time, shows the gain of the fast path.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pandas as pd

from wandb_nb.store.format import records
from wandb_nb.store.format.framing import BLOCK
from wandb_nb.store.reading.history_table import HistoryTable
from wandb_nb.store.reading.run_state import RunState
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.runs.frame import read
from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.store.writing.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 5
BUDGET_MS, AIM_MS = 400, 250
SAMPLE = 10_000


def main(rows: int) -> None:
    """Make the files, time each way of reading, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        run, lines = Path(folder) / "run-bench.wandb", Path(folder) / "rows.jsonl"
        write(run, lines, rows)
        floor = best(lambda: parse_lines(lines))
        report("JSON lines of the same rows to a frame (floor)", floor, floor)
        report("checksums of the file", best(lambda: sums(run)), floor)
        report("records, no rows decoded", best(lambda: scan(run)), floor)
        report("run state without a frame", best(lambda: replay(run)), floor)
        whole = best(lambda: read(run))
        report(f"wandb_nb.read, {rows:,} rows", whole, floor)
        report("the exact path, same number of rows (extrapolated)", best(lambda: exact(run), 1) * rows / SAMPLE, floor)
        print(f"{run.stat().st_size / rows:.0f} bytes a row; budget {BUDGET_MS} ms, aim {AIM_MS} ms for 100,000 rows")


def write(run: Path, lines: Path, rows: int) -> None:
    """Write *rows* rows of two metrics both ways."""
    numbers = random.Random(1)  # noqa: S311 - data, not secrets
    encoder, writer = RowEncoder(), RunWriter(run)
    writer.append(records.run(run_id="bench", project="bench"))
    with lines.open("w") as out:
        for step in range(rows):
            row = {"loss": numbers.random(), "acc": numbers.random()}
            runtime, timestamp = step / 1000, 1.7e9 + step / 1000
            writer.append(encoder.encode(row, step, runtime, timestamp))
            out.write(json.dumps(row | {"_step": step, "_runtime": runtime, "_timestamp": timestamp}) + "\n")
    writer.append(records.exit(0, rows // 1000))
    writer.close()


def parse_lines(lines: Path) -> pd.DataFrame:
    """Read the JSON lines with the standard library's parser."""
    with lines.open("rb") as file:
        return pd.DataFrame([json.loads(line) for line in file])


def sums(run: Path) -> int:
    """Compute a checksum of each block, as fast as zlib can."""
    content = memoryview(run.read_bytes())
    return sum(crc32(content[at : at + BLOCK]) for at in range(0, len(content), BLOCK))


def scan(run: Path) -> int:
    """Read all records."""
    tail, count = Tail(run), 0
    while payloads := tail.read():
        count += len(payloads)
    return count


def replay(run: Path) -> RunState:
    """Apply all records."""
    tail, state = Tail(run), RunState()
    while payloads := tail.read():
        state.apply(payloads)
    return state


def exact(run: Path) -> HistoryTable:
    """Decode a sample of rows one at a time."""
    tail, table, sample = Tail(run), HistoryTable(), list[bytes]()
    while len(sample) < SAMPLE + 3 and (payloads := tail.read()):
        sample += payloads
    table.append(sample[3 : SAMPLE + 3], fast=False)
    return table


def best(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the shortest time of *action*, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def report(what: str, seconds: float, floor: float) -> None:
    """Print one line: label, milliseconds, ratio to the floor."""
    print(f"{what:58} {seconds * 1e3:9.1f} ms {seconds / floor:6.2f} x floor")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
