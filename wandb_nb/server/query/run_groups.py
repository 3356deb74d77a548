"""Groups of runs that share values, and the statistics of their numbers."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.lru import LRUDict
from wandb_nb.server.query.run_columns import column_reader
from wandb_nb.server.query.search import search_condition
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wandb_nb.run_filters.run_values import RunValues

MAX_GROUP_KEYS = 3
_MAX_GROUPED_ROWS = 120  # over all groups of a page
_MIN_GROUP_ROWS = 3
_MAX_GROUPS = 200
_MAX_OPEN_RUNS = 60
_MAX_COLUMNS = 100  # whose numbers are kept


class ColumnStatistics(NamedTuple):
    """Of the finite numbers in a column: their number, their mean, the standard deviation, the lowest, the highest.

    The deviation is that of a sample, to two digits; None without two numbers.
    """

    number: int
    mean: float
    deviation: float | None
    low: float
    high: float


@dataclass
class Group:
    """Runs that share values: the first of them; `search` finds all. `statistics` has one entry per column."""

    labels: list[str]
    runs: list[RunValues]
    id: str = "all"
    search: str = ""
    total: int = 0
    states: Counter[str] = field(default_factory=Counter)
    statistics: list[ColumnStatistics | None] = field(default_factory=list)
    open: bool = True


class NumberColumns:
    """The numbers of *runs* by column. A column is read once, for the statistics of all runs and of groups."""

    def __init__(self, runs: Sequence[RunValues]) -> None:
        self.runs = runs
        self._index_of = {id(run): index for index, run in enumerate(runs)}
        self._columns: LRUDict[str, NDArray[np.float64]] = LRUDict(_MAX_COLUMNS)

    def statistics(self, members: Sequence[RunValues], columns: Sequence[str]) -> list[ColumnStatistics | None]:
        """Return the statistics of each of *columns* over *members*, some of the runs."""
        indexes = [self._index_of[id(run)] for run in members]
        return [_statistics(self._numbers(column)[indexes]) for column in columns]

    def _numbers(self, column: str) -> NDArray[np.float64]:
        numbers = self._columns.get(column)
        if numbers is None:
            read = column_reader(column)
            numbers = np.array([_finite(read(run)) for run in self.runs], float)
        self._columns[column] = numbers
        return numbers


def _finite(value: Any) -> float:
    return value if is_finite(value) else math.nan


def _statistics(numbers: NDArray[np.float64]) -> ColumnStatistics | None:
    numbers = numbers[~np.isnan(numbers)]
    if not numbers.size:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = float(f"{numbers.std(ddof=1):.2g}") if numbers.size > 1 else None
        return ColumnStatistics(
            numbers.size, float(numbers.mean()), deviation, float(numbers.min()), float(numbers.max())
        )


def runs_by_values(runs: Sequence[RunValues], names: Sequence[str]) -> list[tuple[tuple[Any, ...], list[RunValues]]]:
    """Return the different values of *names* in their order, each with its runs; a run with several tags has several.

    Raises:
        UsageError: Runs do not have values of one of the names.

    """
    members: dict[str, tuple[tuple[Any, ...], list[RunValues]]] = {}
    for run, *keys in zip(runs, *(_keys(runs, name) for name in names), strict=True):
        for values in itertools.product(*keys):
            members.setdefault(repr(values), (values, []))[1].append(run)
    return sorted(members.values(), key=lambda pair: [_rank(value) for value in pair[0]])


def group_runs(
    runs: Sequence[RunValues], names: Sequence[str], columns: Sequence[str], numbers: NumberColumns
) -> list[Group]:
    """Return the runs by their values of *names*; a run with several tags is in several groups."""
    ranked = runs_by_values(runs, names)[:_MAX_GROUPS]
    share = max(_MIN_GROUP_ROWS, _MAX_GROUPED_ROWS // max(1, len(ranked)))
    is_open = len(runs) <= _MAX_OPEN_RUNS
    return [
        Group(
            labels=group_labels(values),
            runs=group[:share],
            id=hashlib.blake2s(json.dumps(values).encode(), digest_size=6).hexdigest(),
            search=group_search(names, values),
            total=len(group),
            states=Counter(run.row.state for run in group),
            statistics=numbers.statistics(group, columns),
            open=is_open,
        )
        for values, group in ranked
    ]


def group_labels(values: Sequence[Any]) -> list[str]:
    """Return the values of a group as a page writes them."""
    return [_label(value) for value in values]


def group_search(names: Sequence[str], values: Sequence[Any]) -> str:
    """Return the search for the runs of a group."""
    return " ".join(map(search_condition, names, values))


def _keys(runs: Sequence[RunValues], name: str) -> list[list[Any]]:
    """Return for each run the values of *name* under which it is listed."""
    read = column_reader(name)
    return [(read(run) or [None]) if name == "tags" else [read(run)] for run in runs]


def _label(value: Any) -> str:
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value)


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, (int, float)) and not math.isnan(value):
        return (0, value)
    return (2, "") if value is None else (1, str(value))
