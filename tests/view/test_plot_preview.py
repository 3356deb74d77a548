"""Static charts of `wandb.plot` tables: what each kind draws, and tables that do not fit their chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from wandb_nb.view.picture.plot_panels import draw_plot
from wandb_nb.view.picture.primitives import Dot, Polyline, Rects, Text
from wandb_nb.view.previews.plot_preview import MAX_LINES, MAX_POINTS, plot_data

if TYPE_CHECKING:
    from wandb_nb.view.objects.logged_plots import PlotHeader

PLACE = (10.0, 10.0, 274.0, 168.0)


def plot(spec: str, **fields: str) -> PlotHeader:
    """Return the header of a chart."""
    return {"key": "k", "spec": spec, "table": "k_table", "fields": fields, "texts": {"title": "Title"}}


def marks(header: PlotHeader, columns: list[str], rows: list[list[Any]]) -> list[Any]:
    """Return the marks of the chart of a table."""
    data = plot_data(header, columns, rows)
    assert data is not None
    return draw_plot(data, PLACE, 0).marks


def test_lines_are_told_apart_by_their_group() -> None:
    """Each value of the group's column is a line of its own, in the order of its rows."""
    rows = [[name, x, x * factor] for name, factor in (("a", 1), ("b", 2)) for x in (0.0, 0.5, 1.0)]
    drawn = marks(plot("wandb/area-under-curve/v0", x="fpr", y="tpr", **{"class": "c"}), ["c", "fpr", "tpr"], rows)
    lines = [mark for mark in drawn if isinstance(mark, Polyline)]
    texts = {mark.text for mark in drawn if isinstance(mark, Text)}

    assert {"a", "b", "by fpr", "Title"} <= texts
    assert len([line for line in lines if len(line.points) == 3]) == 2


def test_each_kind_has_its_marks() -> None:
    """Points are dots, bars have labels and values, a histogram has bins, a matrix its counts."""
    points = marks(plot("wandb/scatter/v0", x="a", y="b"), ["a", "b"], [[1, 2], [3, 4], [5, None]])
    bars = marks(plot("wandb/bar/v0", label="l", value="v"), ["l", "v"], [["one", 1], ["two", -2]])
    bins = marks(plot("wandb/histogram/v0", value="v"), ["v"], [[float(n % 7)] for n in range(99)])
    fields = {"Actual": "A", "Predicted": "P", "nPredictions": "n"}
    cells = [["cat", "cat", 5], ["cat", "dog", 0], ["dog", "cat", 2], ["dog", "dog", 9]]
    matrix = marks(plot("wandb/confusion_matrix/v1", **fields), ["A", "P", "n"], cells)

    assert sum(isinstance(mark, Dot) for mark in points) == 2
    assert {"one", "two", "1", "-2"} <= {mark.text for mark in bars if isinstance(mark, Text)}
    (rects,) = [mark for mark in bins if isinstance(mark, Rects)]
    assert len(rects.rects) == 20
    assert {"cat", "dog", "5", "2", "9"} <= {mark.text for mark in matrix if isinstance(mark, Text)}
    for drawn in (points, bars, bins, matrix):
        for mark in drawn:
            if isinstance(mark, Rects):
                edges = np.concatenate([mark.rects[:, :2], mark.rects[:, :2] + mark.rects[:, 2:]])
                assert edges.min() >= 9
                assert edges[:, 0].max() <= 10 + 274 + 1
                assert edges[:, 1].max() <= 10 + 168 + 1


def test_many_rows_are_sampled() -> None:
    """A table of 10,000 rows has at most 300 points per line and ten lines, with the ends."""
    rows = [[n, n * 2, f"g{n % 15}"] for n in range(10_000)]
    data = plot_data(plot("wandb/line/v0", x="x", y="y", stroke="g"), ["x", "y", "g"], rows)

    assert data is not None
    assert len(data.lines) == MAX_LINES
    assert all(len(points) == MAX_POINTS for _, points in data.lines)
    assert data.lines[0][1][-1].tolist() == [9990.0, 19980.0]


@pytest.mark.parametrize("spec", ["wandb/line/v0", "wandb/bar/v0", "wandb/histogram/v0", "wandb/confusion_matrix/v1"])
@pytest.mark.parametrize("columns", [[], ["x", "y"], ["label", "value"], ["Actual", "Predicted", "nPredictions"]])
def test_a_table_that_does_not_fit_is_no_chart(spec: str, columns: list[str]) -> None:
    """Cells that are no numbers, and missing columns, give no chart and no error."""
    rows: list[list[Any]] = [[None, {"a": 1}, "x", float("nan"), 10**400][: len(columns)] for _ in range(3)]
    assert plot_data(plot(spec), columns, rows) is None


def test_charts_of_others_are_not_drawn() -> None:
    """A chart that a user defined on W&B's server is left to the table."""
    for spec in ("someone/line/v0", "wandb/unknown/v0", "", "wandb/line"):
        assert plot_data(plot(spec, x="x", y="y"), ["x", "y"], [[1, 2]]) is None
