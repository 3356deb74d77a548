"""One chart as primitives: title, legend, axes, curves, and the labels at their ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.formatting import clean
from wandb_nb.view.message.pyramid import decimate
from wandb_nb.view.picture import axes
from wandb_nb.view.picture.primitives import Dot, Mark, PanelFrame, Polyline, Rule, Text
from wandb_nb.view.run_styles import colour, dash

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from wandb_nb.view.message.run_message import Series

    Points = npt.NDArray[np.float64]

TITLE_ROW, LEGEND_ROW, AXIS_ROW, AXIS_COLUMN = 18.0, 14.0, 16.0, 36.0
END_COLUMN, NAMED_END_COLUMN, _RIGHT_MARGIN = 42.0, 66.0, 12.0
ROUGH = 12  # a line that goes up and down more often than this is drawn thin, so that it remains readable
_MAX_COORDINATE = 1e300
CHAR = 0.56  # mean width of a character, in units of the font's size
_LABEL_APART = 10.5


@dataclass(frozen=True)
class Curve:
    """One metric or run in a chart: the lines of its attempts, oldest first, as rows of x and value.

    *attempts* has the name of each line; it is empty if there is only one attempt.
    """

    name: str
    style: int
    lines: list[Points]
    attempts: list[str]


def draw(
    title: str,
    curves: Sequence[Curve],
    place: tuple[float, float, float, float],
    by_metric: str | None,
    *,
    legend: bool = True,
    ends: bool = True,
) -> PanelFrame:
    """Return the chart of *curves* at *place* (left, top, width, height); the x axis is the step, or *by_metric*.

    Without *legend* the caller shows the names of the curves. Without *ends* the last values are not written.
    """
    x, y, width, height = place
    legend = legend and len(curves) > 1
    top = y + TITLE_ROW + (LEGEND_ROW if legend else 0)
    named = len(curves) > 1 or any(curve.attempts for curve in curves)
    right = x + width - ((NAMED_END_COLUMN if named else END_COLUMN) if ends else _RIGHT_MARGIN)
    plot = axes.Plot(x + AXIS_COLUMN, top + 4, right, y + height - AXIS_ROW)
    scale = axes.Scale.around(plot, [line for curve in curves for line in curve.lines])
    by = f"by {clean(by_metric, 24)}" if by_metric else ""
    marks: list[Mark] = [
        Text(x, y + 11, clean(title, int((width - len(by) * 5.2 - 12) / 12 / CHAR)), 12, "ink", bold=True),
        Text(plot.right, y + 11, by, 9, "soft", "end"),
        *(_legend(curves, x, y + TITLE_ROW + 9, width) if legend else ()),
        *_axes(scale, by_metric is None),
    ]
    for curve in reversed(curves):  # the first metric is drawn on top
        marks += _lines(curve, scale)
    return PanelFrame(x, y, width, height, [*marks, *(_end_labels(curves, scale) if ends else ())])


def curve_of(one: Series, name: str, style: int, buckets: int, *, across: Points, most_attempts: int) -> Curve:
    """Return *one* over *across*, its x values, as a curve with about two points per bucket.

    It has one line for each of the newest attempts, in the order of logging: x may go back and forth.
    """
    lines, attempts = [], []
    for attempt, where in one.lines()[-most_attempts:]:
        line = _line(across[where], one.value[where], buckets)
        if len(line):
            lines.append(line)
            attempts.append(f"attempt {attempt + 1}")
    several = len(lines) > 1 or any(attempt for attempt, _ in one.lines())
    return Curve(name, style, lines, attempts if several and most_attempts > 1 else [])


def _line(xs: Points, ys: Points, buckets: int) -> Points:
    xs, ys = _bounded(xs), _bounded(ys)
    chosen = decimate(ys, buckets)
    chosen = chosen[np.isfinite(xs[chosen])]
    return np.column_stack([xs[chosen], ys[chosen]])


def _bounded(values: Points) -> Points:
    """Return *values* with infinities as gaps, and the rest clipped so that differences are finite."""
    return np.where(np.isfinite(values), np.clip(values, -_MAX_COORDINATE, _MAX_COORDINATE), np.nan)


def _legend(curves: Sequence[Curve], x: float, y: float, width: float) -> list[Mark]:
    if len(curves) < 2:  # noqa: PLR2004 -- one line needs no legend
        return []
    marks: list[Mark] = []
    at = x
    for number, curve in enumerate(curves):
        room = 22 + len(curve.name) * 10 * CHAR + 10
        if at + room > x + width and number:
            marks.append(Text(at, y, f"+{len(curves) - number}", 10))
            break
        sample = np.array([[at, y - 3.5], [at + 18, y - 3.5]])
        marks.append(Polyline(sample, colour(curve.style), 2, dash(curve.style)))
        marks.append(Text(at + 22, y, curve.name, 10))
        at += room
    return marks


def _axes(scale: axes.Scale, by_step: bool) -> list[Mark]:
    plot = scale.plot
    marks: list[Mark] = []
    for value, label in axes.ticks(*scale.y, 5):
        y = scale.to_y(value)
        marks += [Rule(plot.left, y, plot.right, y), Text(plot.left - 5, y + 3.2, label, 9, "soft", "end")]
    for value, label in axes.ticks(*scale.x, round((plot.right - plot.left) / 36), whole=by_step):
        marks.append(Text(scale.to_x(value), plot.bottom + 12, label, 9, "soft", "middle"))
    return marks


def _lines(curve: Curve, scale: axes.Scale) -> list[Mark]:
    marks: list[Mark] = []
    for number, line in enumerate(curve.lines, 1):
        newest = number == len(curve.lines)
        width, opacity = (1.2 if _rough(line) else 1.75, 1.0) if newest else (1.0, 0.45)
        for piece in pieces(line):
            drawn = np.column_stack([scale.to_x(piece[:, 0]), scale.to_y(piece[:, 1])])
            if len(piece) > 1:
                marks.append(Polyline(drawn, colour(curve.style), width, dash(curve.style), opacity))
            else:
                marks.append(Dot(drawn[0, 0], drawn[0, 1], 2.5, colour(curve.style), opacity))
    return marks


def _rough(line: Points) -> bool:
    values = line[np.isfinite(line[:, 1]), 1] / 2  # halves keep differences finite
    return len(values) > 1 and float(np.abs(np.diff(values)).sum()) > ROUGH * float(np.ptp(values))


def pieces(line: Points) -> list[Points]:
    """Return the parts of *line* between values that are not finite."""
    finite = np.isfinite(line[:, 1])
    cuts = np.flatnonzero(np.diff(finite)) + 1
    return [piece for piece in np.split(line, cuts) if len(piece) and np.isfinite(piece[0, 1])]


def _end_labels(curves: Sequence[Curve], scale: axes.Scale) -> list[Mark]:
    """Return a dot and the last value at each line's end; labels that would overlap are moved apart."""
    marks: list[Mark] = []
    labels: list[tuple[float, str, str]] = []
    for curve in curves:
        for at, line in enumerate(curve.lines):
            finite = line[np.isfinite(line[:, 1])]
            if not len(finite):
                continue
            x, y, newest = scale.to_x(finite[-1, 0]), float(scale.to_y(finite[-1, 1])), at == len(curve.lines) - 1
            if newest:
                name = f" {clean(curve.name, 6)}" if len(curves) > 1 else ""
                marks.append(Dot(x, y, 2.5, colour(curve.style)))
                labels.append((y, axes.short(finite[-1, 1]) + name, "ink"))
            if curve.attempts:
                labels.append((y + newest * 1e-3, curve.attempts[at], "soft"))
    return marks + _spread(labels, scale.plot)


def _spread(labels: list[tuple[float, str, str]], plot: axes.Plot) -> list[Mark]:
    """Return the texts to the right of *plot*, near their heights; values take precedence over attempts."""
    room = max(1, int((plot.bottom - plot.top) / _LABEL_APART) + 1)
    chosen = sorted(sorted(labels, key=lambda label: label[2] == "soft")[:room])
    heights = axes.spread([height for height, *_ in chosen], _LABEL_APART, plot.top, plot.bottom)
    return [
        Text(plot.right + 5, height + 3.2, words, 9, paint)
        for height, (_, words, paint) in zip(heights, chosen, strict=True)
    ]
