"""The course of each metric, sampled from the run file: enough for a sparkline, in bounded time.

A small file is read whole.  Of a larger one only some blocks are, evenly spread from the first to the last,
and a few rows of each: at the end of a run nobody wants to wait for pictures a few characters wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.store import decode, framing

if TYPE_CHECKING:
    from pathlib import Path

WHOLE_UP_TO = 4 * framing.BLOCK
BLOCKS = 40
ROWS_PER_BLOCK = 3


class Points(NamedTuple):
    """What was read of one metric, in file order."""

    steps: list[float]
    values: list[float]


class Sample(NamedTuple):
    """The points found, by metric name; `whole` tells whether these are all."""

    points: dict[str, Points]
    whole: bool


def sample(run_file: Path) -> Sample:
    """Return points of every numeric metric in *run_file*, in the order in which the metrics appear."""
    found: dict[str, Points] = {}
    with run_file.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if size <= WHOLE_UP_TO:
            _gather(framing.scan(file.read()).payloads, found, size)
            return Sample(found, whole=True)
        last = size // framing.BLOCK
        for block in sorted({number * last // (BLOCKS - 1) for number in range(BLOCKS)}):
            file.seek(block * framing.BLOCK)
            rows = framing.scan(file.read(framing.BLOCK), block * framing.BLOCK, final=True).payloads
            _gather(rows if block else rows[:: max(1, len(rows) // 30)], found, ROWS_PER_BLOCK)
    return Sample(found, whole=False)


def _gather(payloads: list[bytes], found: dict[str, Points], most: int) -> None:
    """Add the numbers of at most *most* rows among *payloads*, evenly chosen."""
    rows = [payload for payload in payloads if decode.kind(payload) == "history"]
    for payload in rows[:: max(1, -(-len(rows) // most))]:
        row = decode.decode(payload)
        if not isinstance(row, decode.HistoryRow):
            continue
        for path, value in row.items:
            name = ".".join(path)
            if not name.startswith("_") and type(value) in (int, float):
                points = found.setdefault(name, Points([], []))
                points.steps.append(row.step or 0)
                points.values.append(value)
