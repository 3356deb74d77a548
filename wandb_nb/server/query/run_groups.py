"""Groups of runs that share values."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, product
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.server.query.run_columns import column_reader
from wandb_nb.server.query.search import search_condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wandb_nb.run_filters.run_values import RunValues
    from wandb_nb.server.query.number_columns import ColumnStatistics, NumberColumns

MAX_GROUP_KEYS = 3
GROUPS_OF_A_PAGE = 50
_MAX_GROUPED_ROWS = 120  # over all groups of a page
_MIN_GROUP_ROWS = 3
_MAX_OPEN_RUNS = 60


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


class RunsByValues:
    """Runs by their values of *names*, in the order of these; without names, all runs together.

    A run with several tags is in several groups. Only the groups that are asked for become lists: there may be as many
    of them as runs.

    Raises:
        UsageError: Runs do not have values of one of the names.

    """

    def __init__(self, runs: Sequence[RunValues], names: Sequence[str]) -> None:
        self._runs, values_of_run = _runs_and_values(runs, names)
        numbers: dict[str, int] = {}
        group_of = [numbers.setdefault(repr(values), len(numbers)) for values in values_of_run]
        values_of = dict(zip(group_of, values_of_run, strict=True))
        order = sorted(values_of, key=lambda number: tuple(chain.from_iterable(map(_rank, values_of[number]))))
        self.values = [values_of[number] for number in order]
        places = np.empty(len(order), np.intp)
        places[order] = np.arange(len(order))
        self._places = places[group_of]

    @property
    def sizes(self) -> NDArray[np.intp]:
        """How many runs each group has."""
        return np.bincount(self._places, minlength=len(self.values))

    def members(self, group: int) -> list[RunValues]:
        """Return the runs whose values are those with this number."""
        return [self._runs[index] for index in np.flatnonzero(self._places == group).tolist()]


def group_runs(
    runs: Sequence[RunValues], names: Sequence[str], page: int, columns: Sequence[str], numbers: NumberColumns
) -> tuple[list[Group], int]:
    """Return the groups by the values of *names* on one page, and how many groups there are."""
    groups = RunsByValues(runs, names)
    count = len(groups.values)
    listed = range(count)[(page - 1) * GROUPS_OF_A_PAGE : page * GROUPS_OF_A_PAGE]
    share = max(_MIN_GROUP_ROWS, _MAX_GROUPED_ROWS // max(1, len(listed)))
    is_open = len(runs) <= _MAX_OPEN_RUNS
    page_groups = [
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
        for values, group in ((groups.values[number], groups.members(number)) for number in listed)
    ]
    return page_groups, count


def group_labels(values: Sequence[Any]) -> list[str]:
    """Return the values of a group as a page writes them."""
    return [_label(value) for value in values]


def group_search(names: Sequence[str], values: Sequence[Any]) -> str:
    """Return the search for the runs of a group."""
    return " ".join(map(search_condition, names, values))


def _runs_and_values(
    runs: Sequence[RunValues], names: Sequence[str]
) -> tuple[Sequence[RunValues], list[tuple[Any, ...]]]:
    """Return each run, and its values of *names*; a run with several tags once for each of them."""
    columns = [list(map(column_reader(name), runs)) for name in names]
    if names and "tags" not in names:
        return runs, list(zip(*columns, strict=True))
    choices = [
        [tags or [None] for tags in column] if name == "tags" else [[value] for value in column]
        for name, column in zip(names, columns, strict=True)
    ]
    combinations = [list(product(*values)) for _, *values in zip(runs, *choices, strict=True)]
    repeated = [run for run, values in zip(runs, combinations, strict=True) for _ in values]
    return repeated, list(chain.from_iterable(combinations))


def _label(value: Any) -> str:
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value)


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, (int, float)) and not math.isnan(value):
        return (0, value)
    return (2, "") if value is None else (1, str(value))
