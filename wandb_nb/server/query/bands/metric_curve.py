"""The course of one metric of a stored run, from an even sample of the rows that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.server.storage.lines.line_sampling import sample_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    columns = np.array([_numbers(rows, x), _numbers(rows, metric), _numbers(rows, _ATTEMPT)])
    attempts = np.nan_to_num(columns[2])
    usable = columns[:2, ~np.isnan(columns[:2]).any(axis=0) & (attempts == attempts.max(initial=0))]
    if not usable.size:
        return None
    ascending, position = np.unique(usable[0], return_inverse=True)
    return MetricCurve(ascending, np.bincount(position, usable[1]) / np.bincount(position))


def _numbers(rows: Sequence[dict[str, Any]], key: str) -> NDArray[np.float64]:
    """Return the values of *key*; NaN for what cannot be drawn."""
    numbers = np.array([_number(row.get(key)) for row in rows], np.float64)
    numbers[~(np.abs(numbers) <= _MAX_NUMBER)] = np.nan
    return numbers


def _number(value: Any) -> float:
    if isinstance(value, float):
        return value
    return float(value) if isinstance(value, int) and abs(value) <= _MAX_NUMBER else np.nan
