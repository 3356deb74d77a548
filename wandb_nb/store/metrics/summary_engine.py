"""The summary engine: what a summary holds for a metric after a series of logged values.

- A metric without summary kinds has its newest value, whatever its type.
- `first` and `last` are the first and newest value, whatever their type.
- `min`, `max`, `mean` and `best` take numbers only. Bools are 0 and 1. NaN is skipped, unless there is nothing else.
- A row counts once: a value that is logged again at the same step replaces the one before.
- Statistics start with the first value after the definition. A kind without a value is left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.store.metrics.definitions import Definitions

# Every whole number up to here has its own float64; larger ones are shown as floats.
MAX_EXACT = 2.0**53


class _Omit:
    """The type of `OMIT`."""


OMIT: Final = _Omit()
"""Stands for a metric that the summary does not contain, and for a value that is missing."""


class _Totals(NamedTuple):
    first: Any = OMIT
    size: int = 0
    total: float = 0.0
    lowest: Any = None
    highest: Any = None
    has_nan: bool = False


class Statistics:
    """Statistics of one metric, fed with its values in the order in which they were logged."""

    __slots__ = ("_before", "_last", "_row", "_totals")

    def __init__(self, totals: _Totals = _Totals()) -> None:  # noqa: B008 - a tuple of constants
        self._totals = self._before = totals
        self._last: Any = OMIT
        self._row: Hashable = None

    @classmethod
    def resumed(cls, reported: object) -> Statistics:
        """Return statistics that continue from *reported*, which a summary holds. The mean starts again."""
        if not isinstance(reported, dict):
            return cls()
        numbers = {kind: value for kind, value in reported.items() if as_number(value) is not None}
        best = numbers.get("best")
        lowest, highest = numbers.get("min", best), numbers.get("max", best)
        return cls(_Totals(first=reported.get("first", OMIT), lowest=lowest, highest=highest))

    def add(self, value: Any, row: Hashable = None) -> None:
        """Add a *value*. It replaces the one before where *row* is not None and the same as before."""
        if row is not None and row == self._row:
            self._totals = self._before
        self._before, self._row, self._last = self._totals, row, value
        first, size, total, lowest, highest, has_nan = self._totals
        first = value if first is OMIT else first
        number = value if type(value) is float else as_number(value)
        if number is None:
            self._totals = _Totals(first, size, total, lowest, highest, has_nan)
        elif number != number:  # noqa: PLR0124 - NaN differs from itself
            self._totals = _Totals(first, size, total, lowest, highest, True)
        else:
            lowest = number if lowest is None or number < lowest else lowest
            highest = number if highest is None or number > highest else highest
            self._totals = _Totals(first, size + 1, total + as_float(number), lowest, highest, has_nan)

    def set_ends(self, first: Any, last: Any) -> None:
        """Set the first and the last value, which `extend` leaves alone."""
        self._totals, self._last, self._row = self._totals._replace(first=first), last, None

    def extend(self, values: NDArray[np.float64]) -> None:
        """Add the numbers in *values*, each of another row, to all but `first` and `last`."""
        first, size, total, lowest, highest, has_nan = self._totals
        numbers = values[values == values]  # noqa: PLR0124 - NaN differs from itself
        if len(numbers):
            low, high = float(numbers.min()), float(numbers.max())
            lowest = low if lowest is None else min(lowest, low)
            highest = high if highest is None else max(highest, high)
        has_nan = has_nan or len(numbers) < len(values)
        self._totals = _Totals(first, size + len(numbers), total + float(numbers.sum()), lowest, highest, has_nan)

    def report(self, metric: Metric) -> dict[str, Any]:
        """Return the statistics that *metric* asks for, as in `{"max": 0.5}`. Kinds without a value are left out."""
        return {kind: value for kind in metric.statistics if (value := self._value(kind, metric.goal)) is not OMIT}

    def _value(self, kind: str, goal: str | None) -> Any:
        totals = self._totals
        if kind == "first":
            return totals.first
        if kind == "last":
            return self._last
        if kind == "mean":
            value = totals.total / totals.size if totals.size else None
        else:
            is_highest = kind == "max" or (kind == "best" and goal == "maximize")
            value = totals.highest if is_highest else totals.lowest
        return (math.nan if totals.has_nan else OMIT) if value is None else value


class SummaryEngine:
    """The summary entries of a run's metrics under their *definitions*, value by value. Not thread-safe."""

    def __init__(self, definitions: Definitions, statistics: Mapping[str, Statistics] | None = None) -> None:
        self._definitions = definitions
        self._statistics = dict(statistics or {})

    def take_row(self, summary: dict[str, Any], values: Mapping[str, Any], row: Hashable, prefix: str = "") -> None:
        """Take the *values* that *row* logs, nested ones included, over into *summary*."""
        for key, value in values.items():
            reported = summary.get(key)
            if isinstance(value, dict) and "_type" not in value:
                summary[key] = branch = dict(reported) if isinstance(reported, dict) else {}
                self.take_row(branch, value, row, f"{prefix}{key}.")
                continue
            new = self.take(prefix + key, value, row, reported)
            if new is not OMIT:
                summary[key] = new

    def take(self, key: str, value: Any, row: Hashable, reported: Any = None) -> Any:
        """Take a *value* that *row* logs; return the new summary entry of *key*, OMIT if it has none.

        *reported* is the present entry. Statistics that begin with this value continue from it.
        """
        metric = self._definitions.find(key)
        if metric is None or not metric.statistics:
            return newest_entry(metric, value)
        statistics = self._statistics.get(key)
        if statistics is None:
            statistics = self._statistics[key] = Statistics.resumed(reported)
        statistics.add(value, row)
        return statistics.report(metric)


def newest_entry(metric: Metric | None, newest: Any) -> Any:
    """Return the summary entry of a key without statistics, whose definition is *metric*; OMIT if it has none."""
    return newest if metric is None or metric.in_summary else OMIT


def as_number(value: Any) -> float | None:
    """Return *value* if it is a number, a bool as 0 or 1; else None."""
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, (int, float)) else None


def as_float(value: float) -> float:
    """Return *value* as a float; a whole number too large for one is an infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def whole(value: Any) -> Any:
    """Return a whole float as an int, as in W&B's own files; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT else value
