"""What a static chart of a `wandb.plot` table needs: a bounded number of points, bars or cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from wandb_nb.formatting import clean
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from wandb_nb.view.objects.logged_plots import PlotHeader

    Floats = npt.NDArray[np.float64]

MAX_LINES, MAX_POINTS, MAX_BARS, MAX_CLASSES = 10, 300, 12, 20
_BINS = 20
_MAX_NAME = 30
_SPEC_NAME = re.compile(r"wandb/([a-z_-]+?)_?/v\d+")

Kind = Literal["lines", "points", "bars", "histogram", "matrix"]


class _Spec(NamedTuple):
    """What a chart draws, and its columns where it does not name them; *group* tells apart its lines."""

    kind: Kind
    x: str
    y: str = ""
    group: str = ""


# W&B's built-in charts, as in plot-specs.ts.
_SPECS = {
    "line": _Spec("lines", "x", "y", "stroke"),
    "scatter": _Spec("points", "x", "y"),
    "bar": _Spec("bars", "label", "value"),
    "histogram": _Spec("histogram", "value"),
    "lineseries": _Spec("lines", "step", "lineVal", "lineKey"),
    "area-under-curve": _Spec("lines", "x", "y", "class"),
    "roc": _Spec("lines", "fpr", "tpr", "class"),
    "pr_curve": _Spec("lines", "recall", "precision", "class"),
    "confusion_matrix": _Spec("matrix", "Predicted", "Actual", "nPredictions"),
    "calibration": _Spec("lines", "mean_predicted_value", "fraction_of_positives", "classifier"),
    "class_proportions": _Spec("bars", "class", "count", "dataset"),
    "decision_boundaries": _Spec("points", "x", "y"),
    "elbow": _Spec("lines", "cluster_ranks", "errors"),
    "feature_importances": _Spec("bars", "feature_names", "importances"),
    "learning_curve": _Spec("lines", "train_size", "score", "dataset"),
    "metrics": _Spec("bars", "metric_name", "metric_value", "model_name"),
    "outliers": _Spec("points", "instance_indicies", "distance"),
    "residuals_plot": _Spec("points", "y_pred", "residuals"),
    "silhouette": _Spec("points", "x", "y"),
}
_OTHER_NAMES = {
    "nPredictions": ("Count",),
    "train_size": ("train",),
    "x": ("fpr", "recall"),
    "y": ("tpr", "precision"),
}


@dataclass(frozen=True)
class PlotData:
    """One chart: named *lines* of x and y, which for bars and a histogram are rows of number and value.

    *names* are the labels of bars, or the classes of a matrix, whose counts are *cells*. *across* is the x axis.
    """

    kind: Kind
    title: str
    lines: tuple[tuple[str, Floats], ...] = ()
    names: tuple[str, ...] = ()
    cells: Floats | None = None
    across: str = ""


def is_built_in(plot: PlotHeader) -> bool:
    """Return whether the chart is one of those that are drawn here."""
    return _spec(plot) is not None


def plot_data(plot: PlotHeader, columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> PlotData | None:
    """Return what a chart of a table needs; None for a chart that is not drawn, or a table that does not fit it."""
    spec = _spec(plot)
    if spec is None:
        return None
    title = clean(plot["texts"].get("title") or plot["key"])
    x, y, group = (_column(field, plot, columns, rows) for field in (spec.x, spec.y, spec.group))
    if spec.kind == "matrix":
        return _matrix(title, y, x, group)
    if spec.kind == "histogram":
        return _histogram(title, x)
    if spec.kind == "bars":
        return _bars(title, x, y, group)
    lines = _lines(x, y, group)
    across = clean(plot["fields"].get(spec.x) or spec.x, _MAX_NAME)
    return PlotData(spec.kind, title, lines, across=across) if lines else None


def _spec(plot: PlotHeader) -> _Spec | None:
    match = _SPEC_NAME.fullmatch(plot["spec"])
    return _SPECS.get(match[1]) if match else None


def _column(field: str, plot: PlotHeader, columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[Any] | None:
    """Return the cells of a field: of the column that the chart names, else of the usual one; None without any."""
    names = [str(name).lower() for name in columns]
    named = plot["fields"].get(field)
    wanted = (named,) if named is not None else (field, *_OTHER_NAMES.get(field, ()))
    at = next((names.index(name.lower()) for name in wanted if name and name.lower() in names), None)
    return None if at is None else [row[at] for row in rows]


def _lines(x: list[Any] | None, y: list[Any] | None, group: list[Any] | None) -> tuple[tuple[str, Floats], ...]:
    """Return the points of each group in their order; of many an evenly spaced sample."""
    if x is None or y is None:
        return ()
    groups: dict[str, list[tuple[float, float]]] = {}
    for at, (across, up) in enumerate(zip(x, y, strict=True)):
        if is_finite(across) and is_finite(up):
            groups.setdefault("" if group is None else clean(group[at], _MAX_NAME), []).append((across, up))
    return tuple((name, _sample(np.array(points, np.float64))) for name, points in list(groups.items())[:MAX_LINES])


def _sample(points: Floats) -> Floats:
    if len(points) <= MAX_POINTS:
        return points
    sample: Floats = points[np.linspace(0, len(points) - 1, MAX_POINTS).astype(int)]
    return sample


def _histogram(title: str, values: list[Any] | None) -> PlotData | None:
    numbers = np.array([value for value in values or () if is_finite(value)], np.float64)
    if not len(numbers) or np.abs(numbers).max() > 1e150:  # noqa: PLR2004 -- the range must be finite
        return None
    counts, edges = np.histogram(numbers, _BINS)
    return PlotData("histogram", title, (("", np.column_stack([edges, np.append(counts, 0)]).astype(np.float64)),))


def _bars(title: str, labels: list[Any] | None, values: list[Any] | None, groups: list[Any] | None) -> PlotData | None:
    """Return a bar for each row; the name of its group, if there are groups, follows that of the bar."""
    if groups is not None and labels is not None and len(set(map(str, groups))) > 1:
        labels = [f"{label} {group}" for label, group in zip(labels, groups, strict=True)]
    pairs = [(label, value) for label, value in zip(labels or (), values or (), strict=False) if is_finite(value)]
    if not pairs:
        return None
    heights = np.array([[number, value] for number, (_, value) in enumerate(pairs[:MAX_BARS])], np.float64)
    return PlotData("bars", title, (("", heights),), tuple(clean(label, _MAX_NAME) for label, _ in pairs[:MAX_BARS]))


def _matrix(
    title: str, actual: list[Any] | None, predicted: list[Any] | None, counts: list[Any] | None
) -> PlotData | None:
    if not actual or not predicted or not any(map(is_finite, counts or ())):
        return None
    classes = list(dict.fromkeys(map(str, [*actual, *predicted])))
    if len(classes) > MAX_CLASSES:
        return None
    cells = np.zeros((len(classes), len(classes)))
    for row, column, count in zip(actual, predicted, counts or (), strict=True):
        if is_finite(count):
            cells[classes.index(str(row)), classes.index(str(column))] += count
    return PlotData("matrix", title, names=tuple(clean(name, _MAX_NAME) for name in classes), cells=cells)
