"""The charts of a run as primitives, which `svg` and `png` render: at most twelve, then a count of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.formatting import clean, clock
from wandb_nb.view import run_text
from wandb_nb.view.message.chart_axis import default_axis, x_values
from wandb_nb.view.message.chart_groups import definition, group, line_label
from wandb_nb.view.picture.chart import Curve, curve_of, draw
from wandb_nb.view.picture.object_panels import describe_heatmap, draw_heatmap, draw_texts
from wandb_nb.view.picture.plot_panels import draw_plot
from wandb_nb.view.picture.primitives import Dot, Mark, Scene, Text
from wandb_nb.view.run_styles import COLOURS, metric_style, preferred_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.view.message.chart_groups import Chart
    from wandb_nb.view.message.run_message import Message, Series
    from wandb_nb.view.objects.heatmaps import Heatmap
    from wandb_nb.view.objects.logged_texts import TextSeries
    from wandb_nb.view.picture.primitives import PanelFrame
    from wandb_nb.view.previews.plot_preview import PlotData

STATES = {
    "running": "#2f7de1",
    "finished": "#16996b",
    **dict.fromkeys(("failed", "crashed"), "#e0456b"),
    **dict.fromkeys(("stopped", "interrupted", "killed"), "#7d6cc0"),
}
MAX_CHARTS = 12
MAX_ATTEMPTS = 6
MARGIN, GAP, HEAD, FOOT, EMPTY = 14.0, 18.0, 34.0, 18.0, 24.0


def build(message: Message, points: int = 12_000, *, titled: bool = True, plots: Sequence[PlotData] = ()) -> Scene:
    """Return the picture of *message* with about *points* points in all its lines.

    *titled*: a line with the run's name, state and step is above the charts. *plots* are charts of logged tables.
    """
    series = {one.key: one for one in message.series()}
    charts = _charts(message, series)
    drawn = charts[:MAX_CHARTS]
    lines = sum(len(series[key].lines()[-MAX_ATTEMPTS:]) for chart in drawn for key in chart.keys)
    heatmaps, texts = _objects(message, MAX_CHARTS - len(drawn))
    plots = plots[: MAX_CHARTS - len(drawn) - len(heatmaps) - len(texts)]
    count = len(drawn) + len(heatmaps) + len(texts) + len(plots)
    hidden = sum(len(chart.keys) for chart in charts[MAX_CHARTS:])
    page = Page(count, count + hidden, HEAD if titled else 4.0)
    buckets = page.buckets(lines, points)
    places = map(page.place, range(count))
    style = preferred_style(message.header["run"]["id"])
    panels = [_panel(chart, series, buckets, next(places), style) for chart in drawn]
    panels += [draw_heatmap(heatmap, next(places)) for heatmap in heatmaps]
    panels += [draw_texts(one, next(places)) for one in texts]
    panels += [draw_plot(plot, next(places), style) for plot in plots]
    title, description = _title_and_description(message, drawn, heatmaps)
    note = description if count == 0 else ""
    marks = (_title(message, page.width) if titled else []) + page.foot(hidden, note)
    return Scene(page.width, page.height, title, description, marks, panels)


class Page:
    """The layout of *drawn* of *count* charts below *head* units."""

    def __init__(self, drawn: int, count: int, head: float) -> None:
        self._columns, self._wide, self._high = _sizes(drawn)
        self._head, self._drawn = head, drawn
        rows = -(-drawn // self._columns)
        self.width = 2 * MARGIN + self._columns * (self._wide + GAP) - GAP
        self.height = head + (rows * (self._high + GAP) or EMPTY) + (FOOT if count > drawn else 0)

    def place(self, at: int) -> tuple[float, float, float, float]:
        """Return left, top, width and height of chart *at*."""
        across, down = at % self._columns, at // self._columns
        return (
            MARGIN + across * (self._wide + GAP),
            self._head + down * (self._high + GAP),
            self._wide,
            self._high,
        )

    def buckets(self, lines: int, points: int) -> int:
        """Return the number of buckets of each of *lines* for about *points* points in all."""
        return max(8, min(int(self._wide * 0.6), points // max(1, 2 * lines)))

    def foot(self, hidden: int, note: str = "") -> list[Mark]:
        """Return the count of *hidden* metrics, and the *note* in the place of charts."""
        marks: list[Mark] = []
        if hidden:
            marks.append(Text(self.width / 2, self.height - 9, f"+{hidden} more metrics", 11, "soft", "middle"))
        if note:
            marks.append(Text(MARGIN, self._head + 12, clean(note, int(self.width / 7)), 11))
        return marks


def _charts(message: Message, series: dict[str, Series]) -> list[Chart]:
    keys = [key for key, one in series.items() if len(one.value)]
    return [chart for section in group(keys, message.header["metrics"] or []) for chart in section.charts]


def _sizes(count: int) -> tuple[int, float, float]:
    """Return number of columns, and width and height of a panel: few charts are larger."""
    if count <= 1:
        return 1, 560.0, 230.0 if count else 0.0
    if count in (2, 4):
        return 2, 421.0, 200.0
    return 3, 274.0, 168.0


def _objects(message: Message, room: int) -> tuple[list[Heatmap], list[TextSeries]]:
    """Return at most *room* heat maps and texts, without hidden ones."""
    metrics = message.header["metrics"] or []

    def visible(key: str) -> bool:
        match = definition(key, metrics)
        return match is None or not match["hidden"]

    heatmaps = [one for one in message.heatmaps() if visible(one.key)][:room]
    texts = [one for one in message.header.get("texts") or [] if visible(one["key"])]
    return heatmaps, texts[: room - len(heatmaps)]


def _title_and_description(message: Message, charts: Sequence[Chart], heatmaps: Sequence[Heatmap]) -> tuple[str, str]:
    curves = text_curves(message, {key for chart in charts for key in chart.keys})
    sentences = [*map(run_text.trend, curves), *map(describe_heatmap, heatmaps)]
    return run_text.headline(message.header["run"]), "; ".join(sentences) or run_text.without_numbers(
        message.header.get("media") or []
    )


def text_curves(message: Message, only: set[str] | None = None) -> list[run_text.MetricTrend]:
    """Return the series of *message* (*only* these) for `run_text`: the newest attempt of each, without hidden ones."""
    metrics = message.header["metrics"] or []
    by_key = {one.key: one for one in message.series() if len(one.value) and (only is None or one.key in only)}
    keys = [key for section in group(by_key, metrics) for chart in section.charts for key in chart.keys]
    curves = []
    for key in keys:
        one, match = by_key[key], definition(key, metrics)
        newest = one.lines()[-1][1]
        goal = match["goal"] if match else None
        curves.append(run_text.MetricTrend(key, one.step[newest].tolist(), one.value[newest].tolist(), goal))
    return curves


def _title(message: Message, width: float) -> list[Mark]:
    run = message.header["run"]
    name = clean(run["name"] or run["id"], int(width / 26))
    progress = f"step {run['step']:,} · {clock(run['runtime'])}" if run["rows"] else "no rows yet"
    return [
        Dot(MARGIN + 4.5, 16, 4.5, STATES.get(run["state"], COLOURS[-1])),
        Text(MARGIN + 16, 21, name, 14, "ink", bold=True),
        Text(width - MARGIN, 20.5, f"{run_text.state(run)} · {progress}", 11, "soft", "end"),
    ]


def _panel(
    chart: Chart, series: dict[str, Series], buckets: int, place: tuple[float, float, float, float], run_style: int
) -> PanelFrame:
    by_metric = default_axis(chart.keys, series)
    curves: list[Curve] = []
    for at, (key, name) in enumerate(zip(chart.keys, _names(chart), strict=True)):
        across = x_values(series[key], by_metric, series)
        style = metric_style(run_style, at)
        curves.append(curve_of(series[key], name, style, buckets, across=across, most_attempts=MAX_ATTEMPTS))
    return draw(chart.title, curves, place, by_metric)


def _names(chart: Chart) -> list[str]:
    """Return the names of the lines in a chart."""
    return [clean(line_label(key, chart), 24) for key in chart.keys]
