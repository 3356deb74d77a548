"""The numbers of runs by column, and their statistics."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.lru import LRUDict
from wandb_nb.server.query.run_columns import column_reader
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wandb_nb.run_filters.run_values import RunValues

_MAX_COLUMNS = 100  # in memory


class ColumnStatistics(NamedTuple):
    """Of the finite numbers in a column: their number, their mean, the standard deviation, the lowest, the highest.

    The deviation is that of a sample, to two digits; None without two numbers.
    """

    number: int
    mean: float
    deviation: float | None
    low: float
    high: float


class NumberColumns:
    """The numbers of *runs*. A column is read once, for the statistics of all runs and of groups. Thread-safe.

    What *earlier* ones hold of the same runs is not read again.
    """

    def __init__(self, runs: Sequence[RunValues], earlier: NumberColumns | None = None) -> None:
        self._runs = runs
        self._index_of = {id(run): index for index, run in enumerate(runs)}
        self._lock = threading.Lock()
        self._columns: LRUDict[str, NDArray[np.float64]] = LRUDict(_MAX_COLUMNS)
        if earlier is not None:
            self._take_over(earlier)

    def statistics(self, members: Sequence[RunValues], columns: Sequence[str]) -> list[ColumnStatistics | None]:
        """Return the statistics of each of *columns* over *members*, some of the runs."""
        indexes = [self._index_of[id(run)] for run in members]
        return [_statistics(self._numbers(column)[indexes]) for column in columns]

    def _numbers(self, column: str) -> NDArray[np.float64]:
        with self._lock:
            numbers = self._columns.get(column)
            if numbers is None:
                numbers = np.array(_finite_numbers(self._runs, column), float)
            self._columns[column] = numbers
        return numbers

    def _take_over(self, earlier: NumberColumns) -> None:
        places = np.array([earlier._index_of.get(id(run), -1) for run in self._runs], np.intp)
        unread = np.flatnonzero(places < 0)
        runs = [self._runs[index] for index in unread.tolist()]
        with earlier._lock:
            columns = list(earlier._columns.items())
        for column, numbers in columns if len(runs) < len(self._runs) else ():
            self._columns[column] = numbers[places]
            self._columns[column][unread] = _finite_numbers(runs, column)


def _finite_numbers(runs: Sequence[RunValues], column: str) -> list[Any]:
    read = column_reader(column)
    return [value if is_finite(value := read(run)) else math.nan for run in runs]


def _statistics(numbers: NDArray[np.float64]) -> ColumnStatistics | None:
    numbers = numbers[~np.isnan(numbers)]
    if not numbers.size:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = float(f"{numbers.std(ddof=1):.2g}") if numbers.size > 1 else None
        return ColumnStatistics(
            numbers.size, float(numbers.mean()), deviation, float(numbers.min()), float(numbers.max())
        )
