"""The cost of a shown view: messages for a run of a million points in four series, and the pictures of its output.

python benchmarks/bench_view.py

Times are processor times of this process. The budget: a shown view of such a run takes at most 1 % of the kernel's time
at four messages a second, which is 2.5 ms per message.
"""

from __future__ import annotations

import json
import time

import numpy as np

from wandb_nb.store.reading.run_state import RunState
from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.view.message.pyramid import BUCKETS, Pyramid
from wandb_nb.view.message.run_header import StaticRun, describe
from wandb_nb.view.message.run_message import pack
from wandb_nb.view.message.series import SeriesSet
from wandb_nb.view.picture import png, svg
from wandb_nb.view.picture.scene import build
from wandb_nb.view.run_bundle import bundle

ROWS, SERIES, NEW_ROWS = 1_000_000, 4, 250
ENCODER = RowEncoder()


def timed(action, times=1):
    """Return the processor time of *action* in milliseconds, the median of *times*."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        action()
        taken.append((time.process_time() - start) * 1e3)
    return float(np.median(taken))


def long_state():
    """Return a state of a million rows, made in memory, since reading is another benchmark's subject."""
    state = RunState()
    state.apply([ENCODER.encode({f"m{i}": 1.0 for i in range(SERIES)}, 0, 0.0, 0.0)])
    rows = np.arange(1, ROWS)
    for key, column in state.table._of_row.items():  # noqa: SLF001 - the quick way to a long table
        column.extend(rows * 0.001 if key in ("_runtime", "_timestamp") else rows * float(key == "_step"))
    noise = np.random.default_rng(0)
    for column in state.table.numbers.values():
        column.put(rows, noise.standard_normal(len(rows)).cumsum())
    return state


def add_rows(state, count):
    """Log *count* rows more."""
    first = int(state.table.step[-1]) + 1
    state.apply([ENCODER.encode({f"m{i}": 1.0 for i in range(SERIES)}, first + at, 0.0, 0.0) for at in range(count)])


def main():
    """Measure and print."""
    state, book = long_state(), SeriesSet()

    def message():
        book.sync(state, [])
        return pack(describe(state, True, []), book.missing([]))

    first = timed(message)
    later = []
    for _ in range(20):
        add_rows(state, NEW_ROWS)
        later.append(timed(message))
    naive = timed(lambda: [one_pass(column.values) for column in state.table.numbers.values()], 3)
    found = StaticRun(state).snapshot()
    parts = {}
    rows = [
        ("first message, 1M points x 4", first, ""),
        ("message after 250 new rows", float(np.median(later)), f"{np.median(later) * 4 / 10:.2f} % at 4 Hz"),
        ("  the same by decimating all anew", naive, f"x {naive / np.median(later):.0f}"),
        ("bytes of that message", len(message().to_bytes()) / 1e3, "kB"),
        ("SVG", timed(lambda: svg.render(build(found, 3_000)), 5), ""),
        ("PNG", timed(lambda: png.render(build(found, 6_000)), 5), ""),
        ("whole bundle", timed(lambda: parts.update(bundle(state, None)), 5), f"{len(json.dumps(parts)) / 1e3:.0f} kB"),
    ]
    for name, value, note in rows:
        print(f"{name:36} {value:9.2f} {'ms' if note != 'kB' else ''} {note}")


def one_pass(values):
    """Decimate *values* without earlier results."""
    pyramid = Pyramid(BUCKETS)
    pyramid.extend(values)
    return pyramid.indices(values)


if __name__ == "__main__":
    main()
