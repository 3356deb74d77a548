"""Min/max decimation that grows with its series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

BUCKETS = 1200
_MOST_ENDS = 200


class Pyramid:
    """The places of the lowest and the highest value in each of at most *buckets* equal stretches of a series.

    `extend` looks at each value once: when the buckets run out, neighbours are joined and the stretch doubles, so
    that an append costs time in proportion to the new points and memory stays the same. Values that are not finite
    never win; a bucket of nothing else keeps its first place, which leaves the gap in the line.
    The newest point may still change: it is in no bucket yet and looked at only by `indices`.
    Not thread-safe.
    """

    def __init__(self, buckets: int = BUCKETS) -> None:
        self._most = max(2, buckets - buckets % 2)
        self._width = 1
        self._low = np.empty(0, np.int64)
        self._high = np.empty(0, np.int64)

    def extend(self, values: Floats) -> None:
        """Take in what *values*, the whole series, holds beyond the points already seen."""
        while not len(self._low) and len(values) // self._width > self._most:
            self._width *= 2
        self._fill(values)
        while len(self._low) > self._most:
            self._join(values)
            self._fill(values)

    def indices(self, values: Floats, breaks: Indices | None = None) -> Indices:
        """Return ascending places in *values* (those given to the last `extend`) that keep its shape.

        First and last point are among them, and with *breaks*, the first places of later attempts, the ends of
        each of the newest attempts as well.
        """
        if not len(values):
            return np.empty(0, np.int64)
        tail = extremes(values[self._seen :], max(1, len(values) - self._seen)) + self._seen
        ends = [np.array([0, len(values) - 1], np.int64)]
        if breaks is not None and len(breaks):
            ends += [breaks[-_MOST_ENDS:], breaks[-_MOST_ENDS:] - 1]
        return np.unique(np.concatenate([self._low, self._high, tail.ravel(), *ends]))

    @property
    def _seen(self) -> int:
        return len(self._low) * self._width

    def _fill(self, values: Floats) -> None:
        """Add the whole buckets that end before the newest point."""
        count = max(0, len(values) - 1 - self._seen) // self._width
        if count:
            found = extremes(values[self._seen : self._seen + count * self._width], self._width) + self._seen
            self._low, self._high = np.append(self._low, found[0]), np.append(self._high, found[1])

    def _join(self, values: Floats) -> None:
        """Join neighbours. An odd last bucket is dropped: `_fill` reads its values again."""
        even = len(self._low) - len(self._low) % 2
        pairs = np.stack([self._low[:even], self._high[:even]]).reshape(2, -1, 2)
        low, high = (extremes_of(values[pairs[row]])[row] for row in range(2))
        rows = np.arange(even // 2)
        self._low, self._high = pairs[0, rows, low], pairs[1, rows, high]
        self._width *= 2


def decimate(values: Floats, buckets: int) -> Indices:
    """Return ascending places in *values* that keep its shape, about two a bucket; all of them where they fit."""
    if len(values) <= 2 * buckets:
        return np.arange(len(values))
    pyramid = Pyramid(buckets)
    pyramid.extend(values)
    return pyramid.indices(values)


def extremes(values: Floats, width: int) -> Indices:
    """Return the places of the lowest (row 0) and highest (row 1) finite value in each *width* of *values*."""
    if not len(values):
        return np.empty((2, 0), np.int64)
    return extremes_of(values.reshape(-1, width)) + np.arange(0, len(values), width)


def extremes_of(table: Floats) -> Indices:
    """Return for each row of *table* the columns of its lowest and highest finite value; 0 where there is none."""
    finite = np.isfinite(table)
    low = np.where(finite, table, np.inf).argmin(axis=1)
    high = np.where(finite, table, -np.inf).argmax(axis=1)
    return np.stack([low, high])
