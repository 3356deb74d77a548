"""`WandbMetricsLogger`: the metrics of epochs and batches as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.integration.callback_log import active_run, never_stopping
from wandb_nb.integration.keras.base_callbacks import Callback, learning_rate

if TYPE_CHECKING:
    from collections.abc import Mapping


class WandbMetricsLogger(Callback):  # type: ignore[misc]  # Keras is imported while the program runs
    """Logs the metrics of each epoch, and those of batches if *log_freq* asks for them, to the active run.

    An epoch is a row `epoch/<metric>` with `epoch/epoch` and `epoch/learning_rate`. With *log_freq* "batch", or a
    number of batches, a batch is a row `batch/<metric>` with `batch/batch_step` and `batch/learning_rate`.
    *initial_global_step* is the number of batches of earlier trainings, for a schedule of the learning rate.

    Raises:
        NoRunError: No run is active.
        UsageError: *log_freq* is not "epoch", "batch" or a number from 1 on.
        ImportError: Keras cannot be imported.

    """

    proceed = None

    def __init__(self, log_freq: str | int = "epoch", initial_global_step: int = 0, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = active_run("WandbMetricsLogger()")
        self.log_freq = _batches_per_row(log_freq)
        self.global_step = initial_global_step
        self.global_batch = 0
        self.run.define_metric("epoch/epoch" if self.log_freq is None else "batch/batch_step")
        if self.log_freq is None:
            self.run.define_metric("epoch/*", step_metric="epoch/epoch")
        else:
            self.run.define_metric("batch/*", step_metric="batch/batch_step")

    @never_stopping
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the row of an epoch."""
        self._log("epoch", {**(logs or {}), "epoch": epoch})

    @never_stopping
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the row of a batch if it is due."""
        self.global_step += 1
        if self.log_freq is not None and batch % self.log_freq == 0:
            self._log("batch", {**(logs or {}), "batch_step": self.global_batch})
            self.global_batch += self.log_freq

    def _log(self, prefix: str, values: Mapping[str, Any]) -> None:
        row = {f"{prefix}/{name}": value for name, value in values.items()}
        rate = learning_rate(self.model, self.global_step)
        if rate is not None:
            row[f"{prefix}/learning_rate"] = rate
        self.run.log(row)


def _batches_per_row(log_freq: str | int) -> int | None:
    if log_freq == "epoch":
        return None
    batches = 1 if log_freq == "batch" else log_freq
    if not isinstance(batches, int) or batches < 1:
        raise UsageError(f"log_freq={log_freq!r} is not possible: give 'epoch', 'batch' or a number of batches")
    return batches
