"""How good a classifier is: confusion matrix, ROC and precision-recall curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.plots.custom_chart import CustomChart, plot_table
from wandb_nb.data.tables.table import Table
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Sequence

CURVE_SPEC = "wandb/area-under-curve/v0"
MATRIX_SPEC = "wandb/confusion_matrix/v1"
_DIGITS = 3


def confusion_matrix(  # noqa: PLR0917 -- the documented signature
    probs: Sequence[Sequence[float]] | None = None,
    y_true: Sequence[Any] | None = None,
    preds: Sequence[Any] | None = None,
    class_names: Sequence[str] | None = None,
    title: str = "Confusion Matrix Curve",
    split_table: bool = False,
) -> CustomChart:
    """Return how often each class was taken for which: of predictions *preds*, or of probabilities *probs*.

    Raises:
        MediaError: There are no predictions, not as many as labels, or more classes than names.

    """
    import numpy as np  # charts are not on the way of plain rows

    if y_true is None or (probs is None) == (preds is None):
        raise MediaError(
            "confusion_matrix() needs y_true, and either preds or probs: give confusion_matrix(y_true=, preds=)"
        )
    guesses: list[Any] = np.argmax(probs, axis=1).tolist() if probs is not None else np.asarray(preds).tolist()
    labels: list[Any] = np.asarray(y_true).tolist()
    if len(guesses) != len(labels):
        raise MediaError(f"confusion_matrix() got {len(guesses)} predictions and {len(labels)} labels: give as many")
    if class_names is None:
        classes: list[Any] = sorted({*guesses, *labels})
        names = [f"Class_{number}" for number in range(1, len(classes) + 1)]
    else:
        names, classes = list(class_names), list(range(len(class_names)))
        if not {*guesses, *labels} <= set(classes):
            classes = sorted({*guesses, *labels})
    if len(classes) > len(names):
        raise MediaError(
            f"confusion_matrix() got {len(classes)} classes and {len(names)} class_names: give one for each"
        )
    number_of = {each: number for number, each in enumerate(classes)}
    counts = np.zeros((len(names), len(names)))
    for label, guess in zip(labels, guesses, strict=True):
        counts[number_of[label], number_of[guess]] += 1
    rows = [[names[i], names[j], float(counts[i, j])] for i in range(len(names)) for j in range(len(names))]
    fields = {name: name for name in ("Actual", "Predicted", "nPredictions")}
    return plot_table(MATRIX_SPEC, Table(list(fields), rows), fields, {"title": title}, split_table)


def roc_curve(  # noqa: PLR0917 -- the documented signature
    y_true: Sequence[Any],
    y_probas: Sequence[Sequence[float]] | None = None,
    labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    title: str = "ROC Curve",
    split_table: bool = False,
) -> CustomChart:
    """Return the true positive rate over the false positive rate, a curve for each class.

    Raises:
        MediaError: scikit-learn is not installed, or the probabilities do not fit the labels.

    """
    metrics = _sklearn_metrics("roc_curve()")
    rows: list[list[Any]] = []
    for name, truth, scores in _classes(y_true, y_probas, labels, classes_to_plot):
        false_rates, true_rates, _ = metrics.roc_curve(truth, scores)
        rows += [[name, x, y] for x, y in zip(_rounded(false_rates), _rounded(true_rates), strict=True)]
    texts = {"title": title, "x-axis-title": "False positive rate", "y-axis-title": "True positive rate"}
    table = Table(["class", "fpr", "tpr"], rows)
    return plot_table(CURVE_SPEC, table, {"x": "fpr", "y": "tpr", "class": "class"}, texts, split_table)


def pr_curve(  # noqa: PLR0917 -- the documented signature
    y_true: Sequence[Any] | None = None,
    y_probas: Sequence[Sequence[float]] | None = None,
    labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    interp_size: int = 21,
    title: str = "Precision-Recall Curve",
    split_table: bool = False,
) -> CustomChart:
    """Return the precision at *interp_size* values of the recall, from 1 to 0, a curve for each class.

    Raises:
        MediaError: scikit-learn is not installed, or the probabilities do not fit the labels.

    """
    import numpy as np  # as above

    metrics = _sklearn_metrics("pr_curve()")
    recalls = np.linspace(1, 0, interp_size)
    rows: list[list[Any]] = []
    for name, truth, scores in _classes(y_true, y_probas, labels, classes_to_plot):
        precision, recall, _ = metrics.precision_recall_curve(truth, scores)
        places = np.searchsorted(recall[::-1], recalls, side="left")
        best = np.maximum.accumulate(precision)  # that this recall or a higher one can have
        values = best[::-1][np.minimum(places, len(best) - 1)]
        rows += [[name, y, x] for y, x in zip(_rounded(values), _rounded(recalls), strict=True)]
    texts = {"title": title, "x-axis-title": "Recall", "y-axis-title": "Precision"}
    table = Table(["class", "precision", "recall"], rows)
    return plot_table(CURVE_SPEC, table, {"x": "recall", "y": "precision", "class": "class"}, texts, split_table)


def _classes(
    y_true: Sequence[Any] | None,
    y_probas: Sequence[Sequence[float]] | None,
    labels: Sequence[str] | None,
    classes_to_plot: Sequence[Any] | None,
) -> list[tuple[Any, Any, Any]]:
    """Return name, truth (a bool for each sample) and scores of each class to plot."""
    import numpy as np  # as above

    if y_true is None or y_probas is None:
        raise MediaError("the curve needs labels and probabilities: give y_true and y_probas")
    truth, scores = np.asarray(y_true), np.asarray(y_probas)
    classes = np.unique(truth)
    if scores.shape != (len(truth), len(classes)):
        raise MediaError(
            f"y_probas has the shape {scores.shape}: give one row for each of the {len(truth)} labels and one column "
            f"for each of the {len(classes)} classes"
        )
    chosen = classes if classes_to_plot is None else classes[np.isin(classes, classes_to_plot)]
    numbers = {each: number for number, each in enumerate(classes.tolist())}
    return [
        (labels[numbers[each]] if labels is not None else each, truth == each, scores[:, numbers[each]])
        for each in chosen.tolist()
    ]


def _rounded(values: Any) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]


def _sklearn_metrics(what: str) -> Any:
    try:
        from sklearn import metrics  # the user's library
    except ImportError as error:
        raise MediaError(f"{what} needs scikit-learn: pip install scikit-learn") from error
    return metrics
