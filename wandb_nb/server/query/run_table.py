"""A project's runs as a table: which are shown, in which order, in which groups, with which columns."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.server.query.filters import ordered_by
from wandb_nb.server.query.search import condition, search
from wandb_nb.values import is_finite, is_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wandb_nb.server.query.filters import RunValues

PAGE = 100
_IN_GROUPS = 300  # rows over all groups of a page
_FEWEST_IN_GROUP = 3
_MOST_GROUPS = 200
_OPEN_UP_TO = 60
_MOST_OF_A_KIND = 6
_MOST_KEYS = 400
_LOOKED_AT = 200  # runs, to choose columns

OWN = {
    "created_at": "Started",
    "duration": "Duration",
    "tags": "Tags",
    "group": "Group",
    "job_type": "Job type",
    "notes": "Notes",
}
GROUPINGS = {"group": "Group", "job_type": "Job type", "state": "State", "tags": "Tag"}


class TableRequest(NamedTuple):
    """What the page's address asks for; each as it stands there, or empty."""

    q: str = ""
    state: str = ""
    sort: str = ""
    group: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> TableRequest:
        """Return what the parameters *query* say."""
        page = query.get("page", "")
        number = int(page) if page.isdecimal() and len(page) < 7 else 1  # noqa: PLR2004 - digits
        q, state, sort, group = (query.get(name, "") for name in ("q", "state", "sort", "group"))
        return cls(q, state, sort, group, max(1, number))

    def but(self, **changes: Any) -> dict[str, str]:
        """Return the parameters of an address that differs in *changes*; a page is left out, so it is the first."""
        told = {**self._asdict(), "page": "", **changes}
        return {name: str(value) for name, value in told.items() if value}


@dataclass
class Group:
    """Runs that share a value: the first of them, `search` finds them all. `means` are those of columns."""

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
    """The table: one group without a label where it is not grouped."""

    asked: TableRequest
    groups: list[Group]
    columns: list[str]
    total: int
    of: int
    states: Counter[str]

    @property
    def numeric(self) -> set[str]:
        """The columns that hold numbers, in the rows shown."""
        shown = [facts for group in self.groups for facts in group.runs]
        found = {name: [value for facts in shown if (value := cell(facts, name)) is not None] for name in self.columns}
        return {
            name for name, values in found.items() if values and all(map(is_number, values)) and name != "created_at"
        }

    @property
    def first(self) -> int:
        """The number of the first run shown, from 1."""
        return (self.asked.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last run shown."""
        return min(self.total, self.asked.page * PAGE)


def list_runs(found: Sequence[RunValues], asked: TableRequest, chosen: Sequence[str] | None = None) -> RunTable:
    """Return the table of the runs in *found* that *asked* asks for, with the columns *chosen*, or such as tell most.

    UsageError where the order names what runs do not have.
    """
    fits = search(asked.q)
    kept = [facts for facts in found if (not asked.state or facts.row.state == asked.state) and fits(facts)]
    kept = _ordered(kept, asked.sort.strip() or "-created_at")
    columns = list(chosen) if chosen is not None else automatic(kept)
    states = Counter(facts.row.state for facts in found)
    if asked.group:
        groups = _grouped(kept, asked.group, columns)
    else:
        groups = [Group("", kept[(asked.page - 1) * PAGE : asked.page * PAGE])]
    return RunTable(asked, groups, columns, len(kept), len(found), states)


def cell(facts: RunValues, column: str) -> Any:
    """Return what stands in *column* of a run's row; None where the run has no such value."""
    return duration(facts) if column == "duration" else facts.value(column)


def duration(facts: RunValues) -> float:
    """Return how long the run has been at work, in seconds, by its own clock where it tells that."""
    own = facts.summary.get("_wandb")
    told = [own.get("runtime") if isinstance(own, dict) else None, facts.summary.get("_runtime")]
    known = [float(value) for value in told if is_finite(value)]
    return max(known) if known else float(facts.row.heartbeat - facts.row.created)


def label_of(column: str) -> str:
    """Return the heading of *column*."""
    return OWN.get(column) or column.partition(".")[2] or column


def _ordered(found: list[RunValues], sort: str) -> list[RunValues]:
    if sort.lstrip("+-") != "duration":
        return ordered_by(found, sort)
    return sorted(found, key=duration, reverse=not sort.startswith("+"))


def known_columns(found: Sequence[RunValues]) -> dict[str, list[str]]:
    """Return which columns there are, by kind: of the run itself, of its config, of its summary."""
    config: dict[str, None] = {}
    summary: dict[str, None] = {}
    for facts in found:
        config.update(dict.fromkeys(facts.config_leaves))
        summary.update(dict.fromkeys(facts.summary_leaves))
    return {
        "Run": list(OWN),
        "Config": [f"config.{key}" for key in sorted(config)[:_MOST_KEYS]],
        "Summary": [f"summary_metrics.{key}" for key in sorted(summary)[:_MOST_KEYS]],
    }


def automatic(found: Sequence[RunValues]) -> list[str]:
    """Return the columns that tell most: config values that differ, numbers of the summary, tags and groups if any."""
    some = found[:_LOOKED_AT]
    values: dict[str, set[str]] = {}
    numbers: dict[str, None] = {}
    for facts in some:
        for key, value in facts.config_leaves.items():
            if not isinstance(value, (dict, list)):
                values.setdefault(key, set()).add(repr(value))
        numbers |= {key: None for key, value in facts.summary_leaves.items() if is_number(value)}
    varied = [key for key, seen in values.items() if len(seen) > 1 or len(some) == 1]
    return [
        "created_at",
        "duration",
        *(name for name in ("tags", "group", "job_type") if any(facts.value(name) for facts in some)),
        *(f"config.{key}" for key in varied[:_MOST_OF_A_KIND]),
        *(f"summary_metrics.{key}" for key in list(numbers)[:_MOST_OF_A_KIND]),
    ]


def _grouped(found: Sequence[RunValues], name: str, columns: Sequence[str]) -> list[Group]:
    """Return the runs by their value of *name*; a run with several tags stands in several groups."""
    held: dict[str, tuple[Any, list[RunValues]]] = {}
    for facts in found:
        value = facts.value(name)
        for one in (value or [None]) if isinstance(value, list) and name == "tags" else [value]:
            held.setdefault(json.dumps(one), (one, []))[1].append(facts)
    ranked = sorted(held.values(), key=lambda pair: _rank(pair[0]))[:_MOST_GROUPS]
    share = max(_FEWEST_IN_GROUP, _IN_GROUPS // max(1, len(ranked)))
    return [_group(name, value, runs, columns, share, len(found) <= _OPEN_UP_TO) for value, runs in ranked]


def _group(  # noqa: PLR0917 - the parts of one group
    name: str, value: Any, runs: list[RunValues], columns: Sequence[str], share: int, is_open: bool
) -> Group:
    return Group(
        label="none" if value is None else value if isinstance(value, str) else json.dumps(value),
        runs=runs[:share],
        id=hashlib.blake2s(json.dumps(value).encode(), digest_size=6).hexdigest(),
        search=condition(name, value),
        total=len(runs),
        states=Counter(facts.row.state for facts in runs),
        means=[_mean([cell(facts, column) for facts in runs]) for column in columns],
        open=is_open,
    )


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, (int, float)) and not math.isnan(value):
        return (0, value)
    return (2, "") if value is None else (1, str(value))


def _mean(values: Sequence[Any]) -> float | None:
    numbers = [value for value in values if is_finite(value)]
    return sum(numbers) / len(numbers) if numbers else None
