"""`WandbModelCheckpoint`: the checkpoints of Keras as versions of an artifact."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.integration.callback_log import active_run, never_stopping
from wandb_nb.integration.keras.base_callbacks import ModelCheckpoint

if TYPE_CHECKING:
    from collections.abc import Mapping


class WandbModelCheckpoint(ModelCheckpoint):  # type: ignore[misc]  # Keras is imported while the program runs
    """Saves the model as `keras.callbacks.ModelCheckpoint` does, and logs each saved file to the active run.

    It is a version of the artifact `run_<id>_model` of type "model", with the aliases `latest` and `epoch_<n>`, or
    `epoch_<n>_batch_<m>` where *save_freq* counts batches. The arguments are those of `ModelCheckpoint`.

    Raises:
        NoRunError: No run is active.
        ValueError: Keras cannot save to *filepath*.
        ImportError: Keras cannot be imported.

    """

    proceed = None

    def __init__(  # noqa: PLR0917 -- the documented signature
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filepath=os.fspath(filepath),
            monitor=monitor,
            verbose=verbose,
            save_best_only=save_best_only,
            save_weights_only=save_weights_only,
            mode=mode,
            save_freq=save_freq,
            initial_value_threshold=initial_value_threshold,
            **kwargs,
        )
        self.run = active_run("WandbModelCheckpoint()")

    def _save_model(self, epoch: int, batch: int | None, logs: Mapping[str, Any] | None) -> None:
        """Save the model if Keras finds that it is to be saved, and log the file if it is new."""
        path = Path(self._get_file_path(epoch, batch, logs))
        before = _status(path)
        super()._save_model(epoch, batch, logs)
        if _status(path) != before:
            self._log(path, f"epoch_{epoch}" if batch is None else f"epoch_{epoch}_batch_{batch}")

    @never_stopping
    def _log(self, path: Path, alias: str) -> None:
        self.run.log_model(path, f"run_{self.run.id}_model", aliases=["latest", alias])


def _status(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when the file or folder is written anew; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
