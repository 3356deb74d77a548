"""`WandbEvalCallback`: tables of what a model predicts after each epoch."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.artifact import Artifact
from wandb_nb.data.tables.table import Table
from wandb_nb.integration.callback_log import active_run
from wandb_nb.integration.keras.base_callbacks import Callback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class WandbEvalCallback(Callback, ABC):  # type: ignore[misc]  # Keras is imported while the program runs
    """Logs a table of samples once, and one of the predictions for them after each epoch.

    A subclass has `add_ground_truth(logs)`, which adds rows to `data_table`, and `add_model_predictions(epoch, logs)`,
    which adds rows to `pred_table`. `data_table_ref` is the logged table of samples: media taken from it are not
    stored again.

    Raises:
        NoRunError: No run is active.
        ImportError: Keras cannot be imported.

    """

    def __init__(
        self, data_table_columns: Sequence[str], pred_table_columns: Sequence[str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.run = active_run("WandbEvalCallback()")
        self.data_table_columns, self.pred_table_columns = list(data_table_columns), list(pred_table_columns)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Make and log the table of samples."""
        self.init_data_table(column_names=self.data_table_columns)
        _call(self.add_ground_truth, logs)
        self.log_data_table()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Make and log the table of predictions."""
        self.init_pred_table(column_names=self.pred_table_columns)
        _call(self.add_model_predictions, epoch, logs)
        self.log_pred_table(aliases=["latest", f"epoch_{epoch}"])

    @abstractmethod
    def add_ground_truth(self, logs: Mapping[str, Any] | None = None) -> None:
        """Add the samples to `data_table`; called once, when the training begins."""

    @abstractmethod
    def add_model_predictions(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Add the predictions for the samples to `pred_table`; called after each epoch."""

    def init_data_table(self, column_names: Sequence[str]) -> None:
        """Make `data_table`, empty."""
        self.data_table = Table(columns=list(column_names), allow_mixed_types=True)

    def init_pred_table(self, column_names: Sequence[str]) -> None:
        """Make `pred_table`, empty."""
        self.pred_table = Table(columns=list(column_names))

    def log_data_table(self, name: str = "val", type: str = "dataset", table_name: str = "val_data") -> None:  # noqa: A002 -- the documented name
        """Log `data_table` as the artifact *name*, mark it as used, and read it back as `data_table_ref`."""
        artifact = Artifact(name, type=type)
        artifact.add(self.data_table, table_name)
        self.run.use_artifact(artifact)
        artifact.wait()
        self.data_table_ref = artifact.get(table_name)

    def log_pred_table(
        self,
        type: str = "evaluation",  # noqa: A002 -- the documented name
        table_name: str = "eval_data",
        aliases: list[str] | None = None,
    ) -> None:
        """Log `pred_table` as a version of the artifact `run_<id>_pred`."""
        artifact = Artifact(f"run_{self.run.id}_pred", type=type)
        artifact.add(self.pred_table, table_name)
        self.run.log_artifact(artifact, aliases=aliases or ["latest"])


def _call(method: Any, *arguments: Any) -> None:
    """Call *method*, without the logs where it takes none: wandb's own example has both forms."""
    try:
        inspect.signature(method).bind(*arguments)
    except TypeError:
        arguments = arguments[:-1]
    method(*arguments)
