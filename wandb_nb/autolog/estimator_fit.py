"""`EstimatorFit`: what is recorded of one fit of an estimator of scikit-learn."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from wandb_nb.autolog.fit_parameters import plain_value
from wandb_nb.data.tables.table import Table
from wandb_nb.integration.callback_log import never_stopping
from wandb_nb.values import evenly_sampled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wandb_nb.autolog.recorded_runs import RecordedRun

CURVES: Final = {
    "loss_curve_": "loss",
    "train_score_": "train_score",
    "validation_score_": "validation_score",
    "validation_scores_": "validation_score",
}
"""Attributes of estimators with a value per iteration, and the names of these values."""
MAX_CURVE_POINTS = 1000
MAX_CANDIDATES = 1000
"""Rows of the table of a search."""
MAX_SCORED_ROWS = 10_000
MIN_SCORING_SECONDS = 1.0
"""Scoring may take as long as the fit, and at least this long."""
MIN_PROBED_ROWS = 1000
"""Of no more rows all are scored, without measuring how long some take."""
_PROBE_ROWS = 100


class EstimatorFit:
    """A fit of *estimator* that took *seconds*."""

    proceed = None

    def __init__(self, recorded: RecordedRun, estimator: Any, seconds: float) -> None:
        self._recorded, self.run = recorded, recorded.run
        self._estimator, self._seconds = estimator, seconds
        self._name = type(estimator).__name__

    @never_stopping
    def record(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> None:
        """Record the fit, which was called with *arguments* and those that are *named*; a transformer has no record."""
        estimator = self._estimator
        if not (hasattr(estimator, "predict") or hasattr(estimator, "score")) or not self._recorded.begin_fit():
            return
        self._recorded.set_parameters(self._name, estimator.get_params())
        self._log_curves()
        row = {"fit_seconds": self._seconds, **self._scores(arguments, named), **self._search()}
        self.run.log({f"{self._name}/{key}": value for key, value in row.items()})

    def _log_curves(self) -> None:
        """Log the values of each iteration as a row."""
        series = ((name, getattr(self._estimator, attribute, None)) for attribute, name in CURVES.items())
        curves = {f"{self._name}/{name}": list(values) for name, values in series if values is not None and len(values)}
        count = max((len(values) for values in curves.values()), default=0)
        step_metric = f"{self._name}/iteration"
        for name in curves:
            self.run.define_metric(name, step_metric=step_metric)
        for iteration in evenly_sampled(range(count), MAX_CURVE_POINTS):
            row = {name: values[iteration] for name, values in curves.items() if iteration < len(values)}
            self.run.log({**row, step_metric: iteration})

    @never_stopping
    def _measure(self, x: Any, y: Any) -> dict[str, float]:
        """Return the scores on the data of the fit, or on a sample of it; none where that would take too long."""
        with _undisturbed():
            if _row_count(x) > MIN_PROBED_ROWS and not self._is_scored_quickly(x, y):
                return {}
            return training_scores(self._estimator, *_sample(x, y, MAX_SCORED_ROWS))

    def _is_scored_quickly(self, x: Any, y: Any) -> bool:
        """Return whether the time that some rows take lets expect that all take no longer than they may."""
        probe = _sample(x, y, _PROBE_ROWS)
        for _ in range(2):  # the first time may include the loading of modules
            begin = perf_counter()
            training_scores(self._estimator, *probe)
            expected = (perf_counter() - begin) * min(_row_count(x), MAX_SCORED_ROWS) / _PROBE_ROWS
            if expected <= max(self._seconds, MIN_SCORING_SECONDS):
                return True
        return False

    def _scores(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> dict[str, float]:
        x = arguments[0] if arguments else named.get("X")
        y = arguments[1] if len(arguments) > 1 else named.get("y")
        return (self._measure(x, y) if x is not None else None) or {}

    @never_stopping
    def _search_results(self) -> dict[str, Any]:
        estimator = self._estimator
        best = {key: plain_value(value) for key, value in estimator.best_params_.items()}
        self.run.summary[f"{self._name}/best_params"] = best
        row = {"best_score": float(estimator.best_score_)}
        return {**row, "cv_results": candidates(estimator.cv_results_)} if self._recorded.begin_chart() else row

    def _search(self) -> dict[str, Any]:
        """Return the best score of a search and the table of its candidates."""
        if not hasattr(self._estimator, "cv_results_") or not hasattr(self._estimator, "best_params_"):
            return {}
        return self._search_results() or {}


def training_scores(estimator: Any, x: Any, y: Any) -> dict[str, float]:
    """Return the scores of *estimator* on *x* and *y*: of a classifier, of a regressor, or its own."""
    base, metrics = import_module("sklearn.base"), import_module("sklearn.metrics")
    if y is None or not (base.is_classifier(estimator) or base.is_regressor(estimator)):
        return {"training_score": float(estimator.score(x, y))} if hasattr(estimator, "score") else {}
    predicted = estimator.predict(x)
    if base.is_regressor(estimator):
        return {
            "training_r2": float(metrics.r2_score(y, predicted)),
            "training_mae": float(metrics.mean_absolute_error(y, predicted)),
            "training_rmse": float(metrics.mean_squared_error(y, predicted)) ** 0.5,
        }
    scores = {"training_accuracy": float(metrics.accuracy_score(y, predicted))}
    if getattr(predicted, "ndim", 1) == 1:
        named = zip(
            ("training_precision", "training_recall", "training_f1"),
            metrics.precision_recall_fscore_support(y, predicted, average="weighted", zero_division=0),
            strict=False,
        )
        scores.update({name: float(value) for name, value in named})
    return scores


def candidates(results: Mapping[str, Any]) -> Table:
    """Return the table of a search: parameters, scores, rank and time of each candidate."""
    columns = [name for name in results if name.startswith(("param_", "mean_", "std_", "rank_"))]
    count = min(len(results[columns[0]]), MAX_CANDIDATES)
    values = [[plain_value(results[name][row]) for name in columns] for row in range(count)]
    return Table(columns=columns, data=values, allow_mixed_types=True)


def _sample(x: Any, y: Any, rows: int) -> tuple[Any, Any]:
    """Return *rows* rows of the data, the same ones each time; all of them if there are no more."""
    if _row_count(x) <= rows:
        return x, y
    resample = import_module("sklearn.utils").resample
    drawn = resample(*((x,) if y is None else (x, y)), replace=False, n_samples=rows, random_state=0)
    return (drawn, None) if y is None else tuple(drawn)


def _row_count(x: Any) -> int:
    return int(x.shape[0]) if hasattr(x, "shape") else len(x)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Run the block without warnings, and leave NumPy's random numbers as they are."""
    random = import_module("numpy.random")
    state = random.get_state()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        random.set_state(state)
