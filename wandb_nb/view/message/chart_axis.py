"""The x axis of a chart: its step metric, its epoch, or the step. The TypeScript view mirrors the rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from wandb_nb.view.message.run_message import Series

    Floats = npt.NDArray[np.float64]

_EPOCH = re.compile(r"(^|[/_.])epochs?$", re.IGNORECASE)


def default_axis(keys: Sequence[str], series: Mapping[str, Series]) -> str | None:
    """Return the metric on the x axis of a chart of *keys*, None for the step.

    1. The step metric of `define_metric`, if all metrics of the chart share it.
    2. Without step metrics: an epoch that was logged in each of their rows, each larger than the one before. Its name
       is "epoch" or "epochs", or ends so after "/", "_" or ".".
    """
    members = [series[key] for key in keys]
    steps = {one.step_metric for one in members}
    if steps != {None}:
        return next(iter(steps)) if len(steps) == 1 and all(one.x is not None for one in members) else None
    epochs = (key for key in series if _EPOCH.search(key) and key not in keys)
    return next((key for key in epochs if all(_counts_rows(series[key], one) for one in members)), None)


def x_values(one: Series, metric: str | None, series: Mapping[str, Series]) -> Floats:
    """Return x of each point of *one*: the step, or the latest value of *metric*, NaN before its first."""
    if metric is None:
        return one.step
    if one.step_metric == metric and one.x is not None:
        return one.x
    other = series[metric]
    own = dict(other.lines())
    values = np.full(len(one.step), np.nan)
    for attempt, where in one.lines():
        if attempt in own:
            values[where] = _latest(other.step[own[attempt]], other.value[own[attempt]], one.step[where])
    return values


def _counts_rows(epoch: Series, one: Series) -> bool:
    """Return whether each point of *one* has a larger epoch in its own row than the one before it in its attempt."""
    if not len(one.value):
        return False
    if epoch.decimated or one.decimated:
        return epoch.n == one.n and all(_ascends(epoch.value[where]) for _, where in epoch.lines())
    own = dict(epoch.lines())
    return all(
        attempt in own
        and bool(np.isin(one.step[where], epoch.step[own[attempt]]).all())
        and _ascends(_latest(epoch.step[own[attempt]], epoch.value[own[attempt]], one.step[where]))
        for attempt, where in one.lines()
    )


def _ascends(values: Floats) -> bool:
    return bool(np.isfinite(values).all() and np.all(np.diff(values) > 0))


def _latest(steps: Floats, values: Floats, at: Floats) -> Floats:
    indices = np.searchsorted(steps, at, side="right") - 1
    return np.where(indices >= 0, values[np.maximum(indices, 0)], np.nan)
