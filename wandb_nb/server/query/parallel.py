"""Runs as lines over parallel axes: config values and results, coloured by one result."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.errors import UsageError
from wandb_nb.server.query.importance import sample_evenly
from wandb_nb.server.query.run_columns import column_label, column_reader, is_column, is_drawable
from wandb_nb.server.query.search import search_predicate
from wandb_nb.server.query.text_format import short_text
from wandb_nb.values import is_finite
from wandb_nb.view.picture.axes import Plot, short, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

    from wandb_nb.run_filters.run_values import RunValues

PLOT = Plot(14, 44, 900, 400)
MAX_AXES = 8  # without the result
MAX_LINES = 1_000
COLORS = 7
_MAX_CATEGORIES = 25
_CATEGORY_LENGTH = 16
_LOG_RATIO = 100  # from two decades on an axis is logarithmic,
_LOG_MEDIAN = 0.25  # if most numbers are near the low end of a linear one
_TICKS = 6
_ROOM = 26  # below the numbers, for runs without one
_NONE, _OTHER = "none", "other"


class ParallelRequest(NamedTuple):
    """The query parameters of the page: the columns of the axes, and the result that is the last axis."""

    axes: tuple[str, ...] = ()
    y: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: QueryParams) -> ParallelRequest:
        """Return the request that the query parameters make."""
        axes = tuple(dict.fromkeys(filter(None, query.getlist("axis"))))[:MAX_AXES]
        return cls(axes, query.get("y", ""), query.get("q", ""))


@dataclass
class Axis:
    """An axis at *left*: its ticks as places and labels, and the place of each line on it."""

    label: str
    is_log: bool
    ticks: list[tuple[float, str]]
    places: list[float]
    left: float = 0.0


class RunLine(NamedTuple):
    """A run as an SVG path; *color* is from 0 for the lowest result to `COLORS - 1`; *texts* are its values."""

    run: Any
    path: str
    color: int
    texts: list[str]


@dataclass
class Parallel:
    """The picture: lines by their result, the highest last, of *total* runs that have the result."""

    result: str
    axes: list[Axis] = field(default_factory=list)
    lines: list[RunLine] = field(default_factory=list)
    total: int = 0
    left_out: int = 0


def make_parallel(runs: Sequence[RunValues], request: ParallelRequest) -> Parallel:
    """Return the picture of those of *runs* that the search selects, or of an even sample of them.

    Raises:
        UsageError: An axis names a value that runs do not have.

    """
    columns = [*(name for name in request.axes if name != request.y), request.y]
    for name in columns:
        if not is_column(name):
            raise UsageError(f"runs have no value {name[:100]!r}; choose one of the list")
    selected = list(filter(search_predicate(request.q), runs))
    read = column_reader(request.y)
    usable = [run for run in selected if is_drawable(read(run))]
    chosen = sample_evenly(sorted(usable, key=lambda run: run.row.created), MAX_LINES)
    picture = Parallel(column_label(request.y), total=len(usable), left_out=len(selected) - len(usable))
    if chosen:
        _draw(picture, sorted(chosen, key=lambda run: float(read(run))), columns)
    return picture


def _draw(picture: Parallel, runs: Sequence[RunValues], columns: Sequence[str]) -> None:
    readers = [column_reader(column) for column in columns]
    values = [[read(run) for run in runs] for read in readers]
    picture.axes = [_axis(column_label(column), one) for column, one in zip(columns, values, strict=True)]
    for index, axis in enumerate(picture.axes):
        axis.left = round(PLOT.left + (PLOT.right - PLOT.left) * index / max(1, len(columns) - 1), 1)
    for index, run in enumerate(runs):
        points = " ".join(f"{axis.left},{axis.places[index]}" for axis in picture.axes)
        share = (PLOT.bottom - picture.axes[-1].places[index]) / (PLOT.bottom - PLOT.top)
        texts = [short_text(one[index], 40) for one in values]
        picture.lines.append(RunLine(run.row, f"M{points}", min(COLORS - 1, int(share * COLORS)), texts))


def _axis(label: str, values: Sequence[Any]) -> Axis:
    """Return an axis of numbers if all values are numbers or missing; else of categories."""
    numbers = [float(value) if is_drawable(value) else math.nan for value in values]
    if any(map(is_drawable, values)) and all(
        value is None or isinstance(value, float) or is_finite(value) for value in values
    ):
        return _number_axis(label, np.array(numbers))
    return _category_axis(label, values)


def _number_axis(label: str, numbers: np.ndarray[Any, np.dtype[np.float64]]) -> Axis:
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    is_low_median = float(np.nanmedian(numbers)) - low < (high - low) * _LOG_MEDIAN
    is_log = low > 0 and high / low >= _LOG_RATIO and is_low_median
    scaled = np.log10(numbers) if is_log else numbers
    low, high = float(np.nanmin(scaled)), float(np.nanmax(scaled))
    if not low < high:
        low, high = low - max(1.0, abs(low)), high + max(1.0, abs(high))
    missing = np.isnan(scaled)
    bottom = PLOT.bottom - (_ROOM if missing.any() else 0)

    def place(value: Any) -> Any:
        return np.round(bottom - (value - low) / (high - low) * (bottom - PLOT.top), 1)

    marks = [(float(place(value)), short(10**value) if is_log else text) for value, text in ticks(low, high, _TICKS)]
    none = [(PLOT.bottom, _NONE)] if missing.any() else []
    return Axis(label, is_log, marks + none, np.where(missing, PLOT.bottom, place(scaled)).tolist())


def _category_axis(label: str, values: Sequence[Any]) -> Axis:
    texts = [_NONE if value is None else short_text(value, _CATEGORY_LENGTH) for value in values]
    counts = Counter(texts)
    frequent = {text for text, _ in counts.most_common(_MAX_CATEGORIES)}
    texts = [text if text in frequent else _OTHER for text in texts]
    names = sorted(set(texts), key=lambda text: (text == _NONE, text == _OTHER, text))
    step = (PLOT.bottom - PLOT.top) / max(1, len(names) - 1)
    middle = (PLOT.top + PLOT.bottom) / 2
    places = {name: round(PLOT.top + index * step, 1) if len(names) > 1 else middle for index, name in enumerate(names)}
    return Axis(label, is_log=False, ticks=[(places[name], name) for name in names], places=[places[t] for t in texts])
