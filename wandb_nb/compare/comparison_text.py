"""A comparison in plain text, for a terminal and for the text part of an output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.compare.code_diff import change_facts
from wandb_nb.compare.comparison_picture import shown_keys
from wandb_nb.compare.curve_diff import verdict
from wandb_nb.compare.value_diff import differing
from wandb_nb.formatting import clean, clock
from wandb_nb.view import run_text
from wandb_nb.view.message.downsample import thin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.value_diff import ValueRow
    from wandb_nb.view.message.run_message import Series

MOST_METRICS, MOST_ROWS, MOST_CODE = 20, 40, 200_000
_WIDEST = 40
_MOST_POINTS = 1_000
_PAIR = 2


def lines(comparison: Comparison, *, ascii_only: bool = False, code: int = MOST_CODE) -> list[str]:
    """Return the whole comparison: the runs, what differs, the curves, and *code* characters of the code of a pair."""
    found = list(_all(comparison, ascii_only, code))
    return [run_text.printable(line, ascii_only) for line in found]


def _all(comparison: Comparison, ascii_only: bool, code: int) -> Iterator[str]:
    yield from _runs(comparison)
    yield from _table("config", comparison, comparison.config)
    yield from _table("summary", comparison, comparison.summary)
    yield from _curves(comparison, ascii_only)
    yield from _table("git", comparison, comparison.git)
    yield from _table("packages", comparison, comparison.packages)
    if comparison.code:
        yield from ("", "code")
    for facts in change_facts(comparison.code, code):
        yield f"  {facts['title']} {facts['change']}"
        yield from (f"    {line}" for line in facts["lines"])


def _runs(comparison: Comparison) -> Iterator[str]:
    wide = max(map(len, comparison.labels))
    for label, subject in zip(comparison.labels, comparison.subjects, strict=True):
        run = subject.run
        facts = [
            run_text.state(run),
            clean(run["project"]),
            f"step {run['step']}",
            clock(run["runtime"]),
        ]
        yield f"{label:<{wide}}  {' · '.join(facts)}"


def _table(title: str, comparison: Comparison, rows: Sequence[ValueRow]) -> Iterator[str]:
    """Yield the rows that differ, aligned, under the runs' labels; one line where none does."""
    if not rows:
        return
    found = differing(rows)
    same = len(rows) - len(found)
    yield ""
    if not found:
        yield f"{title}: the same in all {same} keys" if same > 1 else f"{title}: the same"
        return
    pair = len(comparison.labels) == _PAIR
    cells = [["", *comparison.labels, *([""] if pair else [])]]
    cells += [[clean(row.key), *map(_cell, row.texts), *([row.change or ""] if pair else [])] for row in found]
    yield title + (f" ({same} more the same)" if same else "")
    yield from (f"  {line}" for line in table(cells[: MOST_ROWS + 1]))
    if len(found) > MOST_ROWS:
        yield f"  +{len(found) - MOST_ROWS} more"


def table(cells: Sequence[Sequence[str]]) -> list[str]:
    """Return *cells* in aligned columns; long ones are cut."""
    cut = [[clean(cell, _WIDEST) for cell in row] for row in cells]
    wide = [max(len(row[at]) for row in cut) for at in range(len(cut[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, wide, strict=True)).rstrip() for row in cut]


def _curves(comparison: Comparison, ascii_only: bool) -> Iterator[str]:
    keys = shown_keys(comparison)
    if keys:
        yield from ("", "curves")
    wide = max(map(len, comparison.labels))
    for key in keys[:MOST_METRICS]:
        yield f"  {clean(key)}"
        for label, one in zip(comparison.labels, comparison.curves(key), strict=True):
            if one is None:
                yield f"    {label:<{wide}}  not logged"
                continue
            curve = newest(one)
            spark = run_text.sparkline(curve.values, 24, ascii_only)
            yield f"    {label:<{wide}}  {spark:<24}  {run_text.trend(curve).strip()}"
        aligned = comparison.aligned(key) if len(comparison.labels) == _PAIR else None
        if aligned:
            yield f"    {verdict(aligned, comparison.labels)}"
    if len(keys) > MOST_METRICS:
        yield f"  +{len(keys) - MOST_METRICS} more metrics"


def newest(one: Series) -> run_text.MetricTrend:
    """Return the newest attempt of *one*, thinned out where it is long, without its name."""
    few = thin(one, _MOST_POINTS)
    where = few.lines()[-1][1] if few.lines() else slice(None)
    return run_text.MetricTrend("", few.step[where].tolist(), few.value[where].tolist())


def _cell(value: str | None) -> str:
    return "-" if value is None else value
