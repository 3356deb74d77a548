"""`wandb.integration.xgboost`: a callback that logs the parameters, rounds, importances and model of a training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wandb_nb.integration.callback_log import active_run, lazy_callback, log_importances, never_stopping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_GOALS: Final = {
    **dict.fromkeys(("error", "logloss", "mae", "mape", "merror", "mlogloss", "mphe", "rmse", "rmsle"), "min"),
    **dict.fromkeys(("auc", "aucpr", "map", "ndcg"), "max"),
}
"""The aggregate of a metric that the summary gets; the last value of all others."""
_FOLD_AGGREGATES = ("mean", "std")
_LINEAR_TYPE = "weight"
"""The only type of importance that a linear booster has."""


class BoosterRounds:
    """Logs a training of XGBoost to the active run.

    One row per round has each metric as `<data>-<metric>` and the number of the round as `epoch`; those of
    `xgboost.cv` as `<data>-<metric>-mean` and `-std`. The config gets the booster's own. At the end come the model as
    an artifact (*log_model*), a bar chart of importances of *importance_type*, and `best_score` and
    `best_iteration` of a training that stopped early.

    Raises:
        NoRunError: No run is active.

    """

    proceed = False
    """The answer that no round is the last one."""
    log_config = True
    """Whether the booster's config is added to that of the run."""

    def __init__(
        self,
        log_model: bool = False,
        log_feature_importance: bool = True,
        importance_type: str = "gain",
        define_metric: bool = True,
    ) -> None:
        self.run = active_run("WandbCallback()")
        self.log_model, self.log_feature_importance = log_model, log_feature_importance
        self.importance_type, self.define_metric = importance_type, define_metric
        self._defined: set[str] = set()

    def before_training(self, model: Any) -> Any:
        """Add the booster's config to that of the run."""
        self._log_config(model)
        return model

    def after_training(self, model: Any) -> Any:
        """Log the model, the importances and the best round, as far as they were asked for."""
        if hasattr(model, "save_model"):  # the boosters of the folds of `xgboost.cv` have no model in common
            if self.log_model:
                self._log_model(model)
            if self.log_feature_importance:
                self._log_importances(model)
        self._log_best(model)
        return model

    def before_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:  # noqa: ARG002 -- XGBoost's
        """Continue the training."""
        return False

    @never_stopping
    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:  # noqa: ARG002 -- XGBoost's
        """Log the row of a round, and continue the training."""
        row: dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for metric, values in metrics.items():
                self._define(f"{data}-{metric}", metric)
                row.update(_newest(f"{data}-{metric}", values))
        self.run.log({**row, "epoch": epoch})
        return False

    def _define(self, key: str, metric: str) -> None:
        if self.define_metric and metric in _GOALS and key not in self._defined:
            self._defined.add(key)
            self.run.define_metric(key, summary=_GOALS[metric])

    @never_stopping
    def _log_config(self, model: Any) -> None:
        if self.log_config and hasattr(model, "save_config"):
            self.run.config.update(json.loads(model.save_config()), allow_val_change=True)

    @never_stopping
    def _log_model(self, model: Any) -> None:
        name = f"{self.run.id}_model.json"
        path = Path(self.run.dir) / name
        model.save_model(path)
        self.run.log_model(path, name)

    @never_stopping
    def _log_importances(self, model: Any) -> None:
        kind = _LINEAR_TYPE if _is_linear(model) else self.importance_type
        log_importances(self.run, _single_values(model.get_score(importance_type=kind)))

    @never_stopping
    def _log_best(self, model: Any) -> None:
        if getattr(model, "attr", lambda _name: None)("best_score") is not None:
            self.run.log({"best_score": float(model.attr("best_score")), "best_iteration": model.best_iteration})


def __getattr__(name: str) -> type:
    """Return `WandbCallback`, a `BoosterRounds` that is one of XGBoost's callbacks.

    Raises:
        ImportError: XGBoost is not installed.

    """
    return lazy_callback(globals(), name, BoosterRounds, "xgboost.callback:TrainingCallback", "xgboost")


def wandb_callback() -> BoosterRounds:
    """Return a callback that logs rows and no importances: the call of wandb before 0.12.6."""
    callback: BoosterRounds = __getattr__("WandbCallback")(log_feature_importance=False, define_metric=False)
    return callback


def _newest(key: str, values: Sequence[Any]) -> dict[str, Any]:
    """Return the value of the newest round, or the mean and deviation over folds."""
    newest = values[-1]
    if isinstance(newest, tuple):
        return {f"{key}-{name}": value for name, value in zip(_FOLD_AGGREGATES, newest, strict=False)}
    return {key: newest}


def _is_linear(model: Any) -> bool:
    config = json.loads(model.save_config())
    return bool(config["learner"]["gradient_booster"]["name"] == "gblinear")


def _single_values(scores: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return the importance of each feature; one per class for a linear booster of several classes."""
    for feature, score in scores.items():
        if isinstance(score, list):
            yield from ((f"{feature} of class {number}", value) for number, value in enumerate(score))
        else:
            yield feature, score
