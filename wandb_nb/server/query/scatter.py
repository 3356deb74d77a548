"""Runs as points of two of their numbers: config values, results or duration."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.errors import UsageError
from wandb_nb.server.query.run_columns import cell, column_label, is_column, is_drawable
from wandb_nb.server.query.search import search_predicate
from wandb_nb.values import is_finite
from wandb_nb.view.picture.axes import Plot, Scale, short, ticks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wandb_nb.run_filters.run_values import RunValues

PLOT = Plot(70, 14, 786, 420)
MAX_POINTS = 5_000
_DURATION = "duration"
_MAX_KEYS = 400
_TICKS = 8


class ScatterRequest(NamedTuple):
    """The query parameters of the page; *log_x* and *log_y* are set for logarithmic axes."""

    x: str = ""
    y: str = ""
    q: str = ""
    log_x: bool = False
    log_y: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ScatterRequest:
        """Return the request that the query parameters make."""
        x, y, q = (query.get(name, "") for name in ("x", "y", "q"))
        return cls(x, y, q, bool(query.get("log_x")), bool(query.get("log_y")))


class RunDot(NamedTuple):
    """A run at its place in the picture."""

    run: Any
    left: float
    top: float
    x: float
    y: float


@dataclass
class Scatter:
    """The picture: dots, and the ticks of both axes as places and labels. *left_out* runs lack one of the numbers."""

    x: str
    y: str
    dots: list[RunDot] = field(default_factory=list)
    ticks_x: list[tuple[float, str]] = field(default_factory=list)
    ticks_y: list[tuple[float, str]] = field(default_factory=list)
    left_out: int = 0


def numeric_columns(runs: Sequence[RunValues]) -> list[str]:
    """Return the columns of *runs* that have numbers: config first, then results, the duration last."""
    config: dict[str, None] = {}
    summary: dict[str, None] = {}
    for run in runs:
        config |= {key: None for key, value in run.config_leaves.items() if is_finite(value)}
        summary |= {key: None for key, value in run.summary_leaves.items() if is_finite(value)}
    names = [f"config.{key}" for key in sorted(config)[:_MAX_KEYS]]
    return [*names, *(f"summary_metrics.{key}" for key in sorted(summary)[:_MAX_KEYS]), _DURATION]


def make_scatter(runs: Sequence[RunValues], request: ScatterRequest) -> Scatter:
    """Return the picture of the newest of *runs* that the search selects.

    Raises:
        UsageError: An axis names a value that runs do not have.

    """
    for name in (request.x, request.y):
        if not is_column(name):
            raise UsageError(f"runs have no number {name[:100]!r}; choose one of the list")
    matches = search_predicate(request.q)
    selected = sorted(filter(matches, runs), key=lambda run: -run.row.created)
    values = [(run, cell(run, request.x), cell(run, request.y)) for run in selected]
    usable = [one for one in values if _is_usable(one[1], request.log_x) and _is_usable(one[2], request.log_y)]
    drawn = usable[:MAX_POINTS]
    scatter = Scatter(column_label(request.x), column_label(request.y), left_out=len(values) - len(drawn))
    if drawn:
        _draw(scatter, drawn, request)
    return scatter


def _is_usable(value: Any, is_log: bool) -> bool:
    return is_drawable(value) and (value > 0 or not is_log)


def _draw(scatter: Scatter, drawn: Sequence[tuple[RunValues, Any, Any]], request: ScatterRequest) -> None:
    places = [[_place(x, request.log_x), _place(y, request.log_y)] for _, x, y in drawn]
    scale = Scale.around(PLOT, [np.array(places, dtype=np.float64)])
    scatter.dots = [
        RunDot(run.row, round(scale.to_x(left), 1), round(scale.to_y(top), 1), float(x), float(y))
        for (run, x, y), (left, top) in zip(drawn, places, strict=True)
    ]
    scatter.ticks_x = [(round(scale.to_x(value), 1), text) for value, text in _ticks(scale.x, request.log_x)]
    scatter.ticks_y = [(round(scale.to_y(value), 1), text) for value, text in _ticks(scale.y, request.log_y)]


def _place(value: float, is_log: bool) -> float:
    return math.log10(value) if is_log else float(value)


def _ticks(span: tuple[float, float], is_log: bool) -> list[tuple[float, str]]:
    marks = ticks(*span, _TICKS)
    return [(value, short(10**value)) for value, _ in marks] if is_log else marks
