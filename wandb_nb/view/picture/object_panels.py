"""Heat maps and texts as primitives, in the same frames as charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.formatting import clean
from wandb_nb.view.picture import axes
from wandb_nb.view.picture.chart import AXIS_COLUMN, AXIS_ROW, CHAR, TITLE_ROW
from wandb_nb.view.picture.primitives import Mark, PanelFrame, Rects, Text
from wandb_nb.view.run_styles import COLOURS

if TYPE_CHECKING:
    import numpy.typing as npt

    from wandb_nb.view.objects.heatmaps import Heatmap
    from wandb_nb.view.objects.logged_texts import TextSeries

    Floats = npt.NDArray[np.float64]

LEVELS = 5  # shades of one colour, which work on a light and on a dark page
_SCALE_COLUMN = 42.0
_TEXT_ROW = 14.0
_STEP_COLUMN = 40.0

Place = tuple[float, float, float, float]


def draw_heatmap(heatmap: Heatmap, place: Place) -> PanelFrame:
    """Return *heatmap* at *place* (left, top, width, height), with the values of its darkest and lightest shade."""
    x, y, width, height = place
    plot = axes.Plot(x + AXIS_COLUMN, y + TITLE_ROW + 4, x + width - _SCALE_COLUMN, y + height - AXIS_ROW)
    edges = _column_edges(heatmap.step)
    scale = axes.Scale(plot, (float(edges[0]), float(edges[-1])), (float(heatmap.edges[0]), float(heatmap.edges[-1])))
    values, low, high = _shades(heatmap)
    marks: list[Mark] = [_title(heatmap.key, x, y, width), *_labels(scale, whole=heatmap.kind == "list")]
    for level in range(1, LEVELS + 1):
        rects = _rects(values == level, scale.to_x(edges), scale.to_y(heatmap.edges))
        if len(rects):
            marks.append(Rects(rects, COLOURS[0], level / LEVELS))
    unit = " %" if heatmap.kind == "histogram" else ""
    return PanelFrame(x, y, width, height, [*marks, *_scale_marks(plot, f"{low}{unit}", f"{high}{unit}")])


def draw_texts(texts: TextSeries, place: Place) -> PanelFrame:
    """Return the last of *texts* at *place*, newest first, with their steps."""
    x, y, width, height = place
    marks: list[Mark] = [_title(texts["key"], x, y, width)]
    rows = int((height - TITLE_ROW) / _TEXT_ROW)
    for number, row in enumerate(texts["rows"][::-1][:rows]):
        baseline = y + TITLE_ROW + (number + 1) * _TEXT_ROW
        text = clean(row["text"], int((width - _STEP_COLUMN) / 10 / CHAR))
        marks.append(Text(x + _STEP_COLUMN - 8, baseline, axes.short(row["step"]), 9, "soft", "end"))
        marks.append(Text(x + _STEP_COLUMN, baseline, text, 10, "ink"))
    return PanelFrame(x, y, width, height, marks)


def describe_heatmap(heatmap: Heatmap) -> str:
    """Return *heatmap* in words."""
    names = "histograms" if heatmap.kind == "histogram" else "lists"
    steps = f"step {axes.short(heatmap.step[0])} to {axes.short(heatmap.step[-1])}"
    return f"{clean(heatmap.key)}: {heatmap.n} {names}, {steps}"


def _title(key: str, x: float, y: float, width: float) -> Text:
    return Text(x, y + 11, clean(key, int((width - 12) / 12 / CHAR)), 12, "ink", bold=True)


def _column_edges(steps: Floats) -> Floats:
    """Return the edges of the columns of *steps*, halfway between neighbours."""
    if steps[0] == steps[-1]:
        return np.linspace(steps[0] - 0.5, steps[0] + 0.5, len(steps) + 1)
    middles = (steps[1:] + steps[:-1]) / 2
    return np.concatenate([[2 * steps[0] - middles[0]], middles, [2 * steps[-1] - middles[-1]]])


def _shades(heatmap: Heatmap) -> tuple[npt.NDArray[np.int64], str, str]:
    """Return the level of each cell, 0 for none, and the values of the lowest and the highest level."""
    cells = heatmap.cells
    if heatmap.kind == "histogram":
        shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1e-300)
        highest = float(shares.max(initial=0.0))
        levels = np.ceil(np.sqrt(shares / (highest or 1.0)) * LEVELS)
        return levels.astype(np.int64), "0", axes.short(highest * 100)
    finite = cells[np.isfinite(cells)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    position = (np.clip(np.nan_to_num(cells), low, high) / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)
    levels = np.where(np.isfinite(cells), 1 + np.minimum(LEVELS - 1, position * LEVELS), 0)
    return levels.astype(np.int64), axes.short(low), axes.short(high)


def _rects(chosen: npt.NDArray[np.bool_], xs: Floats, ys: Floats) -> Floats:
    """Return left, top, width and height of the *chosen* cells; neighbours along x are one rectangle."""
    rects = []
    for bin_, row in enumerate(chosen.T):
        changes = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]])))
        rects += [
            (xs[first], ys[bin_ + 1], xs[end] - xs[first], ys[bin_] - ys[bin_ + 1])
            for first, end in changes.reshape(-1, 2)
        ]
    return np.array(rects, np.float64).reshape(-1, 4)


def _labels(scale: axes.Scale, *, whole: bool) -> list[Mark]:
    plot = scale.plot
    marks: list[Mark] = [
        Text(plot.left - 5, scale.to_y(value) + 3.2, label, 9, "soft", "end")
        for value, label in axes.ticks(*scale.y, 5, whole=whole)
    ]
    columns = axes.ticks(*scale.x, round((plot.right - plot.left) / 36), whole=True)
    return marks + [Text(scale.to_x(value), plot.bottom + 12, label, 9, "soft", "middle") for value, label in columns]


def _scale_marks(plot: axes.Plot, low: str, high: str) -> list[Mark]:
    """Return the shades from top to bottom, with the values at their ends."""
    height = (plot.bottom - plot.top) / LEVELS
    marks: list[Mark] = [
        Rects(np.array([[plot.right + 6, plot.bottom - level * height, 6, height]]), COLOURS[0], level / LEVELS)
        for level in range(1, LEVELS + 1)
    ]
    return [*marks, Text(plot.right + 15, plot.top + 8, high, 9), Text(plot.right + 15, plot.bottom, low, 9)]
