"""Several runs in one picture: one chart per metric, one line per run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.compare.curve_diff import describe_difference
from wandb_nb.formatting import clean, number
from wandb_nb.view.message.chart_axis import default_axis, x_values
from wandb_nb.view.message.chart_groups import group
from wandb_nb.view.picture.chart import CHAR, curve_of, draw
from wandb_nb.view.picture.primitives import Mark, Polyline, Scene, Text
from wandb_nb.view.picture.scene import MARGIN, Page
from wandb_nb.view.run_styles import COLOURS, colour, dash, run_styles
from wandb_nb.view.run_text import without_numbers

if TYPE_CHECKING:
    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.view.picture.primitives import PanelFrame

MAX_RUNS, MAX_CHARTS = len(COLOURS), 6
_HEAD, _LEGEND = 12.0, 16.0


def build(comparison: Comparison, points: int = 12_000) -> Scene:
    """Return the overlaid curves of *comparison*: at most eight runs, about *points* points in all."""
    keys = chart_keys(comparison)
    drawn = keys[:MAX_CHARTS]
    runs = min(len(comparison.labels), MAX_RUNS)
    styles = run_styles(run.message.header["run"]["id"] for run in comparison.inputs[:runs])
    legend = _legend(comparison.legend[:runs], styles, Page(len(drawn), 0, 0.0).width - 2 * MARGIN)
    page = Page(len(drawn), len(keys), _HEAD + _LEGEND * (1 + max((row for row, *_ in legend), default=0)) + 6)
    buckets = page.buckets(runs * len(drawn), points)
    panels = [_panel(comparison, key, styles, buckets, page.place(at)) for at, key in enumerate(drawn)]
    text = description(comparison)
    marks = [*_legend_marks(legend), *page.foot(len(keys) - len(drawn), "" if drawn else text)]
    return Scene(page.width, page.height, title(comparison), text, marks, panels)


def chart_keys(comparison: Comparison) -> list[str]:
    """Return the metrics with a chart, in the order of a run's charts, without hidden and step metrics."""
    metrics = [metric for one in comparison.inputs for metric in one.message.header["metrics"] or []]
    sections = group(comparison.keys, metrics)
    return [key for section in sections for chart in section.charts for key in chart.keys]


def title(comparison: Comparison) -> str:
    """Return one line with the names of the runs."""
    return " · ".join(comparison.labels)


def description(comparison: Comparison) -> str:
    """Return the curves in words: the last value of each run, and for a pair the difference."""
    sentences = []
    for key in chart_keys(comparison)[:MAX_CHARTS]:
        ends = [
            f"{label} {number(float(curve.value[-1]))}"
            for label, curve in zip(comparison.labels, comparison.curves(key), strict=True)
            if curve is not None
        ]
        aligned = comparison.aligned(key) if len(comparison.inputs) == 2 else None  # noqa: PLR2004 -- a pair
        difference = [describe_difference(aligned, comparison.labels)] if aligned else []
        sentences.append(f"{clean(key)}: {', '.join([*ends, *difference])}")
    return "; ".join(sentences) or without_numbers(
        series for one in comparison.inputs for series in one.message.header.get("media") or []
    )


def _panel(
    comparison: Comparison, key: str, styles: list[int], buckets: int, place: tuple[float, float, float, float]
) -> PanelFrame:
    runs = [run.series for run in comparison.inputs[:MAX_RUNS]]
    members = [(at, series) for at, series in enumerate(runs) if key in series]
    by = {default_axis([key], series) for _, series in members}
    by_metric = next(iter(by)) if len(by) == 1 else None
    lines = [
        curve_of(
            series[key],
            comparison.labels[at],
            styles[at],
            buckets,
            across=x_values(series[key], by_metric, series),
            most_attempts=1,
        )
        for at, series in members
    ]
    return draw(key, lines, place, by_metric, legend=False)


def _legend(labels: list[str], styles: list[int], width: float) -> list[tuple[int, float, str, int]]:
    """Return row, distance from the left, label and style of each run."""
    entries: list[tuple[int, float, str, int]] = []
    row, at = 0, 0.0
    for style, label in zip(styles, labels, strict=True):
        room = 24 + len(label) * 11 * CHAR + 14
        if at and at + room > width:
            row, at = row + 1, 0.0
        entries.append((row, at, label, style))
        at += room
    return entries


def _legend_marks(entries: list[tuple[int, float, str, int]]) -> list[Mark]:
    marks: list[Mark] = []
    for row, at, label, style in entries:
        x, y = MARGIN + at, _HEAD + row * _LEGEND + 9
        sample = np.array([[x, y - 4.0], [x + 20, y - 4.0]])
        marks += [Polyline(sample, colour(style), 2, dash(style)), Text(x + 24, y, label, 11, "ink")]
    return marks
