"""Charts of regressors: residuals, and samples that have an unusual influence."""

from __future__ import annotations

from typing import Any

from wandb_nb.sklearn_plots.chart_log import log_chart, require, require_fitted, sklearn
from wandb_nb.sklearn_plots.estimator_plots import plot_learning_curve, plot_summary_metrics

_TEST_SHARE = 0.2
_THRESHOLD = 4  # Cook's distance of outliers, times the number of samples


def plot_residuals(regressor: Any = None, X: Any = None, y: Any = None) -> None:  # noqa: N803 -- the documented signature
    """Log the residuals of *regressor*, fitted to four fifths of the data and tested with the rest.

    Raises:
        MediaError: An argument is missing, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    import numpy as np  # charts are not on the way of plain rows

    require("plot_residuals", regressor=regressor, X=X, y=y)
    require_fitted("plot_residuals", regressor)
    split = sklearn("model_selection").train_test_split
    X_train, X_test, y_train, y_test = split(X, y, test_size=_TEST_SHARE)  # noqa: N806 -- as above
    regressor.fit(X_train, y_train)
    scores = float(regressor.score(X_train, y_train)), float(regressor.score(X_test, y_test))
    rows = []
    for dataset, inputs, truth in (("train", X_train, y_train), ("test", X_test, y_test)):
        predicted = np.asarray(regressor.predict(inputs), float)
        residuals = predicted - np.asarray(truth, float)
        rows += [(dataset, *pair, *scores) for pair in zip(predicted.tolist(), residuals.tolist(), strict=True)]
    log_chart("residuals", "residuals_plot", ("dataset", "y_pred", "residuals", "train_score", "test_score"), rows)


def plot_outlier_candidates(regressor: Any = None, X: Any = None, y: Any = None) -> None:  # noqa: N803 -- as above
    """Log Cook's distance of each sample: how much *regressor*, fitted to all of the data, depends on it.

    Raises:
        MediaError: An argument is missing.
        NoRunError: No run is active.

    """
    import numpy as np  # as above

    require("plot_outlier_candidates", regressor=regressor, X=X, y=y)
    require_fitted("plot_outlier_candidates", regressor)
    inputs, truth = np.asarray(X, float), np.asarray(y, float)
    regressor.fit(X, y)
    leverage = (inputs * np.linalg.pinv(inputs).T).sum(axis=1)
    rank = np.linalg.matrix_rank(inputs)
    residuals = truth - np.asarray(regressor.predict(X), float)
    mean_square = residuals @ residuals / (len(inputs) - rank)
    studentized = residuals / np.sqrt(mean_square) / np.sqrt(1 - leverage)
    distances = studentized**2 / rank * leverage / (1 - leverage)
    threshold = _THRESHOLD / len(inputs)
    share = round(100 * float((distances > threshold).sum()) / len(inputs), 2)
    rows = [(distance, number, share, threshold) for number, distance in enumerate(distances.tolist())]
    columns = ("distance", "instance_indicies", "outlier_percentage", "influence_threshold")  # spelt so in the format
    log_chart("outlier_candidates", "outliers", columns, rows)


def plot_regressor(  # noqa: PLR0917 -- the documented signature
    model: Any,
    X_train: Any,  # noqa: N803 -- as above
    X_test: Any,  # noqa: N803 -- as above
    y_train: Any,
    y_test: Any,
    model_name: str = "Regressor",  # noqa: ARG001 -- as above
) -> None:
    """Log all charts of a fitted regressor.

    Raises:
        MediaError: An argument does not fit, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    plot_summary_metrics(model, X_train, y_train, X_test, y_test)
    plot_learning_curve(model, X_train, y_train)
    plot_outlier_candidates(model, X_train, y_train)
    plot_residuals(model, X_train, y_train)
