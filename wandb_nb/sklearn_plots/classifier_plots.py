"""Charts of classifiers: ROC and precision-recall curves, confusion matrix, calibration, class proportions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.plots.classifier_charts import pr_curve, roc_curve
from wandb_nb.errors import MediaError
from wandb_nb.sklearn_plots.chart_log import log_chart, log_value, require, require_fitted, sklearn
from wandb_nb.sklearn_plots.estimator_plots import (
    importances_of,
    plot_feature_importances,
    plot_learning_curve,
    plot_summary_metrics,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DIGITS, _CURVE_DIGITS = 2, 3
_BINS = 10
_TEST_SHARE, _SPLIT_SEED = 0.9, 42  # of the data of a calibration curve, as wandb splits them


def plot_roc(  # noqa: PLR0917 -- the documented signature
    y_true: Sequence[Any] | None = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    plot_micro: bool = True,  # noqa: ARG001 -- the documented signature; the original draws no average, either
    plot_macro: bool = True,  # noqa: ARG001 -- as above
    classes_to_plot: Sequence[Any] | None = None,
) -> None:
    """Log a ROC curve for each class.

    Raises:
        MediaError: An argument is missing or does not fit, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    require("plot_roc", y_true=y_true, y_probas=y_probas)
    assert y_true is not None  # noqa: S101 -- checked above
    log_value("roc", roc_curve(y_true, y_probas, labels, classes_to_plot))


def plot_precision_recall(
    y_true: Sequence[Any] | None = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    plot_micro: bool = True,  # noqa: ARG001 -- as above
    classes_to_plot: Sequence[Any] | None = None,
) -> None:
    """Log a precision-recall curve for each class.

    Raises:
        MediaError: An argument is missing or does not fit, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    require("plot_precision_recall", y_true=y_true, y_probas=y_probas)
    log_value("precision_recall", pr_curve(y_true, y_probas, labels, classes_to_plot))


def plot_confusion_matrix(  # noqa: PLR0917 -- the documented signature
    y_true: Sequence[Any] | None = None,
    y_pred: Sequence[Any] | None = None,
    labels: Sequence[str] | None = None,
    true_labels: Sequence[Any] | None = None,
    pred_labels: Sequence[Any] | None = None,
    normalize: bool = False,
) -> None:
    """Log how often each class was taken for which; with *normalize* as a share of each true class.

    *labels* are the names of the classes. *true_labels* and *pred_labels* limit the classes that are shown.

    Raises:
        MediaError: An argument is missing, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    import numpy as np  # charts are not on the way of plain rows

    require("plot_confusion_matrix", y_true=y_true, y_pred=y_pred)
    truth, guesses = np.asarray(y_true), np.asarray(y_pred)
    classes = np.unique(np.concatenate([truth, guesses])).tolist()
    counts = sklearn("metrics").confusion_matrix(truth, guesses, labels=classes)
    if normalize:
        counts = np.nan_to_num(np.around(counts / counts.sum(axis=1, keepdims=True), _DIGITS))
    names = list(labels) if labels is not None else classes
    rows = [
        (names[guess], names[true], counts[true, guess].item())
        for guess, predicted in enumerate(classes)
        if pred_labels is None or predicted in pred_labels
        for true, actual in enumerate(classes)
        if true_labels is None or actual in true_labels
    ]
    log_chart("confusion_matrix", "confusion_matrix", ("Predicted", "Actual", "Count"), rows)


def plot_class_proportions(y_train: Any = None, y_test: Any = None, labels: Sequence[str] | None = None) -> None:
    """Log how many samples of each class are in the training and in the test data.

    Raises:
        MediaError: An argument is missing.
        NoRunError: No run is active.

    """
    import numpy as np  # as above

    require("plot_class_proportions", y_train=y_train, y_test=y_test)
    train, test = np.asarray(y_train), np.asarray(y_test)
    classes = np.unique(np.concatenate([train, test])).tolist()
    rows = [
        (labels[at] if labels is not None and at < len(labels) else each, dataset, int((values == each).sum()))
        for at, each in enumerate(classes)
        for dataset, values in (("train", train), ("test", test))
    ]
    log_chart("class_proportions", "class_proportions", ("class", "dataset", "count"), rows)


