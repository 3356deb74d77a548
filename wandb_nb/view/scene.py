"""A run's charts as primitives: what `svg` and `png` write down. Small multiples, at most twelve, then a count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.view import axes, text
from wandb_nb.view.charts import definition, group, split
from wandb_nb.view.marks import Dot, Mark, Panel, Polyline, Rule, Scene, Text
from wandb_nb.view.pyramid import decimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from wandb_nb.view.charts import Chart
    from wandb_nb.view.message import Message, Series

    Points = npt.NDArray[np.float64]

# Each has a contrast of at least 3:1 to white, #111111 and #1e1e1e, the grounds that Jupyter draws on.
COLOURS = ("#2f7de1", "#e0680b", "#16996b", "#b05cd4", "#e0456b", "#0e93b0", "#948b00", "#9a7058")
DASHES: tuple[tuple[int, ...], ...] = ((), (6, 3), (2, 2), (9, 3, 2, 3), (12, 3), (4, 4), (2, 4), (9, 2, 2, 2, 2, 2))
STATES = {"running": "#2f7de1", "finished": "#16996b", "failed": "#e0456b", "crashed": "#e0456b"}
MOST_CHARTS = 12
MOST_ATTEMPTS = 6
MARGIN, GAP, HEAD, FOOT, EMPTY = 14.0, 18.0, 34.0, 18.0, 24.0
TITLE_ROW, LEGEND_ROW, AXIS_ROW, AXIS_COLUMN = 18.0, 14.0, 16.0, 36.0
END_COLUMN, NAMED_END_COLUMN = 42.0, 66.0
ROUGH = 12  # a line that runs up and down more often than this is drawn thin, so that it stays a line
_LARGEST = 1e300
_CHAR = 0.56  # mean width of a character, in units of the font's size


@dataclass(frozen=True)
class _Curve:
    """One metric in a chart: the lines of its attempts, oldest first, as rows of x and value."""

    name: str
    colour: int
    lines: list[Points]


def build(message: Message, points: int = 12_000, *, titled: bool = True) -> Scene:
    """Return the picture of *message* with about *points* points in all its lines together.

    *titled* puts a line with the run's name, state and steps above the charts.
    """
    series = {one.key: one for one in message.series()}
    charts = _charts(message, series)
    shown = charts[:MOST_CHARTS]
    columns, width, height = _sizes(len(shown))
    rows = -(-len(shown) // columns)
    lines = sum(len(series[key].lines()[-MOST_ATTEMPTS:]) for chart in shown for key in chart.keys)
    buckets = max(8, min(int(width * 0.6), points // max(1, 2 * lines)))
    step_x, step_y = width + GAP, height + GAP
    head = HEAD if titled else 4.0
    panels = [
        _panel(
            chart, series, buckets, (MARGIN + place % columns * step_x, head + place // columns * step_y, width, height)
        )
        for place, chart in enumerate(shown)
    ]
    page = (
        2 * MARGIN + columns * step_x - GAP,
        head + (rows * step_y or EMPTY) + (FOOT if len(charts) > len(shown) else 0),
    )
    hidden = sum(len(chart.keys) for chart in charts[MOST_CHARTS:])
    marks = (_title(message, page[0]) if titled else []) + _foot(page, hidden)
    if not shown:
        marks.append(Text(MARGIN, head + 12, "No numbers logged yet", 11))
    return Scene(*page, *_words(message, shown), marks, panels)


def _charts(message: Message, series: dict[str, Series]) -> list[Chart]:
    keys = [key for key, one in series.items() if len(one.value)]
    return [chart for section in group(keys, message.header["metrics"] or []) for chart in section.charts]


def _sizes(count: int) -> tuple[int, float, float]:
    """Return columns, and width and height of a panel: few charts are drawn larger."""
    if count <= 1:
        return 1, 560.0, 230.0 if count else 0.0
    if count in (2, 4):
        return 2, 421.0, 200.0
    return 3, 274.0, 168.0


def _words(message: Message, charts: Sequence[Chart]) -> tuple[str, str]:
    curves = text_curves(message, {key for chart in charts for key in chart.keys})
    return text.headline(message.header["run"]), "; ".join(map(text.trend, curves)) or "No numbers logged yet"


def text_curves(message: Message, only: set[str] | None = None) -> list[text.Curve]:
    """Return the series of *message* (*only* these) for `text`, newest attempt each, hidden ones left out."""
    metrics = message.header["metrics"] or []
    by_key = {one.key: one for one in message.series() if len(one.value) and (only is None or one.key in only)}
    keys = [key for section in group(by_key, metrics) for chart in section.charts for key in chart.keys]
    curves = []
    for key in keys:
        one, found = by_key[key], definition(key, metrics)
        newest = one.lines()[-1][1]
        goal = found["goal"] if found else None
        curves.append(text.Curve(key, one.step[newest].tolist(), one.value[newest].tolist(), goal))
    return curves


def _title(message: Message, width: float) -> list[Mark]:
    run = message.header["run"]
    name = text.clean(run["name"] or run["id"], int(width / 26))
    facts = f"step {run['step']:,} · {text.duration(run['runtime'])}" if run["rows"] else "no rows yet"
    return [
        Dot(MARGIN + 4.5, 16, 4.5, STATES.get(run["state"], COLOURS[-1])),
        Text(MARGIN + 16, 21, name, 14, "ink", bold=True),
        Text(width - MARGIN, 20.5, f"{text.state(run)} · {facts}", 11, "soft", "end"),
    ]


def _foot(page: tuple[float, float], hidden: int) -> list[Mark]:
    return [Text(page[0] / 2, page[1] - 9, f"+{hidden} more metrics", 11, "soft", "middle")] if hidden else []


def _panel(chart: Chart, series: dict[str, Series], buckets: int, place: tuple[float, float, float, float]) -> Panel:
    x, y, width, height = place
    members = [series[key] for key in chart.keys]
    steps = {one.step_metric for one in members}
    by_metric = next(iter(steps)) if len(steps) == 1 else None
    names = _names(chart)
    curves = [_curve(one, names[at], at, by_metric is not None, buckets) for at, one in enumerate(members)]
    top = y + TITLE_ROW + (LEGEND_ROW if len(curves) > 1 else 0)
    right = x + width - (END_COLUMN if len(curves) == 1 else NAMED_END_COLUMN)
    plot = axes.Plot(x + AXIS_COLUMN, top + 4, right, y + height - AXIS_ROW)
    all_points = [line for curve in curves for line in curve.lines]
    scale = axes.Scale.around(plot, all_points)
    by = f"by {text.clean(by_metric, 24)}" if by_metric else ""
    marks: list[Mark] = [
        Text(x, y + 11, text.clean(chart.title, int((width - len(by) * 5.2 - 12) / 12 / _CHAR)), 12, "ink", bold=True),
        Text(plot.right, y + 11, by, 9, "soft", "end"),
        *_legend(curves, x, y + TITLE_ROW + 9, width),
        *_axes(scale, by_metric is None),
    ]
    for curve in reversed(curves):  # the first metric lies on top
        marks += _lines(curve, scale)
    return Panel(x, y, width, height, [*marks, *_end_labels(curves, scale)])


def _names(chart: Chart) -> list[str]:
    """Return what tells the metrics of a chart apart: the whole key, or the prefix where that is enough."""
    prefixes = [split(key)[0] for key in chart.keys]
    unlike = len(set(prefixes)) == len(prefixes) and all(prefixes)
    return [text.clean(name, 24) for name in (prefixes if unlike else chart.keys)]


def _curve(one: Series, name: str, colour: int, by_metric: bool, buckets: int) -> _Curve:
    across = one.x if by_metric and one.x is not None else one.step
    lines = []
    for _, where in one.lines()[-MOST_ATTEMPTS:]:
        xs, ys = _bounded(across[where]), _bounded(one.value[where])
        if np.any(np.diff(xs) < 0):
            order = np.argsort(xs, kind="stable")
            xs, ys = xs[order], ys[order]
        kept = decimate(ys, buckets)
        kept = kept[np.isfinite(xs[kept])]
        lines.append(np.column_stack([xs[kept], ys[kept]]))
    return _Curve(name, colour, [line for line in lines if len(line)])


def _bounded(values: Points) -> Points:
    """Return *values* with infinities as gaps, and the rest so small that the difference of two is a number."""
    return np.where(np.isfinite(values), np.clip(values, -_LARGEST, _LARGEST), np.nan)


def _legend(curves: Sequence[_Curve], x: float, y: float, width: float) -> list[Mark]:
    if len(curves) < 2:  # noqa: PLR2004 - one line needs no legend
        return []
    marks: list[Mark] = []
    at = x
    for number, curve in enumerate(curves):
        room = 22 + len(curve.name) * 10 * _CHAR + 10
        if at + room > x + width and number:
            marks.append(Text(at, y, f"+{len(curves) - number}", 10))
            break
        sample = np.array([[at, y - 3.5], [at + 18, y - 3.5]])
        marks.append(Polyline(sample, COLOURS[curve.colour], 2, DASHES[curve.colour]))
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


def _lines(curve: _Curve, scale: axes.Scale) -> list[Mark]:
    marks: list[Mark] = []
    for number, line in enumerate(curve.lines, 1):
        newest = number == len(curve.lines)
        width, opacity = (1.2 if _rough(line) else 1.75, 1.0) if newest else (1.0, 0.45)
        for piece in pieces(line):
            drawn = np.column_stack([scale.to_x(piece[:, 0]), scale.to_y(piece[:, 1])])
            if len(piece) > 1:
                marks.append(Polyline(drawn, COLOURS[curve.colour], width, DASHES[curve.colour], opacity))
            else:
                marks.append(Dot(drawn[0, 0], drawn[0, 1], 2.5, COLOURS[curve.colour], opacity))
    return marks


def _rough(line: Points) -> bool:
    values = line[np.isfinite(line[:, 1]), 1] / 2  # halves keep differences finite
    return len(values) > 1 and float(np.abs(np.diff(values)).sum()) > ROUGH * float(np.ptp(values))


def pieces(line: Points) -> list[Points]:
    """Return the stretches of *line* between values that are not finite."""
    finite = np.isfinite(line[:, 1])
    cuts = np.flatnonzero(np.diff(finite)) + 1
    return [piece for piece in np.split(line, cuts) if len(piece) and np.isfinite(piece[0, 1])]


def _end_labels(curves: Sequence[_Curve], scale: axes.Scale) -> list[Mark]:
    """Return a dot and the last value at each line's end; labels that would touch are moved apart."""
    ends = []
    for curve in curves:
        finite = curve.lines[-1][np.isfinite(curve.lines[-1][:, 1])] if curve.lines else np.empty((0, 2))
        if len(finite):
            ends.append((float(scale.to_y(finite[-1, 1])), float(scale.to_x(finite[-1, 0])), curve, finite[-1, 1]))
    ends.sort(key=lambda end: end[0])
    marks: list[Mark] = [Dot(x, y, 2.5, COLOURS[curve.colour]) for y, x, curve, _ in ends]
    heights = axes.spread([y for y, *_ in ends], 10.5, scale.plot.top, scale.plot.bottom)
    for height, (_, _, curve, value) in zip(heights, ends, strict=True):
        name = f" {text.clean(curve.name, 6)}" if len(curves) > 1 else ""
        marks.append(Text(scale.plot.right + 5, height + 3.2, axes.short(value) + name, 9, "ink"))
    return marks
