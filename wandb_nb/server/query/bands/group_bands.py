"""Groups of runs as mean lines with bands: one metric over the step, the time or another metric."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.server.query.bands.shared_grid import Grid, GridStatistics
from wandb_nb.server.query.run_groups import MAX_GROUP_KEYS, RunsByValues, group_labels, group_search
from wandb_nb.server.query.search import search_predicate
from wandb_nb.values import evenly_sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from starlette.datastructures import QueryParams

    from wandb_nb.run_filters.run_values import RunValues
    from wandb_nb.server.query.bands.curve_cache import CurveCache
    from wandb_nb.server.query.bands.metric_curve import MetricCurve
    from wandb_nb.server.query.bands.shared_grid import Numbers

MAX_GROUPS = 10
MAX_RUNS = 30  # of a group
RANGE, DEVIATION = "range", "deviation"
_X_KEYS = {"step": "_step", "time": "_runtime"}


class BandsRequest(NamedTuple):
    """The query parameters of the page; *x* is "step", "time" or a metric, *band* is `RANGE` or `DEVIATION`."""

    metric: str = ""
    x: str = "step"
    group: tuple[str, ...] = ()
    band: str = DEVIATION
    q: str = ""
    is_log: bool = False

    @classmethod
    def of(cls, query: QueryParams) -> BandsRequest:
        """Return the request that the query parameters make."""
        metric, x, q = query.get("metric", ""), query.get("x") or "step", query.get("q", "")
        group = tuple(dict.fromkeys(filter(None, query.getlist("group"))))[:MAX_GROUP_KEYS]
        band = RANGE if query.get("band") == RANGE else DEVIATION
        return cls(metric, x, group, band, q, bool(query.get("log")))


@dataclass
class GroupBand:
    """A group of *total* runs, of which *runs* are drawn: its statistics, and the edges of its band at each x."""

    name: str
    search: str
    total: int
    runs: int
    statistics: GridStatistics
    low: Numbers
    high: Numbers

    @property
    def latest(self) -> int:
        """The last place of the grid at which the group has a value."""
        return int(np.flatnonzero(self.statistics.counts)[-1])


@dataclass
class GroupBands:
    """The groups that are drawn on *grid*; the names of those without the metric, and of those beyond the limit."""

    grid: Grid = field(default_factory=lambda: Grid(np.empty(0)))
    groups: list[GroupBand] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    further: list[str] = field(default_factory=list)


class _Members(NamedTuple):
    name: str
    search: str
    runs: list[RunValues]


def load_group_bands(
    connection: Connection, runs: Sequence[RunValues], request: BandsRequest, curves: CurveCache
) -> GroupBands:
    """Return the bands of the largest groups of those of *runs* that the search selects.

    Raises:
        UsageError: A group is by a value that runs do not have.

    """
    groups = RunsByValues(list(filter(search_predicate(request.q), runs)), request.group)
    by_size = np.argsort(-groups.sizes, kind="stable").tolist()
    bands = GroupBands(further=[_name(groups.values[number]) for number in sorted(by_size[MAX_GROUPS:])])
    largest = [_members(groups, number, request.group) for number in sorted(by_size[:MAX_GROUPS])]
    loaded = [(group, _load_curves(connection, group.runs, request, curves)) for group in largest]
    bands.empty = [group.name for group, curves in loaded if not curves]
    drawn = [(group, curves) for group, curves in loaded if curves]
    if drawn:
        bands.grid = Grid.of([curve for _, curves in drawn for curve in curves])
        bands.groups = [_make_band(group, curves, bands.grid, request.band) for group, curves in drawn]
    return bands


def _members(groups: RunsByValues, number: int, names: Sequence[str]) -> _Members:
    values = groups.values[number]
    return _Members(_name(values), group_search(names, values), groups.members(number))


def _name(values: Sequence[Any]) -> str:
    return " · ".join(group_labels(values)) or "all runs"


def _load_curves(
    connection: Connection, runs: Sequence[RunValues], request: BandsRequest, cache: CurveCache
) -> list[MetricCurve]:
    """Return the curves of *runs*, or of an even sample of those whose summary has the metric, if any has."""
    with_metric = [run for run in runs if request.metric in run.summary_leaves] or runs
    chosen = evenly_sampled(sorted(with_metric, key=lambda run: run.row.created), MAX_RUNS)
    x = _X_KEYS.get(request.x, request.x)
    curves = (cache.curve(connection, run.row, request.metric, x) for run in chosen)
    return [curve for curve in curves if curve is not None]


def _make_band(group: _Members, curves: Sequence[MetricCurve], grid: Grid, band: str) -> GroupBand:
    statistics = GridStatistics.of(np.array([grid.values(curve) for curve in curves]))
    low, high = statistics.lowest, statistics.highest
    if band == DEVIATION:
        reach = np.nan_to_num(statistics.deviation)  # no band where one run is alone
        low, high = statistics.mean - reach, statistics.mean + reach
    return GroupBand(group.name, group.search, len(group.runs), len(curves), statistics, low, high)
