"""`wandb.integration.sb3`: a callback that logs the hyperparameters, gradients and models of Stable-Baselines3.

Its metrics come by TensorBoard: `init(sync_tensorboard=True)`, and `tensorboard_log` of the algorithm.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from wandb_nb.errors import UsageError
from wandb_nb.integration.callback_log import active_run, lazy_callback, never_stopping, notice

if TYPE_CHECKING:
    import os

    Watched = Literal["gradients", "parameters", "all"]

_WATCHED = ("gradients", "parameters", "all", None)
_MODEL = "model.zip"


class PolicyTraining:
    """Logs a training of Stable-Baselines3 to the active run.

    The config gets what the algorithm is made of, without replacing what is there. With *model_save_path* the model
    is saved in that folder and added to the run: at the end, and every *model_save_freq* calls of the environments.
    With *gradient_save_freq* the policy is watched, as by `run.watch(log=log)`.

    Raises:
        NoRunError: No run is active.
        UsageError: *model_save_freq* is given without *model_save_path*.

    """

    proceed = True
    """The answer by which the training continues."""
    # Set by the library's class.
    model: Any
    n_calls: int

    def __init__(
        self,
        verbose: int = 0,
        model_save_path: str | os.PathLike[str] | None = None,
        model_save_freq: int = 0,
        gradient_save_freq: int = 0,
        log: Watched | None = "all",
    ) -> None:
        self.run = active_run("WandbCallback()")
        super().__init__(verbose)  # type: ignore[call-arg]  # of the library's class
        if model_save_freq and model_save_path is None:
            raise UsageError("WandbCallback(model_save_freq=) saves the model in a folder: give model_save_path, too")
        self.model_save_path, self.model_save_freq = model_save_path, model_save_freq
        self.gradient_save_freq = gradient_save_freq
        if log not in _WATCHED:
            notice(self.run, f"WandbCallback(log={log!r}) is unknown; 'all' is logged: give one of {_WATCHED}")
            log = "all"
        self.log: Watched | None = log

    @never_stopping
    def _init_callback(self) -> None:
        """Add the algorithm to the config, and watch its policy."""
        values = {"algo": type(self.model).__name__, **vars(self.model)}
        self.run.config.setdefaults({key: _config_value(value) for key, value in values.items()})
        if self.gradient_save_freq > 0:
            self.run.watch(self.model.policy, log=self.log, log_freq=self.gradient_save_freq)

    def _on_step(self) -> bool:
        if self.model_save_path is not None and self.model_save_freq > 0 and not self.n_calls % self.model_save_freq:
            self._save_model(self.model_save_path)
        return True

    def _on_training_end(self) -> None:
        if self.model_save_path is not None:
            self._save_model(self.model_save_path)

    @never_stopping
    def _save_model(self, folder: str | os.PathLike[str]) -> None:
        path = Path(folder) / _MODEL
        path.parent.mkdir(parents=True, exist_ok=True)
        self.model.save(str(path))
        self.run.save(path, base_path=folder)


def __getattr__(name: str) -> type:
    """Return `WandbCallback`, a `PolicyTraining` that is one of the library's callbacks.

    Raises:
        ImportError: Stable-Baselines3 is not installed.

    """
    base = "stable_baselines3.common.callbacks:BaseCallback"
    return lazy_callback(globals(), name, PolicyTraining, base, "stable-baselines3")


def _config_value(value: Any) -> Any:
    """Return numbers and texts as they are, and of everything else, booleans included, its text."""
    return value if type(value) in (int, float, str) else str(value)
