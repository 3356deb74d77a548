"""Curves of several runs on one grid of x, and their mean and band at each place of it.

The grid is the x values of all curves, or even buckets if these are too many. In a bucket the values of a curve are
averaged. Between its first and its last value a curve has a value everywhere, by linear interpolation; outside of them
it has none. So each run weighs the same, however often it logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wandb_nb.server.query.bands.metric_curve import MetricCurve

    Numbers = NDArray[np.float64]

BUCKETS = 200


class Grid(NamedTuple):
    """The places of *x*, ascending: values of runs, or the middles of buckets that are *width* wide."""

    x: Numbers
    width: float = 0.0

    @classmethod
    def of(cls, curves: Sequence[MetricCurve]) -> Grid:
        """Return the grid for these curves, of which there is at least one."""
        values = np.unique(np.concatenate([curve.x for curve in curves]))
        if len(values) <= BUCKETS:
            return cls(values)
        width = float(values[-1] / BUCKETS - values[0] / BUCKETS)
        return cls(values[0] + width * (np.arange(BUCKETS) + 0.5), width)

    def values(self, curve: MetricCurve) -> Numbers:
        """Return the value of *curve* at each place; NaN outside of it."""
        x, y = (curve.x, curve.y) if not self.width else self._bucket_means(curve)
        inside = (self.x >= x[0]) & (self.x <= x[-1])
        return np.where(inside, np.interp(self.x, x, y), np.nan)

    def _bucket_means(self, curve: MetricCurve) -> tuple[Numbers, Numbers]:
        start = self.x[0] - self.width / 2
        bucket = np.clip((curve.x - start) / self.width, 0, BUCKETS - 1).astype(np.int64)
        counts = np.bincount(bucket, minlength=BUCKETS)
        sums = np.bincount(bucket, curve.y, BUCKETS)
        filled = counts > 0
        return self.x[filled], sums[filled] / counts[filled]


class GridStatistics(NamedTuple):
    """What curves have at each place: the number of values, their mean, the lowest, the highest, the deviation.

    NaN where there is no value. The deviation is that of a sample; NaN without two values.
    """

    counts: NDArray[np.int64]
    mean: Numbers
    lowest: Numbers
    highest: Numbers
    deviation: Numbers

    @classmethod
    def of(cls, values: Numbers) -> GridStatistics:
        """Return the statistics of *values*: a row per curve, a column per place."""
        has_value = ~np.isnan(values)
        counts = has_value.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(has_value, values, 0).sum(axis=0) / counts
            squares = np.where(has_value, values - mean, 0) ** 2
            deviation = np.where(counts > 1, np.sqrt(squares.sum(axis=0) / (counts - 1)), np.nan)
        lowest, highest = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
        return cls(counts, mean, lowest, highest, deviation)
