"""`WandbCallback`: the callback that wandb had before `WandbMetricsLogger`, which its examples still use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.data.histogram import Histogram
from wandb_nb.errors import UsageError
from wandb_nb.integration.callback_log import active_run, never_stopping
from wandb_nb.integration.keras.base_callbacks import Callback
from wandb_nb.integration.keras.example_pictures import ExamplePictures
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAXIMUM = ("acc", "auc", "precision", "recall", "f1")
"""Parts of the names of metrics of which more is better."""
_PICTURES = ("image", "images")
"""Types of inputs that can be shown."""
_MODEL_FILE = {False: "model-best.h5", True: "model-best.weights.h5"}


class WandbCallback(Callback):  # type: ignore[misc]  # Keras is imported while the program runs
    """Logs each epoch as a row of its metrics and `epoch`, and keeps the best value and model.

    The summary has the best value of *monitor* as `<log_best_prefix><monitor>` and its epoch as
    `<log_best_prefix>epoch`. With *save_model* the best model is `model-best.h5` in the run's folder.
    *log_weights* adds a histogram of each layer's weights as `parameters/<layer>.weights`. *log_batch_frequency* is
    the number of batches after which a batch's metrics are a row, too. With *validation_data*, a pair of inputs and
    targets, and *input_type* "image", each row has the first *predictions* pictures as `examples`, with what the model
    predicts as their captions, by *labels* if these are given. Other options are accepted and reported.

    Raises:
        NoRunError: No run is active.
        UsageError: *mode* is not "auto", "min" or "max".
        ImportError: Keras cannot be imported.

    """

    proceed = None

    def __init__(  # noqa: PLR0917 -- the documented signature
        self,
        monitor: str = "val_loss",
        verbose: int = 0,
        mode: str = "auto",
        save_weights_only: bool = False,
        log_weights: bool = False,
        log_gradients: bool = False,
        save_model: bool = True,
        *args: Any,
        log_batch_frequency: int | None = None,
        log_best_prefix: str | None = "best_",
        validation_data: Any = None,
        labels: Sequence[str] | None = None,
        predictions: int = 36,
        input_type: str | None = None,
        data_type: str | None = None,
        **kwargs: Any,
    ) -> None:
        if mode not in {"auto", "min", "max"}:
            raise UsageError(f"mode={mode!r} is not possible: give 'auto', 'min' or 'max'")
        super().__init__()
        self.run = active_run("WandbCallback()")
        self.monitor, self.verbose, self.save_model = monitor, verbose, save_model
        self.save_weights_only, self.log_weights = save_weights_only, log_weights
        self.log_batch_frequency, self.log_best_prefix = log_batch_frequency, log_best_prefix
        is_maximum = mode == "max" or (mode == "auto" and any(part in monitor for part in _MAXIMUM))
        self._sign = -1.0 if is_maximum else 1.0
        self._best = float("inf")
        self._examples: ExamplePictures | None = None
        if validation_data is not None:
            if (input_type or data_type) in _PICTURES:
                self._examples = ExamplePictures(validation_data[0], labels or (), predictions)
            else:
                kwargs["validation_data"] = True
        others = [name for name, value in kwargs.items() if value]
        others += ["log_gradients"] * log_gradients + ["training_data"] * bool(args)
        if others and not self.run.disabled:
            session_of(self.run).notice(f"WandbCallback() ignores {', '.join(sorted(others))}", key="keras-options")

    @never_stopping
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the row of a batch if it is due."""
        if self.log_batch_frequency and batch % self.log_batch_frequency == 0:
            self.run.log(dict(logs or {}))

    @never_stopping
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the row of an epoch, and keep the model if it is the best one so far."""
        values = dict(logs or {})
        row = {"epoch": epoch, **values}
        if self.log_weights:
            row.update(_weights(self.model))
        if self._examples is not None:
            row["examples"] = self._examples.predicted_by(self.model)
        self.run.log(row)
        if self.monitor in values and self._sign * float(values[self.monitor]) < self._best:
            self._best = self._sign * float(values[self.monitor])
            self._keep_best(epoch, values[self.monitor])

    def _keep_best(self, epoch: int, value: Any) -> None:
        if self.log_best_prefix:
            self.run.summary[f"{self.log_best_prefix}{self.monitor}"] = value
            self.run.summary[f"{self.log_best_prefix}epoch"] = epoch
        if self.save_model and not self.run.disabled:
            path = str(Path(self.run.dir) / _MODEL_FILE[self.save_weights_only])
            if self.save_weights_only:
                self.model.save_weights(path)
            else:
                self.model.save(path)


def _weights(model: Any) -> dict[str, Histogram]:
    """Return a histogram of each array of weights, by the names that the official callback gives them."""
    histograms = {}
    for layer in model.layers:
        arrays = layer.get_weights()
        names = ["weights", "bias"] if len(arrays) <= 2 else [f"weights_{number}" for number in range(len(arrays))]  # noqa: PLR2004 -- a matrix and a bias
        for name, array in zip(names, arrays, strict=False):
            histograms[f"parameters/{layer.name}.{name}"] = Histogram(array)
    return histograms
