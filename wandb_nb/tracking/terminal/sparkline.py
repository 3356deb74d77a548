"""The course of each metric, sampled from the run file: enough for a sparkline, in bounded time.

A small file is read whole.  Of a larger one only some blocks are, evenly spread from the first to the last,
and a few rows of each: at the end of a run nobody wants to wait for pictures a few characters wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.store.format import decode, framing

if TYPE_CHECKING:
    from collections.abc import Iterable
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


def sample(files: Iterable[tuple[Path, int | None]]) -> Sample:
    """Return points of every numeric metric in the run *files*, in the order in which the metrics appear.

    A file comes with the last step that counts of it, None for all of them.
    """
    found: dict[str, Points] = {}
    whole = [_sample_file(file, found, upto) for file, upto in files]
    return Sample(found, whole=all(whole))


def _sample_file(run_file: Path, found: dict[str, Points], upto: int | None) -> bool:
    """Add points of *run_file* up to step *upto*; return whether these are all."""
    with run_file.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if size <= WHOLE_UP_TO:
            _gather(framing.scan(file.read()).payloads, found, size, upto)
            return True
        last = size // framing.BLOCK
        for block in sorted({number * last // (BLOCKS - 1) for number in range(BLOCKS)}):
            file.seek(block * framing.BLOCK)
            rows = framing.scan(file.read(framing.BLOCK), block * framing.BLOCK, final=True).payloads
            _gather(rows if block else rows[:: max(1, len(rows) // 30)], found, ROWS_PER_BLOCK, upto)
    return False


def _gather(payloads: list[bytes], found: dict[str, Points], most: int, upto: int | None) -> None:
    """Add the numbers of at most *most* rows among *payloads*, evenly chosen, whose steps end at *upto*."""
    rows = [payload for payload in payloads if decode.kind(payload) == "history"]
    for payload in rows[:: max(1, -(-len(rows) // most))]:
        row = decode.decode(payload)
        if not isinstance(row, decode.HistoryRecord) or (upto is not None and (row.step or 0) > upto):
            continue
        for path, value in row.items:
            name = ".".join(path)
            if not name.startswith("_") and type(value) in (int, float):
                points = found.setdefault(name, Points([], []))
                points.steps.append(row.step or 0)
                points.values.append(value)
