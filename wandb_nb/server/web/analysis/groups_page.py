"""A metric of a project's groups of runs: the mean of each with a band. Without JavaScript there are tables of it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from wandb_nb.server.http.services import services_of
from wandb_nb.server.query.bands.group_bands import DEVIATION, RANGE, BandsRequest, GroupBands, load_group_bands
from wandb_nb.server.query.bands.metric_curve import MAX_POINTS
from wandb_nb.server.query.run_columns import column_label, default_columns
from wandb_nb.server.query.run_groups import MAX_GROUP_KEYS
from wandb_nb.server.query.run_table import GROUPINGS
from wandb_nb.server.web.analysis.project_runs import project_runs
from wandb_nb.server.web.render import answer_page, render_page
from wandb_nb.values import evenly_spaced, is_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.run_filters.run_values import RunValues
    from wandb_nb.server.query.bands.group_bands import GroupBand
    from wandb_nb.server.storage.users import User

_MAX_METRICS = 400
_TABLE_LINES = 25
_MAX_NAMES = 20
_DIGITS = 7


class BandCell(NamedTuple):
    """What a group has at one x: the mean, the edges of its band, and the number of runs with a value there."""

    mean: float
    low: float
    high: float
    runs: int


async def groups(request: Request) -> Response:
    """`GET /<entity>/<project>/groups?metric=&x=&group=&group=&band=&log=&q=`: its address is a link to this view."""
    return await answer_page(request, _groups, is_heavy=True)


def _groups(request: Request, user: User) -> Response:
    services, query = services_of(request), request.query_params
    project, listed = project_runs(request, user)
    runs = listed.runs
    metrics, asked = _metrics(runs), BandsRequest.of(query)
    groupings = {**GROUPINGS, **{name: column_label(name) for name in listed.available["Config"]}}
    asked = asked._replace(
        metric=asked.metric or next(iter(metrics), ""), group=asked.group if "group" in query else _default_group(runs)
    )
    with services.database.read() as connection:
        bands = load_group_bands(connection, runs, asked, services.curves)
    return render_page(
        request,
        "groups.html",
        user,
        project=project,
        asked=asked,
        address=_address(asked),
        metrics=list(dict.fromkeys([*filter(None, [asked.metric]), *metrics])),
        axes={"step": "Step", "time": "Time", **{name: name for name in metrics if name not in {"step", "time"}}},
        band_names={DEVIATION: "± deviation", RANGE: "min to max"},
        groupings=groupings,
        group_choices=[*asked.group, ""][:MAX_GROUP_KEYS],
        bands=bands,
        content=_chart_content(bands, asked),
        latest=[cell_at(group, group.latest) for group in bands.groups],
        table=list(_table(bands)),
        max_points=MAX_POINTS,
        max_names=_MAX_NAMES,
    )


def _address(asked: BandsRequest) -> str:
    """Return the parameters of this view: an open page asks for the same one when there are more metrics."""
    choices = {**asked._asdict(), "group": asked.group or ("",), "log": "1" if asked.is_log else ""}
    return urlencode({name: value for name, value in choices.items() if name != "is_log" and value}, doseq=True)


def _metrics(runs: Iterable[RunValues]) -> list[str]:
    names = {key for run in runs for key, value in run.summary_leaves.items() if is_number(value)}
    return sorted(names)[:_MAX_METRICS]


def _default_group(runs: Sequence[RunValues]) -> tuple[str, ...]:
    """Return the run's own group if any run has one, else the first config key that differs, else none."""
    if any(run.row.group_name for run in runs):
        return ("group",)
    return tuple(name for name in default_columns(runs) if name.startswith("config."))[:1]


def cell_at(group: GroupBand, place: int) -> BandCell | None:
    """Return what *group* has at a place of the grid; None if it has no value there."""
    statistics = group.statistics
    if not statistics.counts[place]:
        return None
    edges = float(group.low[place]), float(group.high[place])
    return BandCell(float(statistics.mean[place]), *edges, int(statistics.counts[place]))


def _table(bands: GroupBands) -> Iterable[tuple[float, list[BandCell | None]]]:
    """Yield some places of the grid, spread evenly, with what each group has there."""
    if len(bands.grid.x):
        for place in dict.fromkeys(evenly_spaced(0, len(bands.grid.x) - 1, min(_TABLE_LINES, len(bands.grid.x)))):
            yield float(bands.grid.x[place]), [cell_at(group, place) for group in bands.groups]


def _chart_content(bands: GroupBands, asked: BandsRequest) -> str:
    """Return what the page's script draws, as JSON; null where a group has no value."""
    groups = [
        {
            "name": group.name,
            "mean": _rounded(group.statistics.mean),
            "low": _rounded(group.low),
            "high": _rounded(group.high),
            "counts": group.statistics.counts.tolist(),
        }
        for group in bands.groups
    ]
    content = {
        "metric": asked.metric,
        "axis": asked.x,
        "log": asked.is_log,
        "x": bands.grid.x.tolist(),
        "groups": groups,
    }
    return json.dumps(content, allow_nan=False)


def _rounded(values: Any) -> list[float | None]:
    return [None if math.isnan(value) else float(f"{value:.{_DIGITS}g}") for value in values.tolist()]
