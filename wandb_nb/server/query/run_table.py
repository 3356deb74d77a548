"""A project's table of runs: which runs, in which order, groups and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.run_filters.run_order import sort_by_values
from wandb_nb.server.query.run_columns import cell, column_reader, default_columns, is_column
from wandb_nb.server.query.run_groups import GROUPS_OF_A_PAGE, MAX_GROUP_KEYS, Group, group_runs
from wandb_nb.server.query.search import search_predicate
from wandb_nb.server.storage.column_choices import MAX_COLUMNS
from wandb_nb.values import is_number

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

    from wandb_nb.run_filters.run_values import RunValues
    from wandb_nb.server.query.listed_runs import ListedRuns
    from wandb_nb.server.query.number_columns import ColumnStatistics

PAGE_SIZE = 100

GROUPINGS = {"group": "Group", "job_type": "Job type", "state": "State", "tags": "Tag"}


class TableRequest(NamedTuple):
    """The query parameters of the page, as written in its address; empty if absent.

    *group* has up to three names, *column* the columns of this view instead of the user's choice.
    """

    q: str = ""
    state: str = ""
    sort: str = ""
    group: tuple[str, ...] = ()
    page: int = 1
    column: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: QueryParams) -> TableRequest:
        """Return the request that the query parameters make."""
        page = query.get("page", "")
        number = int(page) if page.isdecimal() and len(page) < 7 else 1  # noqa: PLR2004 -- digits
        q, state, sort = (query.get(name, "") for name in ("q", "state", "sort"))
        group = tuple(dict.fromkeys(filter(None, query.getlist("group"))))[:MAX_GROUP_KEYS]
        columns = tuple(dict.fromkeys(filter(is_column, query.getlist("column"))))[:MAX_COLUMNS]
        return cls(q, state, sort, group, max(1, number), columns)

    def with_changes(self, **changes: Any) -> dict[str, str | tuple[str, ...]]:
        """Return the parameters of an address that differs in *changes*; without a page in them it is the first."""
        parameters = {**self._asdict(), "page": "", **changes}
        return {name: value if isinstance(value, tuple) else str(value) for name, value in parameters.items() if value}


@dataclass
class RunTable:
    """The table; it has one group without labels if it is not grouped.

    `statistics` are those of all selected runs in a table without groups. A page has `PAGE_SIZE` runs, or
    `GROUPS_OF_A_PAGE` groups.
    """

    request: TableRequest
    groups: list[Group]
    columns: list[str]
    total: int
    of: int
    states: Counter[str]
    statistics: list[ColumnStatistics | None]
    group_count: int = 0

    @property
    def numeric(self) -> set[str]:
        """The columns that have only numbers in the listed rows."""
        listed = [run for group in self.groups for run in group.runs]
        values = {name: [value for run in listed if (value := cell(run, name)) is not None] for name in self.columns}
        return {
            name for name, column in values.items() if column and all(map(is_number, column)) and name != "created_at"
        }

    @property
    def entry_count(self) -> int:
        """How many groups or, without them, runs all pages have."""
        return self.group_count if self.request.group else self.total

    @property
    def first(self) -> int:
        """The number of the first listed run or group, from 1."""
        return (self.request.page - 1) * self._page_size + 1

    @property
    def last(self) -> int:
        """The number of the last listed run or group."""
        return min(self.entry_count, self.request.page * self._page_size)

    @property
    def _page_size(self) -> int:
        return GROUPS_OF_A_PAGE if self.request.group else PAGE_SIZE


def list_table(listed: ListedRuns, request: TableRequest, columns: Sequence[str] | None = None) -> RunTable:
    """Return the table of those *listed* that *request* selects, with *columns*, or with automatic ones for None.

    Raises:
        UsageError: The order or the grouping names a value that runs do not have.

    """
    runs = _sort(_select(listed.runs, request), request.sort.strip() or "-created_at")
    columns = [name for name in columns if is_column(name)] if columns is not None else default_columns(runs)
    table = RunTable(request, [], columns, len(runs), len(listed.runs), listed.states, [])
    if request.group:
        grouped = group_runs(runs, request.group, request.page, columns, listed.numbers)
        table.groups, table.group_count = grouped
    else:
        table.groups = [Group([], runs[(request.page - 1) * PAGE_SIZE : request.page * PAGE_SIZE])]
        table.statistics = listed.numbers.statistics(runs, columns)
    return table


def _select(runs: Sequence[RunValues], request: TableRequest) -> list[RunValues]:
    selected = [run for run in runs if run.row.state == request.state] if request.state else runs
    return list(filter(search_predicate(request.q), selected)) if request.q else list(selected)


def _sort(runs: list[RunValues], sort: str) -> list[RunValues]:
    read = column_reader(sort.lstrip("+-"))
    return sort_by_values(runs, [read(run) for run in runs], descending=sort.startswith("-"))
