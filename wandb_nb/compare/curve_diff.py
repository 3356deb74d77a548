"""Metric curves of two runs brought to one axis, and what that says in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.formatting import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from wandb_nb.view.message.run_message import Series

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AlignedCurves:
    """The curves of one metric over the stretch that all runs cover: `values[i]` of run i at each of *at*."""

    key: str
    at: Floats
    values: list[Floats]


def align(key: str, curves: Sequence[Series | None]) -> AlignedCurves | None:
    """Return *curves* at every place where any of them has a point, straight lines in between.

    Places are those of the step metric where all have the same one, else steps. Each run's newest attempt counts,
    and only finite points do. None where a run lacks the metric, or no stretch is covered by all.
    """
    present = [curve for curve in curves if curve is not None]
    by = {curve.step_metric for curve in present}
    by_metric = len(by) == 1 and None not in by
    lines = [_line(curve, by_metric) for curve in present]
    if len(present) != len(curves) or not curves or not all(len(x) for x, _ in lines):
        return None
    low, high = max(x[0] for x, _ in lines), min(x[-1] for x, _ in lines)
    at = np.unique(np.concatenate([x for x, _ in lines]))
    at = at[(at >= low) & (at <= high)]
    return AlignedCurves(key, at, [np.interp(at, x, y) for x, y in lines]) if len(at) else None


def describe_difference(aligned: AlignedCurves, labels: Sequence[str]) -> str:
    """Return the difference of the second of two curves from the first: "B is lower at 93 % of 100 common points"."""
    first, second = aligned.values[:2]
    lower, higher = int((second < first).sum()), int((second > first).sum())
    count = len(aligned.at)
    if not lower and not higher:
        return f"the same at all {count:,} common points"
    word, times = ("lower", lower) if lower >= higher else ("higher", higher)
    gap = np.abs(second - first)
    widest = int(gap.argmax())
    return (
        f"{labels[1]} is {word} at {times / count:.0%} of {count:,} common points, "
        f"furthest apart at {number(float(aligned.at[widest]))} by {number(float(f'{gap[widest]:.3g}'))}"
    ).replace("%", " %")


def _line(curve: Series, by_metric: bool) -> tuple[Floats, Floats]:
    """Return x and value of the newest attempt: ascending, finite, one value per x (the last)."""
    where = curve.lines()[-1][1] if curve.lines() else slice(None)
    xs = (curve.x if by_metric and curve.x is not None else curve.step)[where]
    ys = curve.value[where]
    finite = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = xs[finite], ys[finite]
    if len(xs) > 1 and np.any(np.diff(xs) <= 0):
        order = np.argsort(xs, kind="stable")
        xs, ys = xs[order], ys[order]
        last = np.append(np.diff(xs) > 0, True)
        xs, ys = xs[last], ys[last]
    return xs, ys
