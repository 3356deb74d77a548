"""Charts of any model: how important its features are, how it learns, and how good it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import MediaError
from wandb_nb.sklearn_plots.chart_log import log_chart, require, require_fitted, sklearn

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIGITS = 2
_IMPORTANCES = ("feature_importances_", "coef_", "feature_log_prob_")


def plot_feature_importances(
    model: Any = None,
    feature_names: Sequence[str] | None = None,
    title: str = "Feature Importance",  # noqa: ARG001 -- the documented signature; the chart has a title of its own
    max_num_features: int = 50,
) -> None:
    """Log the importances of the features, the largest first, at most *max_num_features*.

    Raises:
        MediaError: The model has no importances or coefficients, or is not fitted.
        NoRunError: No run is active.

    """
    require("plot_feature_importances", model=model)
    require_fitted("plot_feature_importances", model)
    values = importances_of(model)
    if values is None:
        raise MediaError(
            f"{type(model).__name__} has no feature importances: give a model with {_IMPORTANCES[0]} or coef_"
        )
    names = list(range(len(values))) if feature_names is None else list(feature_names)
    ranked = sorted(zip(names, values, strict=False), key=lambda pair: pair[1], reverse=True)
    log_chart("feature_importances", "feature_importances", ("feature_names", "importances"), ranked[:max_num_features])


def importances_of(model: Any) -> list[float] | None:
    """Return one number for each feature of a fitted *model*; None if it has none."""
    import numpy as np  # charts are not on the way of plain rows

    for name in _IMPORTANCES:
        values = getattr(model, name, None)
        if values is not None:
            array = np.asarray(values, float)
            row: list[float] = (array[0] if array.ndim > 1 else array).tolist()
            return row
    return None


def plot_learning_curve(  # noqa: PLR0917 -- the documented signature
    model: Any = None,
    X: Any = None,  # noqa: N803 -- as above
    y: Any = None,
    cv: Any = None,
    shuffle: bool = False,
    random_state: Any = None,
    train_sizes: Any = None,
    n_jobs: int = 1,
    scoring: Any = None,
) -> None:
    """Log the scores of *model* on training and test data, for growing parts of the data. It is fitted several times.

    Raises:
        MediaError: An argument is missing, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    import numpy as np  # as above

    require("plot_learning_curve", model=model, X=X, y=y)
    sizes = np.linspace(0.1, 1.0, 5) if train_sizes is None else train_sizes
    counts, train, test = sklearn("model_selection").learning_curve(
        model,
        X,
        y,
        cv=cv,
        n_jobs=n_jobs,
        train_sizes=sizes,
        scoring=scoring,
        shuffle=shuffle,
        random_state=random_state,
    )
    rows = [
        (dataset, round(float(np.mean(scores[at])), _DIGITS), int(count))
        for at, count in enumerate(counts)
        for dataset, scores in (("train", train), ("test", test))
    ]
    log_chart("learning_curve", "learning_curve", ("dataset", "score", "train_size"), rows)


def plot_summary_metrics(
    model: Any = None,
    X: Any = None,  # noqa: N803 -- as above
    y: Any = None,
    X_test: Any = None,  # noqa: N803 -- as above
    y_test: Any = None,
) -> None:
    """Log the usual scores on the test data: of a classifier accuracy, precision, recall and F1, else errors and R².

    *model* is fitted to *X* and *y*.

    Raises:
        MediaError: An argument is missing, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    require("plot_summary_metrics", model=model, X=X, y=y, X_test=X_test, y_test=y_test)
    model.fit(X, y)
    predicted = model.predict(X_test)
    metrics = sklearn("metrics")
    if sklearn("base").is_classifier(model):
        scores = {
            "accuracy_score": metrics.accuracy_score(y_test, predicted),
            "precision": metrics.precision_score(y_test, predicted, average="weighted"),
            "recall": metrics.recall_score(y_test, predicted, average="weighted"),
            "f1_score": metrics.f1_score(y_test, predicted, average="weighted"),
        }
    else:
        scores = {
            "mae": metrics.mean_absolute_error(y_test, predicted),
            "mse": metrics.mean_squared_error(y_test, predicted),
            "r2_score": metrics.r2_score(y_test, predicted),
        }
    rows = [(name, round(float(score), _DIGITS), type(model).__name__) for name, score in scores.items()]
    log_chart("summary_metrics", "metrics", ("metric_name", "metric_value", "model_name"), rows)
