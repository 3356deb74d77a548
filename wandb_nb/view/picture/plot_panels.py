"""The charts of `wandb.plot` as primitives, in the same frames as those of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.formatting import clean
from wandb_nb.view.picture import axes, chart
from wandb_nb.view.picture.chart import AXIS_COLUMN, AXIS_ROW, CHAR, TITLE_ROW
from wandb_nb.view.picture.primitives import Dot, Mark, PanelFrame, Rects, Rule, Text
from wandb_nb.view.run_styles import COLOURS, metric_style

if TYPE_CHECKING:
    import numpy.typing as npt

    from wandb_nb.view.previews.plot_preview import PlotData

    Floats = npt.NDArray[np.float64]

_LABEL_COLUMN, _VALUE_COLUMN = 96.0, 40.0
_LEVELS, _SHADE = 3, 0.2  # shades that the palette of the PNG has
_MAX_COUNTED = 12  # classes of a matrix whose counts are written

Place = tuple[float, float, float, float]


def draw_plot(plot: PlotData, place: Place, run_style: int) -> PanelFrame:
    """Return *plot* at *place* (left, top, width, height)."""
    if plot.kind == "lines":
        curves = [
            chart.Curve(name or plot.title, metric_style(run_style, at), [points], [])
            for at, (name, points) in enumerate(plot.lines)
        ]
        return chart.draw(plot.title, curves, place, plot.across or None, ends=False)
    x, y, width, height = place
    marks = _MARKS[plot.kind](plot, place)
    title = Text(x, y + 11, clean(plot.title, int((width - 12) / 12 / CHAR)), 12, "ink", bold=True)
    return PanelFrame(x, y, width, height, [title, *marks])


def _points(plot: PlotData, place: Place) -> list[Mark]:
    plot_area, points = _area(place), plot.lines[0][1]
    scale = axes.Scale.around(plot_area, [points])
    dots: list[Mark] = [Dot(scale.to_x(x), scale.to_y(y), 2, COLOURS[0], 0.6) for x, y in points.tolist()]
    return [*_axes(scale), *dots]


def _histogram(plot: PlotData, place: Place) -> list[Mark]:
    edges, counts = plot.lines[0][1].T
    area = _area(place)
    scale = axes.Scale(area, (float(edges[0]), float(edges[-1])), (0.0, float(counts.max()) or 1.0))
    left, top = scale.to_x(edges[:-1]), scale.to_y(counts[:-1])
    rects = np.column_stack([left, top, np.maximum(np.diff(scale.to_x(edges)) - 1, 0.5), area.bottom - top])
    return [*_axes(scale), Rects(rects, COLOURS[0], 0.8)]


def _bars(plot: PlotData, place: Place) -> list[Mark]:
    """Return one row per bar: its label, the bar and its value."""
    x, y, width, height = place
    values = plot.lines[0][1][:, 1]
    top, room = y + TITLE_ROW + 4, (height - TITLE_ROW - 8) / len(values)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    area = axes.Plot(x + _LABEL_COLUMN, top, x + width - _VALUE_COLUMN, y + height)
    scale = axes.Scale(area, (low, high if high > low else low + 1), (0, 1))
    marks: list[Mark] = []
    for number, (name, value) in enumerate(zip(plot.names, values.tolist(), strict=True)):
        row = top + number * room
        left, right = sorted((float(scale.to_x(0.0)), float(scale.to_x(value))))
        thickness = min(room - 2, 16)
        marks += [
            Text(x + _LABEL_COLUMN - 6, row + thickness / 2 + 3, clean(name, 16), 9, "soft", "end"),
            Rects(np.array([[left, row, max(right - left, 0.5), thickness]]), COLOURS[0], 0.8),
            Text(right + 4, row + thickness / 2 + 3, axes.short(value), 9, "ink"),
        ]
    return marks


def _matrix(plot: PlotData, place: Place) -> list[Mark]:
    """Return the cells in shades, actual classes down and predicted ones across, with counts if there is room."""
    assert plot.cells is not None  # noqa: S101 -- a matrix has cells
    x, y, width, height = place
    count = len(plot.names)
    left, top = x + _LABEL_COLUMN, y + TITLE_ROW + 4
    side = min((width - _LABEL_COLUMN - 8) / count, (height - TITLE_ROW - AXIS_ROW - 8) / count)
    levels = np.ceil(np.sqrt(plot.cells / (plot.cells.max() or 1.0)) * _LEVELS)
    marks: list[Mark] = []
    for level in range(1, _LEVELS + 1):
        places = np.argwhere(levels == level)
        if len(places):
            corners = places[:, ::-1] * side + (left, top)
            marks.append(Rects(np.column_stack([corners, np.full((len(places), 2), side)]), COLOURS[0], level * _SHADE))
    for at, name in enumerate(plot.names):
        marks.append(Text(left - 6, top + at * side + side / 2 + 3, clean(name, 16), min(9.0, side), "soft", "end"))
        if count <= _MAX_COUNTED:
            across = left + at * side + side / 2
            marks.append(Text(across, top + count * side + 11, clean(name, max(2, int(side / 5))), 9, "soft", "middle"))
    if count <= _MAX_COUNTED:
        for row, column in np.argwhere(plot.cells > 0).tolist():
            middle = (left + column * side + side / 2, top + row * side + side / 2 + 3)
            marks.append(
                Text(*middle, axes.short(float(plot.cells[row, column])), min(9.0, side * 0.6), "ink", "middle")
            )
    return marks


def _area(place: Place) -> axes.Plot:
    x, y, width, height = place
    return axes.Plot(x + AXIS_COLUMN, y + TITLE_ROW + 4, x + width - 12, y + height - AXIS_ROW)


def _axes(scale: axes.Scale) -> list[Mark]:
    area = scale.plot
    marks: list[Mark] = []
    for value, label in axes.ticks(*scale.y, 5):
        y = float(scale.to_y(value))
        marks += [Rule(area.left, y, area.right, y), Text(area.left - 5, y + 3.2, label, 9, "soft", "end")]
    for value, label in axes.ticks(*scale.x, round((area.right - area.left) / 36)):
        marks.append(Text(float(scale.to_x(value)), area.bottom + 12, label, 9, "soft", "middle"))
    return marks


_MARKS = {"points": _points, "histogram": _histogram, "bars": _bars, "matrix": _matrix}
"""How each kind of chart besides lines is drawn."""
