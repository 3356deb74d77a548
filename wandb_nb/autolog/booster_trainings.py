"""The hooks on XGBoost and LightGBM: `train` and `cv` get the callback that logs their rounds."""

from __future__ import annotations

import functools
import inspect
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from wandb_nb.autolog.nested_fits import enclosing_fit, fit_of
from wandb_nb.autolog.recorded_runs import recorded_run
from wandb_nb.function_hooks import FunctionHooks
from wandb_nb.integration import lightgbm
from wandb_nb.integration.callback_log import never_stopping
from wandb_nb.integration.lightgbm import BoostingRounds
from wandb_nb.integration.xgboost import BoosterRounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.autolog.recorded_runs import RecordedRun

    Function = Callable[..., Any]

TRAININGS: Final = {
    "lightgbm": "train",
    "lightgbm.engine": "train",
    "lightgbm.sklearn": "train",
    "xgboost": "train",
    "xgboost.sklearn": "train",
    "xgboost.training": "train",
}
"""Modules that have the name `train`; each imports it from another."""
FOLDS: Final = {"lightgbm": "cv", "lightgbm.engine": "cv", "xgboost": "cv", "xgboost.training": "cv"}


class BoosterTraining:
    """One call of `train` or `cv` of *library*; *is_part* if an estimator of that library makes it."""

    proceed = None

    def __init__(self, recorded: RecordedRun, library: str, *, is_part: bool) -> None:
        self._recorded, self.run = recorded, recorded.run
        self._library, self._is_part = library, is_part

    @never_stopping
    def begin(self, call: inspect.BoundArguments) -> None:
        """Add the callback to the arguments of *call*, unless the program has one, and put its parameters away."""
        callbacks = list(call.arguments.get("callbacks") or ())
        if any(isinstance(callback, (BoosterRounds, BoostingRounds)) for callback in callbacks):
            return
        if not self._is_part:
            rounds = {"num_boost_round": call.arguments.get("num_boost_round")}
            number = {name: value for name, value in rounds.items() if value is not None}
            self._recorded.set_parameters(self._library, {**dict(call.arguments.get("params") or {}), **number})
        call.arguments["callbacks"] = [*callbacks, self._callback()]

    @never_stopping
    def end(self, model: Any, seconds: float) -> None:
        """Log how long the training took, and what LightGBM's callback cannot see: best round and importances."""
        if not self._is_part:
            self.run.log({f"{self._library}/fit_seconds": seconds})
        if self._library == "lightgbm" and hasattr(model, "feature_importance"):
            lightgbm.summarize(self.run, model, feature_importance=self._recorded.begin_chart())

    def _callback(self) -> Any:
        if self._library == "lightgbm":
            callback: Any = lightgbm.wandb_callback(log_params=False)
        else:
            module = import_module("wandb_nb.integration.xgboost")
            callback = module.WandbCallback(log_feature_importance=self._recorded.begin_chart())
            callback.log_config = False
        callback.run = self.run
        return callback


def _recorded(original: Function) -> Function:
    """Return *original*, the function that trains, with a record of its rounds."""
    library = original.__module__.partition(".")[0]

    @functools.wraps(original)
    def train(*arguments: Any, **named: Any) -> Any:
        enclosing, recorded = enclosing_fit(), recorded_run(library)
        if recorded is None or enclosing not in (None, library) or not recorded.begin_fit():
            return original(*arguments, **named)
        is_part = enclosing is not None and recorded.options.is_on("sklearn")
        training = BoosterTraining(recorded, library, is_part=is_part)
        try:
            call = inspect.signature(original).bind(*arguments, **named)
        except TypeError:  # which the call raises, too
            return original(*arguments, **named)
        training.begin(call)
        with fit_of(f"{library} training"):
            begin = perf_counter()
            model = original(*call.args, **call.kwargs)
            training.end(model, perf_counter() - begin)
            return model

    return train


hooks = (FunctionHooks(TRAININGS, _recorded), FunctionHooks(FOLDS, _recorded))
