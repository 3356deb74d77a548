"""Min/max decimation that grows with its series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

BUCKETS = 1200
_MAX_ATTEMPT_ENDS = 200


class Pyramid:
    """The indices of the lowest and highest value in each of at most *buckets* equal stretches of a series.

    `extend` reads each value once. When the buckets run out, neighbours are joined and the stretch doubles, so an
    append costs time in proportion to the new points, and memory is constant. Values that are not finite are never
    chosen; a bucket without finite values keeps its first index, which leaves the gap in the line.
    The newest point may still change, so it is in no bucket yet; only `indices` reads it.
    Not thread-safe.
    """

    def __init__(self, buckets: int = BUCKETS) -> None:
        self._max_buckets = max(2, buckets - buckets % 2)
        self._width = 1
        self._low = np.empty(0, np.int64)
        self._high = np.empty(0, np.int64)

    def extend(self, values: Floats) -> None:
        """Read the values of *values*, the whole series, that are new since the last call."""
        while not len(self._low) and len(values) // self._width > self._max_buckets:
            self._width *= 2
        self._fill(values)
        while len(self._low) > self._max_buckets:
            self._join(values)
            self._fill(values)

    def indices(self, values: Floats, breaks: Indices | None = None) -> Indices:
        """Return ascending indices in *values* (those of the last `extend`) that keep its shape.

        The first and last point are included. With *breaks*, the first indices of later attempts, so are the first
        and last point of the newest attempts.
        """
        if not len(values):
            return np.empty(0, np.int64)
        tail = extremes(values[self._seen :], max(1, len(values) - self._seen)) + self._seen
        ends = [np.array([0, len(values) - 1], np.int64)]
        if breaks is not None and len(breaks):
            ends += [breaks[-_MAX_ATTEMPT_ENDS:], breaks[-_MAX_ATTEMPT_ENDS:] - 1]
        return np.unique(np.concatenate([self._low, self._high, tail.ravel(), *ends]))

    @property
    def _seen(self) -> int:
        return len(self._low) * self._width

    def _fill(self, values: Floats) -> None:
        """Add the complete buckets that end before the newest point."""
        count = max(0, len(values) - 1 - self._seen) // self._width
        if count:
            indices = extremes(values[self._seen : self._seen + count * self._width], self._width) + self._seen
            self._low, self._high = np.append(self._low, indices[0]), np.append(self._high, indices[1])

    def _join(self, values: Floats) -> None:
        """Join neighbours. An odd last bucket is dropped; `_fill` reads its values again."""
        even = len(self._low) - len(self._low) % 2
        pairs = np.stack([self._low[:even], self._high[:even]]).reshape(2, -1, 2)
        low, high = (extremes_of(values[pairs[row]])[row] for row in range(2))
        rows = np.arange(even // 2)
        self._low, self._high = pairs[0, rows, low], pairs[1, rows, high]
        self._width *= 2


def decimate(values: Floats, buckets: int) -> Indices:
    """Return ascending indices in *values* that keep its shape, about two per bucket; all if they fit."""
    if len(values) <= 2 * buckets:
        return np.arange(len(values))
    pyramid = Pyramid(buckets)
    pyramid.extend(values)
    return pyramid.indices(values)


def extremes(values: Floats, width: int) -> Indices:
    """Return the indices of the lowest (row 0) and highest (row 1) finite value in each *width* of *values*."""
    if not len(values):
        return np.empty((2, 0), np.int64)
    return extremes_of(values.reshape(-1, width)) + np.arange(0, len(values), width)


def extremes_of(table: Floats) -> Indices:
    """Return for each row of *table* the columns of its lowest and highest finite value; 0 where there is none."""
    finite = np.isfinite(table)
    low = np.where(finite, table, np.inf).argmin(axis=1)
    high = np.where(finite, table, -np.inf).argmax(axis=1)
    return np.stack([low, high])
