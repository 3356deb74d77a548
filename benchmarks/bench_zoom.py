"""How long a zoomed chart waits for its rows, in a run of a million rows that was logged to a real run file.

python benchmarks/bench_zoom.py

The stream cache is that of the Jupyter server's routes; the kernel and the embedded server answer with the same code.
Times are from the request to the bytes of the answer, in processor time of this process and by the clock, which other
programs on the machine lengthen. The budget is 300 ms for each.
"""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
import time
from statistics import median

ROWS, ROUNDS, BUDGET_MS = 1_000_000, 7, 300
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


def log_rows(folder):
    """Log a million rows; return the registry's entry of the run."""
    import wandb_nb
    from wandb_nb.tracking.run_view import session_of

    run = wandb_nb.init(project="zoom", dir=folder, mode="offline", settings={"silent": True, "console": "off"})
    for step in range(ROWS):
        share = step / ROWS
        run.log(
            {
                "loss": 1 / (1 + share) + math.sin(step) / 9,
                "accuracy": share,
                "lr": math.sin(step / 900),
                "tokens": 7 * step,
            }
        )
    run.finish()
    return session_of(run).entry


async def measure(entry):
    """Return the processor seconds of the first reading, and for each request milliseconds and bytes."""
    from wandb_nb.jupyter.stream_cache import StreamCache
    from wandb_nb.view.message.row_range import RangeRequest

    cache = StreamCache()
    start = time.process_time()
    while (await cache.message(entry.id, entry.token, "")).header["more"]:
        pass
    reading = time.process_time() - start
    figures = {}
    for name, request in REQUESTS.items():
        times, clock = [], []
        for _ in range(ROUNDS):
            start, start_clock = time.process_time(), time.perf_counter()
            message = await cache.range(entry.id, entry.token, RangeRequest.parse({"keys": KEYS, **request}))
            body = message.to_bytes()
            times.append((time.process_time() - start) * 1e3)
            clock.append((time.perf_counter() - start_clock) * 1e3)
        figures[name] = (median(times), max(times), median(clock), len(body))
    return reading, figures


def main():
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WANDB_NB_DATA_DIR"] = folder
        reading, figures = asyncio.run(measure(log_rows(folder)))
    print(f"first reading of {ROWS:,} rows: {reading:.1f} s of processor time")
    print(f"{'ms':42} {'median':>8} {'longest':>8} {'clock':>8}")
    for name, (middle, longest, clock, size) in figures.items():
        verdict = "ok" if longest <= BUDGET_MS else "missed"
        print(f"{name:42} {middle:8.0f} {longest:8.0f} {clock:8.0f}   {size / 1e3:.0f} kB, {verdict}")


if __name__ == "__main__":
    main()
