"""`wandb.integration.lightgbm`: a callback that logs the rounds of a training, and a summary of its model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wandb_nb.errors import UsageError
from wandb_nb.integration.callback_log import active_run, log_importances, never_stopping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.tracking.run import Run

_GOALS: Final = {
    **dict.fromkeys(("binary_logloss", "fair", "gamma", "huber", "l1", "l2", "mape"), "min"),
    **dict.fromkeys(("multi_logloss", "poisson", "rmse"), "min"),
    **dict.fromkeys(("auc", "average_precision", "map"), "max"),
}
"""The aggregate of a metric that the summary gets; the last value of all others."""
_MAX_PLAIN_ITEMS = 4
"""Items of a result: data, metric, value, whether higher is better; of folds a fifth, the deviation."""


class BoostingRounds:
    """A callback of LightGBM: it is called after each round."""

    order = 20
    """After the callbacks that print and record, before the one that stops early."""
    before_iteration = False
    proceed = None

    def __init__(self, log_params: bool, define_metric: bool) -> None:
        self.log_params, self.define_metric = log_params, define_metric
        self.run = active_run("wandb_callback()")
        self._is_first = True

    @never_stopping
    def __call__(self, env: Any) -> None:
        """Log the row of a round; before the first one the parameters and the metrics' definitions."""
        results = env.evaluation_result_list or ()
        if self._is_first:
            self._is_first = False
            self._begin(env.params, results)
        row: dict[str, Any] = {}
        for result in results:
            row.update(_values(result))
        self.run.log({**row, "iteration": env.iteration})

    @never_stopping
    def _begin(self, params: Any, results: Sequence[Sequence[Any]]) -> None:
        if self.log_params:
            self.run.config.update(params, allow_val_change=True)
        for result in results if self.define_metric else ():
            data, metric = _names(result)
            if metric in _GOALS and len(result) <= _MAX_PLAIN_ITEMS:
                self.run.define_metric(f"{data}_{metric}", summary=_GOALS[metric])


def wandb_callback(log_params: bool = True, define_metric: bool = True) -> BoostingRounds:
    """Return a callback for LightGBM that logs a training to the active run.

    One row per round has each metric as `<data>_<metric>` and the round's number as `iteration`; those of
    `lightgbm.cv` as `<data>_<metric>-mean` and `-stdv`. The config gets the parameters.

    Raises:
        NoRunError: No run is active.

    """
    return BoostingRounds(log_params, define_metric)


def log_summary(model: Any, feature_importance: bool = True, save_model_checkpoint: bool = False) -> None:
    """Put `best_iteration` and `best_score` of the Booster *model* into the summary, and log a chart and the model.

    The chart is a bar chart of the features' importances. The model is an artifact of the best iteration.

    Raises:
        NoRunError: No run is active.
        UsageError: *model* is not a Booster.

    """
    run = active_run("log_summary()")
    if not hasattr(model, "feature_importance"):
        raise UsageError("log_summary() takes a Booster of LightGBM: give model.booster_ of a scikit-learn estimator")
    summarize(run, model, feature_importance=feature_importance)
    if save_model_checkpoint:
        path = Path(run.dir) / f"model_ckpt_{model.best_iteration}.txt"
        model.save_model(str(path), num_iteration=model.best_iteration)
        run.log_model(path, f"model_{run.id}", aliases=["latest", "best"])


def summarize(run: Run, model: Any, *, feature_importance: bool) -> None:
    """Put the best round and score of the Booster *model* into the summary of *run*, and log its importances."""
    run.summary["best_iteration"] = model.best_iteration
    run.summary["best_score"] = model.best_score
    if feature_importance:
        log_importances(run, zip(model.feature_name(), model.feature_importance().tolist(), strict=True))


def _names(result: Sequence[Any]) -> tuple[str, str]:
    """Return the names of the data and of the metric; LightGBM 3's `cv` has both in one text."""
    data, metric = result[0], result[1]
    if data == "cv_agg":
        data, _, metric = metric.partition(" ")
    return data, metric


def _values(result: Sequence[Any]) -> dict[str, Any]:
    """Return the columns of one metric of a round."""
    data, metric = _names(result)
    key = f"{data}_{metric}"
    if len(result) > _MAX_PLAIN_ITEMS:
        return {f"{key}-mean": result[2], f"{key}-stdv": result[4]}
    return {key: result[2]}
