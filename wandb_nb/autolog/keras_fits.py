"""The hook on Keras: `Model.fit` gets the callback that logs its epochs."""

from __future__ import annotations

import functools
import inspect
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any

from wandb_nb.autolog.autolog_options import SWEEP_KEY, AutologOptions
from wandb_nb.autolog.nested_fits import enclosing_fit, fit_of
from wandb_nb.autolog.recorded_runs import recorded_run
from wandb_nb.function_hooks import FunctionHooks
from wandb_nb.integration.callback_log import never_stopping

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.autolog.recorded_runs import RecordedRun

    Function = Callable[..., Any]

_ARGUMENTS = ("epochs", "batch_size")
_SWITCHES = ("enable", "duplicate", "overwrite")


class KerasFit:
    """One call of `fit` of *model*."""

    proceed = None

    def __init__(self, recorded: RecordedRun, model: Any) -> None:
        self._recorded, self.run, self._model = recorded, recorded.run, model
        self._name = type(model).__name__

    @never_stopping
    def begin(self, call: inspect.BoundArguments) -> None:
        """Set the arguments of *call* that options give, add the callbacks, and put the parameters into the config."""
        for name in _ARGUMENTS:
            option = self._option("fit", name)
            if option is not None:
                call.arguments[name] = option
        arguments = {name: value for name, value in call.arguments.items() if name in _ARGUMENTS}
        self._recorded.set_parameters(self._name, {**self._parameters(), **arguments})
        callbacks = _as_list(call.arguments.get("callbacks"))
        call.arguments["callbacks"] = self._with_tensorboard(self._with_callback(callbacks))

    @never_stopping
    def end(self, seconds: float) -> None:
        """Log how long the fit took."""
        self.run.log({f"{self._name}/fit_seconds": seconds})

    def _option(self, *path: str) -> Any:
        sweep = self.run.config.get(SWEEP_KEY)
        value = AutologOptions(dict(sweep)).at("keras", *path) if sweep else None
        return self._recorded.options.at("keras", *path) if value is None else value

    def _parameters(self) -> dict[str, Any]:
        """Return the size, loss and optimizer of the model."""
        model = self._model
        parameters: dict[str, Any] = {"name": model.name, "loss": getattr(model, "loss", None)}
        if getattr(model, "built", False):
            parameters["parameters"] = model.count_params()
        optimizer = getattr(model, "optimizer", None)
        if optimizer is not None:
            parameters["optimizer"] = dict(optimizer.get_config())
        return parameters

    def _with_callback(self, callbacks: list[Any]) -> list[Any]:
        """Return *callbacks* with the one that logs epochs, unless the program has one."""
        keras = import_module("wandb_nb.integration.keras")
        options = dict(self._option("fit", "callbacks", "wandb") or {})
        switches = {name: options.pop(name, None) for name in _SWITCHES}
        own = [each for each in callbacks if isinstance(each, (keras.WandbCallback, keras.WandbMetricsLogger))]
        if switches["enable"] is False or (own and not switches["overwrite"] and not switches["duplicate"]):
            return callbacks
        if switches["overwrite"]:
            callbacks = [each for each in callbacks if each not in own]
        callback = keras.WandbCallback(**{"save_model": False, **options})
        callback.run = self.run
        return [*callbacks, callback]

    @never_stopping
    def _tensorboard(self) -> Any:
        options = self._option("fit", "callbacks", "tensorboard")
        if not options or (isinstance(options, dict) and not options.get("enable", True)):
            return None
        arguments = {} if options is True else {name: options[name] for name in options if name not in _SWITCHES}
        return import_module("keras.callbacks").TensorBoard(**{"log_dir": self.run.dir, **arguments})

    def _with_tensorboard(self, callbacks: list[Any]) -> list[Any]:
        """Return *callbacks* with Keras's own for TensorBoard if an option asks for it."""
        callback = self._tensorboard()
        return callbacks if callback is None else [*callbacks, callback]


def _as_list(callbacks: Any) -> list[Any]:
    """Return the callbacks in an argument of `fit`: none, one, several, or a `CallbackList`."""
    if callbacks is None:
        return []
    inner = getattr(callbacks, "callbacks", callbacks)
    return list(inner) if isinstance(inner, (list, tuple)) else [inner]


def _recorded(original: Function) -> Function:
    """Return *original*, the method `fit`, with a record of its epochs."""

    @functools.wraps(original)
    def fit(model: Any, *arguments: Any, **named: Any) -> Any:
        recorded = recorded_run("keras")
        if recorded is None or enclosing_fit() is not None or not recorded.begin_fit():
            return original(model, *arguments, **named)
        try:
            call = inspect.signature(original).bind(model, *arguments, **named)
        except TypeError:  # which the call raises, too
            return original(model, *arguments, **named)
        training = KerasFit(recorded, model)
        training.begin(call)
        with fit_of("keras"):
            begin = perf_counter()
            result = original(*call.args, **call.kwargs)
            training.end(perf_counter() - begin)
            return result

    return fit


hooks = (FunctionHooks({"keras": "Model.fit"}, _recorded),)
