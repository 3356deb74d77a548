"""The values of each metric, sampled from the run file: enough for a sparkline, in bounded time.

A small file is read completely. Of a larger one, only a few rows of some evenly spread blocks are read: nobody wants to
wait at the end of a run for a chart that is a few characters wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.store.format import decode, framing
from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_WHOLE_FILE = 4 * framing.BLOCK
BLOCKS = 40
ROWS_PER_BLOCK = 3


class Points(NamedTuple):
    """The sampled points of one metric, in file order."""

    steps: list[float]
    values: list[float]


class Sample(NamedTuple):
    """The sampled points by metric name; `whole` is True if these are all."""

    points: dict[str, Points]
    whole: bool


def sample(files: Iterable[tuple[Path, int | None]]) -> Sample:
    """Return points of every numeric metric in the run *files*, in the order in which the metrics appear.

    Each file comes with its last step that counts, None for all of them.
    """
    points_by_name: dict[str, Points] = {}
    whole = [_sample_file(file, points_by_name, upto) for file, upto in files]
    return Sample(points_by_name, whole=all(whole))


def _sample_file(run_file: Path, points_by_name: dict[str, Points], upto: int | None) -> bool:
    """Add points of *run_file* up to step *upto*; return whether these are all."""
    with open_file(run_file) as file:
        size = file.seek(0, 2)
        file.seek(0)
        if size <= MAX_WHOLE_FILE:
            _gather(framing.scan(file.read()).payloads, points_by_name, size, upto)
            return True
        last = size // framing.BLOCK
        for block in sorted({number * last // (BLOCKS - 1) for number in range(BLOCKS)}):
            file.seek(block * framing.BLOCK)
            rows = framing.scan(file.read(framing.BLOCK), block * framing.BLOCK, final=True).payloads
            _gather(rows if block else rows[:: max(1, len(rows) // 30)], points_by_name, ROWS_PER_BLOCK, upto)
    return False


def _gather(payloads: list[bytes], points_by_name: dict[str, Points], max_rows: int, upto: int | None) -> None:
    """Add the numbers of at most *max_rows* rows among *payloads*, evenly chosen, whose steps end at *upto*."""
    rows = [payload for payload in payloads if decode.kind(payload) == "history"]
    for payload in rows[:: max(1, -(-len(rows) // max_rows))]:
        row = decode.decode(payload)
        if not isinstance(row, decode.HistoryRecord) or (upto is not None and (row.step or 0) > upto):
            continue
        for path, value in row.items:
            name = ".".join(path)
            if not name.startswith("_") and type(value) in (int, float):
                points = points_by_name.setdefault(name, Points([], []))
                points.steps.append(row.step or 0)
                points.values.append(value)
