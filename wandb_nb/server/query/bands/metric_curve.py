"""The course of one metric of a stored run, from an even sample of the rows that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.server.storage.lines.line_sampling import sample_rows
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection

MAX_POINTS = 500
_ATTEMPT = "_attempt"
_MAX_NUMBER = 1e120  # of which sums of squares are finite


class MetricCurve(NamedTuple):
    """Points of a metric: float64, finite, *x* ascending and without repetition."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


def load_metric_curve(connection: Connection, run: int, metric: str, x: str) -> MetricCurve | None:
    """Return the course of *metric* over the key *x* in the latest attempt of *run*; None if no row has both.

    Values at the same x are averaged.
    """
    rows = sample_rows(connection, run, [x, metric], MAX_POINTS, None, None, optional=[_ATTEMPT])
    latest = max(map(_attempt, rows), default=0)
    points = [(row[x], row[metric]) for row in rows if _attempt(row) == latest]
    usable = [(float(at), float(value)) for at, value in points if _is_usable(at) and _is_usable(value)]
    if not usable:
        return None
    columns = np.array(usable, np.float64)
    ascending, position = np.unique(columns[:, 0], return_inverse=True)
    return MetricCurve(ascending, np.bincount(position, columns[:, 1]) / np.bincount(position))


def _attempt(row: dict[str, Any]) -> float:
    value = row.get(_ATTEMPT)
    return value if is_finite(value) else 0


def _is_usable(value: Any) -> bool:
    return isinstance(value, bool) or (is_finite(value) and abs(value) <= _MAX_NUMBER)