def plot_calibration_curve(clf: Any = None, X: Any = None, y: Any = None, clf_name: str = "Classifier") -> None:  # noqa: N803 -- as above
    """Log how well the probabilities of a binary classifier agree with the truth, calibrated and compared.

    A logistic regression, *clf*, and *clf* calibrated by isotonic regression and by a sigmoid are fitted to a tenth of
    the data; the rest is what they are tested with.

    Raises:
        MediaError: An argument is missing, there are not two classes, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    import numpy as np  # as above

    require("plot_calibration_curve", clf=clf, X=X, y=y)
    require_fitted("plot_calibration_curve", clf)
    if len(np.unique(np.asarray(y))) != 2:  # noqa: PLR2004 -- the classes of a binary classifier
        raise MediaError("a calibration curve needs two classes: give labels of two classes")
    rows: list[tuple[Any, ...]] = [("Perfectly calibrated", 0, 0, 0, 0), ("Perfectly calibrated", 1, 1, 0, 0)]
    rows += _calibration_rows(clf, X, y, clf_name)
    columns = ("model", "fraction_of_positives", "mean_predicted_value", "hist_dict", "edge_dict")
    log_chart("calibration_curve", "calibration", columns, rows)


def _calibration_rows(clf: Any, X: Any, y: Any, name: str) -> Iterator[tuple[Any, ...]]:  # noqa: N803 -- as above
    """Yield the points of each model: fraction of positives and mean probability, and bins of the probabilities."""
    import numpy as np  # as above

    calibration, split = sklearn("calibration"), sklearn("model_selection").train_test_split
    X_train, X_test, y_train, y_test = split(X, y, test_size=_TEST_SHARE, random_state=_SPLIT_SEED)  # noqa: N806 -- as above
    models = {
        "Logistic": sklearn("linear_model").LogisticRegression(C=1.0),
        f"{name} Isotonic": calibration.CalibratedClassifierCV(clf, cv=2, method="isotonic"),
        f"{name} Sigmoid": calibration.CalibratedClassifierCV(clf, cv=2, method="sigmoid"),
    }
    for title, model in models.items():
        model.fit(X_train, y_train)
        scores = model.predict_proba(X_test)[:, 1]
        fractions, means = calibration.calibration_curve(y_test, scores, n_bins=_BINS)
        counts, edges = np.histogram(scores, bins=_BINS)
        for fraction, mean, count, edge in zip(fractions, means, counts, edges[:-1], strict=False):
            yield (
                title,
                round(float(fraction), _CURVE_DIGITS),
                round(float(mean), _CURVE_DIGITS),
                int(count),
                float(edge),
            )


def plot_classifier(  # noqa: PLR0917 -- the documented signature
    model: Any,
    X_train: Any,  # noqa: N803 -- as above
    X_test: Any,  # noqa: N803 -- as above
    y_train: Any,
    y_test: Any,
    y_pred: Any,
    y_probas: Any,
    labels: Sequence[str] | None,
    is_binary: bool = False,
    model_name: str = "Classifier",
    feature_names: Sequence[str] | None = None,
    log_learning_curve: bool = False,
) -> None:
    """Log all charts of a fitted classifier that can be made: those of this module, and of `estimator_plots`.

    Raises:
        MediaError: An argument does not fit, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    require_fitted("plot_classifier", model)
    if importances_of(model) is not None:
        plot_feature_importances(model, feature_names)
    if log_learning_curve:
        plot_learning_curve(model, X_train, y_train)
    plot_confusion_matrix(y_test, y_pred, labels)
    plot_summary_metrics(model, X_train, y_train, X_test, y_test)
    plot_class_proportions(y_train, y_test, labels)
    if is_binary:
        plot_calibration_curve(model, X_train, y_train, model_name)
    plot_roc(y_test, y_probas, labels)
    plot_precision_recall(y_test, y_probas, labels)
