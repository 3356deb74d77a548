"""A project's table of runs: which runs, in which order, groups and columns."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.run_filters.run_order import sort_runs_by
from wandb_nb.server.query.search import search_condition, search_predicate
from wandb_nb.values import is_finite, is_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wandb_nb.run_filters.run_values import RunValues

PAGE_SIZE = 100
_MAX_GROUPED_ROWS = 300  # over all groups of a page
_MIN_GROUP_ROWS = 3
_MAX_GROUPS = 200
_MAX_OPEN_RUNS = 60
_MAX_DEFAULT_KEYS = 6
_MAX_KEYS = 400
_MAX_KEY_LENGTH = 200  # of columns
_INSPECTED_RUNS = 200  # to choose columns

RUN_COLUMNS = {
    "created_at": "Started",
    "duration": "Duration",
    "tags": "Tags",
    "group": "Group",
    "job_type": "Job type",
    "notes": "Notes",
}
GROUPINGS = {"group": "Group", "job_type": "Job type", "state": "State", "tags": "Tag"}


class TableRequest(NamedTuple):
    """The query parameters of the page, as written in its address; empty if absent."""

    q: str = ""
    state: str = ""
    sort: str = ""
    group: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> TableRequest:
        """Return the request that the query parameters make."""
        page = query.get("page", "")
        number = int(page) if page.isdecimal() and len(page) < 7 else 1  # noqa: PLR2004 -- digits
        q, state, sort, group = (query.get(name, "") for name in ("q", "state", "sort", "group"))
        return cls(q, state, sort, group, max(1, number))

    def with_changes(self, **changes: Any) -> dict[str, str]:
        """Return the parameters of an address that differs in *changes*; without a page in them it is the first."""
        parameters = {**self._asdict(), "page": "", **changes}
        return {name: str(value) for name, value in parameters.items() if value}


@dataclass
class Group:
    """Runs that share a value: the first of them; `search` finds all. `means` has one mean per column."""

    label: str
    runs: list[RunValues]
    id: str = "all"
    search: str = ""
    total: int = 0
    states: Counter[str] = field(default_factory=Counter)
    means: list[float | None] = field(default_factory=list)
    open: bool = True


@dataclass
class RunTable:
    """The table; it has one group without a label if it is not grouped."""

    request: TableRequest
    groups: list[Group]
    columns: list[str]
    total: int
    of: int
    states: Counter[str]

    @property
    def numeric(self) -> set[str]:
        """The columns that have only numbers in the listed rows."""
        listed = [run for group in self.groups for run in group.runs]
        values = {name: [value for run in listed if (value := cell(run, name)) is not None] for name in self.columns}
        return {
            name for name, column in values.items() if column and all(map(is_number, column)) and name != "created_at"
        }

    @property
    def first(self) -> int:
        """The number of the first listed run, from 1."""
        return (self.request.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        """The number of the last listed run."""
        return min(self.total, self.request.page * PAGE_SIZE)


def list_table(runs: Sequence[RunValues], request: TableRequest, columns: Sequence[str] | None = None) -> RunTable:
    """Return the table of those of *runs* that *request* selects, with *columns*, or with automatic ones for None.

    Raises:
        UsageError: The order or the grouping names a value that runs do not have.

    """
    matches = search_predicate(request.q)
    selected = [run for run in runs if (not request.state or run.row.state == request.state) and matches(run)]
    selected = _sort(selected, request.sort.strip() or "-created_at")
    columns = [name for name in columns if is_column(name)] if columns is not None else default_columns(selected)
    states = Counter(run.row.state for run in runs)
    if request.group:
        groups = _group_runs(selected, request.group, columns)
    else:
        groups = [Group("", selected[(request.page - 1) * PAGE_SIZE : request.page * PAGE_SIZE])]
    return RunTable(request, groups, columns, len(selected), len(runs), states)


def is_column(name: str) -> bool:
    """Whether a table can have the column *name*."""
    return name in RUN_COLUMNS or name.startswith(("config.", "summary_metrics."))


def cell(run: RunValues, column: str) -> Any:
    """Return the value of *column* for *run*; None if it has none."""
    return run_duration(run) if column == "duration" else run.value(column)


def run_duration(run: RunValues) -> float:
    """Return how long the run has taken, in seconds, by its own clock if it reports that."""
    wandb = run.summary.get("_wandb")
    candidates = [wandb.get("runtime") if isinstance(wandb, dict) else None, run.summary.get("_runtime")]
    runtimes = [float(value) for value in candidates if is_finite(value)]
    return max(runtimes) if runtimes else float(run.row.heartbeat - run.row.created)


def column_label(column: str) -> str:
    """Return the heading of *column*."""
    return RUN_COLUMNS.get(column) or column.partition(".")[2] or column


def available_columns(runs: Sequence[RunValues]) -> dict[str, list[str]]:
    """Return the columns to choose from: of the run itself, of the config, of the summary."""
    config: dict[str, None] = {}
    summary: dict[str, None] = {}
    for run in runs:
        config.update(dict.fromkeys(run.config_leaves))
        summary.update(dict.fromkeys(run.summary_leaves))
    return {
        "Run": list(RUN_COLUMNS),
        "Config": [f"config.{key}" for key in sorted(filter(_is_short, config))[:_MAX_KEYS]],
        "Summary": [f"summary_metrics.{key}" for key in sorted(filter(_is_short, summary))[:_MAX_KEYS]],
    }


def default_columns(runs: Sequence[RunValues]) -> list[str]:
    """Return the most informative columns: config values that differ, summary numbers, tags and groups if any."""
    inspected = runs[:_INSPECTED_RUNS]
    values: dict[str, set[str]] = {}
    numbers: dict[str, None] = {}
    for run in inspected:
        for key, value in run.config_leaves.items():
            if not isinstance(value, (dict, list)):
                values.setdefault(key, set()).add(repr(value))
        numbers |= {key: None for key, value in run.summary_leaves.items() if is_number(value)}
    varying = [key for key, different in values.items() if len(different) > 1 or len(inspected) == 1]
    varying, numeric = list(filter(_is_short, varying)), list(filter(_is_short, numbers))
    return [
        "created_at",
        "duration",
        *(name for name in ("tags", "group", "job_type") if any(run.value(name) for run in inspected)),
        *(f"config.{key}" for key in varying[:_MAX_DEFAULT_KEYS]),
        *(f"summary_metrics.{key}" for key in numeric[:_MAX_DEFAULT_KEYS]),
    ]


def _is_short(key: str) -> bool:
    return len(key) <= _MAX_KEY_LENGTH


def _sort(runs: list[RunValues], sort: str) -> list[RunValues]:
    if sort.lstrip("+-") != "duration":
        return sort_runs_by(runs, sort)
    return sorted(runs, key=run_duration, reverse=not sort.startswith("+"))


def _group_runs(runs: Sequence[RunValues], name: str, columns: Sequence[str]) -> list[Group]:
    """Return the runs by their value of *name*; a run with several tags is in several groups."""
    members: dict[str, tuple[Any, list[RunValues]]] = {}
    for run in runs:
        value = run.value(name)
        for one in (value or [None]) if isinstance(value, list) and name == "tags" else [value]:
            members.setdefault(json.dumps(one), (one, []))[1].append(run)
    ranked = sorted(members.values(), key=lambda pair: _group_rank(pair[0]))[:_MAX_GROUPS]
    share = max(_MIN_GROUP_ROWS, _MAX_GROUPED_ROWS // max(1, len(ranked)))
    return [_group(name, value, group, columns, share, len(runs) <= _MAX_OPEN_RUNS) for value, group in ranked]


def _group(  # noqa: PLR0917 -- the parts of one group
    name: str, value: Any, runs: list[RunValues], columns: Sequence[str], share: int, is_open: bool
) -> Group:
    return Group(
        label="none" if value is None else value if isinstance(value, str) else json.dumps(value),
        runs=runs[:share],
        id=hashlib.blake2s(json.dumps(value).encode(), digest_size=6).hexdigest(),
        search=search_condition(name, value),
        total=len(runs),
        states=Counter(run.row.state for run in runs),
        means=[_mean([cell(run, column) for run in runs]) for column in columns],
        open=is_open,
    )


def _group_rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, (int, float)) and not math.isnan(value):
        return (0, value)
    return (2, "") if value is None else (1, str(value))


def _mean(values: Sequence[Any]) -> float | None:
    numbers = [value for value in values if is_finite(value)]
    return sum(numbers) / len(numbers) if numbers else None
