"""`wandb.integration.catboost`: a callback that logs the iterations of a training, and a summary of its model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.integration.callback_log import active_run, log_importances, never_stopping

if TYPE_CHECKING:
    from wandb_nb.tracking.run import Run


class WandbCallback:
    """Logs a training of CatBoost to the active run.

    Each iteration with new metrics is a row: each metric as `<data>-<metric>`, and the number of the iteration as
    `iteration@metric-period-<metric_period>`. Give it the *metric_period* that the model has.

    Raises:
        NoRunError: No run is active.

    """

    proceed = True
    """The answer by which CatBoost continues."""

    def __init__(self, metric_period: int = 1) -> None:
        self.run = active_run("WandbCallback()")
        self.metric_period = metric_period
        self._count = 0

    @never_stopping
    def after_iteration(self, info: Any) -> bool:
        """Log the row of an iteration if it has new metrics, and continue the training."""
        values = {
            f"{data}-{name}": series for data, metrics in info.metrics.items() for name, series in metrics.items()
        }
        count = max(map(len, values.values()), default=0)
        if count != self._count:
            self._count = count
            row = {key: series[-1] for key, series in values.items() if series}
            self.run.log({**row, f"iteration@metric-period-{self.metric_period}": info.iteration})
        return True


def log_summary(
    model: Any, log_all_params: bool = True, save_model_checkpoint: bool = False, log_feature_importance: bool = True
) -> None:
    """Put `best_iteration` and `best_score` of the fitted *model* into the summary, and log what is asked for.

    That is all parameters as config, the model as an artifact, and a bar chart of the features' importances.

    Raises:
        NoRunError: No run is active.
        UsageError: *model* is not a model of CatBoost.

    """
    run = active_run("log_summary()")
    if not hasattr(model, "get_all_params"):
        raise UsageError("log_summary() takes a fitted model of CatBoost, such as a CatBoostClassifier")
    if log_all_params:
        run.config.update(model.get_all_params(), allow_val_change=True)
    run.summary["best_iteration"] = model.get_best_iteration()
    run.summary["best_score"] = model.get_best_score()
    if save_model_checkpoint:
        _log_model(run, model)
    if log_feature_importance:
        frame = model.get_feature_importance(prettified=True)
        log_importances(run, zip(frame["Feature Id"].tolist(), frame["Importances"].tolist(), strict=True))


def _log_model(run: Run, model: Any) -> None:
    path = Path(run.dir) / "model"
    model.save_model(str(path))
    run.log_model(path, f"model_{run.id}", aliases=["best", "latest"])
