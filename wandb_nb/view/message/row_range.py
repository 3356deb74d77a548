"""The rows of a part of the x axis: what a view requests when it zooms, or shows another x axis, or more media files.

A request is JSON, the same over HTTP and comms; `docs/design.md` describes it. The answer is a message whose series
hold the requested points, or minimum and maximum of each bucket of them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from wandb_nb.values import is_finite
from wandb_nb.view.message.pyramid import BUCKETS, Pyramid

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

MAX_KEYS = 64  # of one request
MAX_RANGE_POINTS = 10_000  # of one series in an answer; more are decimated


@dataclass(frozen=True)
class RangeRequest:
    """The points of *keys* with *low* <= x <= *high*, where x is the step, the time or *metric*.

    With *first_file*, which needs the step as axis, these are the media files of step *low* from that place on.
    """

    keys: Sequence[str]
    axis: Literal["step", "time", "metric"]
    metric: str | None = None
    low: float = -math.inf
    high: float = math.inf
    first_file: int | None = None

    @classmethod
    def parse(cls, value: Any) -> RangeRequest:
        """Return the request in *value*, parsed JSON or its text.

        Raises:
            ValueError: It is not a request.
        """
        try:
            request = json.loads(value) if isinstance(value, str) else value
            keys, axis, metric = request["keys"], request["axis"], request.get("metric")
            low, high = _bound(request.get("from"), -math.inf), _bound(request.get("to"), math.inf)
            first_file = request.get("firstFile")
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("this is not a request for a range of rows") from error
        is_axis = axis in ("step", "time") or (axis == "metric" and isinstance(metric, str))
        if not is_axis or not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise ValueError("this is not a request for a range of rows")
        if first_file is not None and (type(first_file) is not int or first_file < 0 or axis != "step"):
            raise ValueError(f"{first_file!r} is not the place of a media file of a step")
        return cls(keys[:MAX_KEYS], axis, metric if axis == "metric" else None, low, high, first_file)

    def select(self, x: Floats, attempts: Floats) -> Selection:
        """Return the requested points of a series, before decimation.

        One more at each end of a stretch is included, so that lines reach the edges of a chart; without any, the
        points before and after the range. Points are in the order of logging. If they are decimated, they are in the
        order of x within each attempt: minimum and maximum are then those of a range of x.
        """
        inside = np.isfinite(x) & (x >= self.low) & (x <= self.high)
        wider = inside.copy()
        wider[1:] |= inside[:-1]
        wider[:-1] |= inside[1:]
        chosen = np.flatnonzero(wider)
        if not len(chosen):
            chosen = np.concatenate([np.flatnonzero(x < self.low)[-1:], np.flatnonzero(x > self.high)[:1]])
        if len(chosen) <= MAX_RANGE_POINTS:
            return Selection(chosen)
        changes = np.diff(attempts[chosen]) != 0
        ordered = _sorted_by_x(chosen, x, changes)
        is_whole = ordered is chosen and len(chosen) == len(x)
        return Selection(ordered, np.flatnonzero(changes) + 1, is_whole)


@dataclass(frozen=True)
class Selection:
    """The indices of the requested points of a series.

    If they are too many to be sent, *breaks* are the firsts of later attempts. *is_whole* is whether they are then all
    points of the series, in their order.
    """

    indices: Indices
    breaks: Indices | None = None
    is_whole: bool = False

    def decimate(self, values: Floats) -> Indices:
        """Return the indices of the points to send of the series with *values*."""
        if self.breaks is None:
            return self.indices
        chosen = values[self.indices]
        pyramid = Pyramid(BUCKETS)
        pyramid.extend(chosen)
        return self.indices[pyramid.indices(chosen, self.breaks)]


def _bound(value: Any, absent: float) -> float:
    if value is None:
        return absent
    if not is_finite(value):
        raise ValueError(f"{value!r} is not a bound of a range")
    return float(value)


def _sorted_by_x(chosen: Indices, x: Floats, changes: npt.NDArray[np.bool_]) -> Indices:
    """Return *chosen* in the order of x between the *changes* of the attempt; each attempt is one stretch."""
    ascends = np.diff(x[chosen]) >= 0
    if (ascends | changes).all():
        return chosen
    if not changes.any():
        return chosen[np.argsort(x[chosen], kind="stable")]
    stretches = np.concatenate([[0], np.cumsum(changes)])
    return chosen[np.lexsort((x[chosen], stretches))]
