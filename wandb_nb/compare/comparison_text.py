"""A comparison as plain text, for terminals and for the text part of an output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.compare.code_diff import code_headers
from wandb_nb.compare.comparison_picture import chart_keys
from wandb_nb.compare.curve_diff import describe_difference
from wandb_nb.compare.headline import headline
from wandb_nb.compare.value_diff import differing
from wandb_nb.formatting import align, clean, clock
from wandb_nb.view import run_text
from wandb_nb.view.message.downsample import downsample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.value_diff import ValueRow
    from wandb_nb.view.message.run_message import Series

MAX_METRICS, MAX_ROWS, MAX_CODE = 20, 40, 200_000
_MAX_POINTS = 1_000
_PAIR = 2


def lines(comparison: Comparison, *, ascii_only: bool = False, code: int = MAX_CODE) -> list[str]:
    """Return the comparison: runs, differences, curves, and at most *code* characters of a pair's code."""
    return [run_text.printable(line, ascii_only) for line in _lines(comparison, ascii_only, code)]


def _lines(comparison: Comparison, ascii_only: bool, code: int) -> Iterator[str]:
    yield headline(comparison)
    yield ""
    yield from _runs(comparison)
    yield from _table("config", comparison, comparison.config)
    yield from _table("summary", comparison, comparison.summary_values)
    yield from _curves(comparison, ascii_only)
    yield from _media(comparison)
    yield from _table("git", comparison, comparison.git)
    yield from _table("packages", comparison, comparison.packages)
    if comparison.code:
        yield from ("", "code")
    for change in code_headers(comparison.code, code):
        yield f"  {change['title']} {change['change']}"
        yield from (f"    {line}" for line in change["lines"])


def _runs(comparison: Comparison) -> Iterator[str]:
    wide = max(map(len, comparison.labels))
    for label, one in zip(comparison.labels, comparison.inputs, strict=True):
        run = one.run
        parts = [
            run_text.state(run),
            clean(run["project"]),
            f"step {run['step']}",
            clock(run["runtime"]),
        ]
        yield f"{label:<{wide}}  {' · '.join(parts)}"


def _table(title: str, comparison: Comparison, rows: Sequence[ValueRow]) -> Iterator[str]:
    """Yield the rows that differ, aligned under the runs' labels; one line if none does."""
    if not rows:
        return
    different = differing(rows)
    same = len(rows) - len(different)
    yield ""
    if not different:
        yield f"{title}: the same in all {same} keys" if same > 1 else f"{title}: the same"
        return
    pair = len(comparison.labels) == _PAIR
    cells = [["", *comparison.labels, *([""] if pair else [])]]
    cells += [[clean(row.key), *map(_cell, row.texts), *([row.change or ""] if pair else [])] for row in different]
    yield title + (f" ({same} more the same)" if same else "")
    yield from (f"  {line}" for line in align(cells[: MAX_ROWS + 1]))
    if len(different) > MAX_ROWS:
        yield f"  +{len(different) - MAX_ROWS} more"


def _media(comparison: Comparison) -> Iterator[str]:
    """Yield what each run has at the newest step of each key with media, whether it differs or not."""
    if comparison.media:
        cells = [["", *comparison.labels]]
        cells += [[clean(row.key), *map(_cell, row.texts)] for row in comparison.media[:MAX_ROWS]]
        yield from ("", "media", *(f"  {line}" for line in align(cells)))


def _curves(comparison: Comparison, ascii_only: bool) -> Iterator[str]:
    keys = chart_keys(comparison)
    if keys:
        yield from ("", "curves")
    wide = max(map(len, comparison.labels))
    for key in keys[:MAX_METRICS]:
        yield f"  {clean(key)}"
        for label, one in zip(comparison.labels, comparison.curves(key), strict=True):
            if one is None:
                yield f"    {label:<{wide}}  not logged"
                continue
            curve = _newest_attempt(one)
            spark = run_text.sparkline(curve.values, 24, ascii_only)
            yield f"    {label:<{wide}}  {spark:<24}  {run_text.trend(curve).strip()}"
        aligned = comparison.aligned(key) if len(comparison.labels) == _PAIR else None
        if aligned:
            yield f"    {describe_difference(aligned, comparison.labels)}"
    if len(keys) > MAX_METRICS:
        yield f"  +{len(keys) - MAX_METRICS} more metrics"


def _newest_attempt(one: Series) -> run_text.MetricTrend:
    """Return the newest attempt of *one*, downsampled if it is long, without its name."""
    short = downsample(one, _MAX_POINTS)
    attempt = short.lines()[-1][1] if short.lines() else slice(None)
    return run_text.MetricTrend("", short.step[attempt].tolist(), short.value[attempt].tolist())


def _cell(value: str | None) -> str:
    return "-" if value is None else value
