"""`WandbCallback`: the callback that wandb had before `WandbMetricsLogger`, which its examples still use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.data.files.graph import Graph
from wandb_nb.data.histogram import Histogram
from wandb_nb.errors import UsageError
from wandb_nb.integration.callback_log import active_run, never_stopping, notice
from wandb_nb.integration.keras.base_callbacks import Callback
from wandb_nb.integration.keras.example_pictures import AUTO, MASK, PICTURES, ExamplePictures
from wandb_nb.integration.keras.gradients import gradient_histograms
from wandb_nb.integration.keras.model_flops import model_gflops
from wandb_nb.integration.keras.validation_data import ValidationData
from wandb_nb.integration.keras.validation_tables import ValidationTables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wandb_nb.integration.keras.validation_tables import RowProcessor

_MAXIMUM = ("acc", "auc", "precision", "recall", "f1")
"""Parts of the names of metrics of which more is better."""
_MODEL_FILE = {False: "model-best.h5", True: "model-best.weights.h5"}


class WandbCallback(Callback):  # type: ignore[misc]  # Keras is imported while the program runs
    """Logs each epoch as a row of its metrics and `epoch`, and keeps the best value and model.

    The summary has the best value of *monitor* as `<log_best_prefix><monitor>` and its epoch as
    `<log_best_prefix>epoch`, with *save_graph* the layers as `graph`, with *compute_flops* `GFLOPs`. With *save_model*
    the best model is `model-best.h5` in the run's folder.

    *log_weights* adds a histogram of each layer's weights as `parameters/<layer>.weights`, *log_gradients* one of each
    mean gradient on *training_data*, a pair of inputs and targets. *log_batch_frequency* is the number of batches after
    which a batch's metrics are a row, too.

    *validation_data*, a pair of inputs and targets, or a *generator* of such, of which *validation_steps* batches are
    one set, is what `examples` and tables are made of. `examples` are the first *predictions* pictures with what the
    model predicts, see `ExamplePictures` for *input_type*, *output_type*, *labels* and *class_colors*. With
    *log_evaluation* there are tables, see `ValidationTables`, every *log_evaluation_frequency* epochs, 0 for the end.

    Raises:
        NoRunError: No run is active.
        UsageError: *mode* is not "auto", "min" or "max", or there is *log_gradients* without *training_data*.
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
        training_data: tuple[Any, Any] | None = None,
        validation_data: Any = None,
        labels: Sequence[str] | None = None,
        predictions: int = 36,
        generator: Any = None,
        input_type: str | None = None,
        output_type: str | None = None,
        log_evaluation: bool = False,
        validation_steps: int | None = None,
        class_colors: Any = None,
        log_batch_frequency: int | None = None,
        log_best_prefix: str | None = "best_",
        save_graph: bool = True,
        validation_indexes: Sequence[Any] | None = None,
        validation_row_processor: RowProcessor | None = None,
        prediction_row_processor: RowProcessor | None = None,
        infer_missing_processors: bool = True,
        log_evaluation_frequency: int = 0,
        compute_flops: bool = False,
        data_type: str | None = None,
        **kwargs: Any,
    ) -> None:
        if mode not in {"auto", "min", "max"}:
            raise UsageError(f"mode={mode!r} is not possible: give 'auto', 'min' or 'max'")
        if log_gradients and training_data is None:
            raise UsageError("log_gradients needs data: give training_data=(X, y), as for fit()")
        super().__init__()
        self.run = active_run("WandbCallback()")
        self.monitor, self.verbose, self.save_model = monitor, verbose, save_model
        self.save_weights_only, self.log_weights = save_weights_only, log_weights
        self.log_batch_frequency, self.log_best_prefix = log_batch_frequency, log_best_prefix
        self.save_graph, self.compute_flops = save_graph, compute_flops
        self.training_data = training_data if log_gradients else None
        is_maximum = mode == "max" or (mode == "auto" and any(part in monitor for part in _MAXIMUM))
        self._sign = -1.0 if is_maximum else 1.0
        self._best = float("inf")
        source = generator if validation_data is None else validation_data
        samples = None if source is None else ValidationData(source, validation_steps)
        self._examples: ExamplePictures | None = None
        types = (input_type or data_type, output_type)
        if samples is not None and {*PICTURES, MASK, AUTO} & set(types):
            self._examples = ExamplePictures(
                samples, *types, labels=labels or (), colors=class_colors, count=predictions
            )
        self._evaluation_epochs = log_evaluation_frequency
        self._evaluated: ValidationTables | None = None
        self._make_tables: Callable[[], ValidationTables] | None = None
        if samples is not None and log_evaluation:
            self._make_tables = lambda: ValidationTables(
                self.run,
                samples.samples(),
                indexes=validation_indexes,
                processors=(validation_row_processor, prediction_row_processor),
                labels=labels,
                infer=infer_missing_processors,
            )
        self._report_unused(samples, [name for name, value in kwargs.items() if value], log_evaluation=log_evaluation)

    def _report_unused(self, samples: ValidationData | None, unknown: list[str], *, log_evaluation: bool) -> None:
        if unknown:
            notice(
                self.run, f"WandbCallback() ignores {', '.join(sorted(unknown))}: it has no such arguments", "keras-0"
            )
        if samples is None and log_evaluation:
            notice(self.run, "log_evaluation needs data: give WandbCallback() validation_data or generator", "keras-1")
        if samples is not None and self._examples is None and not log_evaluation:
            text = "WandbCallback() shows no validation_data: give input_type='image' for pictures"
            notice(self.run, f"{text}, or log_evaluation=True for tables", "keras-2")

    @never_stopping
    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 -- of Keras
        """Log the table of validation data, and the operations of the model."""
        if self._make_tables is not None:
            self._evaluated = self._make_tables()
        if self.compute_flops:
            self._count_operations()

    @never_stopping
    def _count_operations(self) -> None:
        self.run.summary["GFLOPs"] = model_gflops(self.model)

    @never_stopping
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the row of a batch if it is due."""
        if self.log_batch_frequency and batch % self.log_batch_frequency == 0:
            self.run.log(dict(logs or {}))

    @never_stopping
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the row of an epoch, and keep the model if it is the best one so far."""
        values = dict(logs or {})
        row = {"epoch": epoch, **values, **(self._examples_row() or {}), **(self._gradients() or {})}
        if self.log_weights:
            row.update(_weights(self.model))
        if self._evaluation_epochs and (epoch + 1) % self._evaluation_epochs == 0:
            row.update(self._predictions() or {})
        self.run.log(row)
        if self.save_graph:
            self.save_graph = False
            self._draw_graph()
        if self.monitor in values and self._sign * float(values[self.monitor]) < self._best:
            self._best = self._sign * float(values[self.monitor])
            self._keep_best(epoch, values[self.monitor])

    @never_stopping
    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002 -- of Keras
        """Log the last table of predictions, unless epochs have them."""
        if not self._evaluation_epochs and (tables := self._predictions()):
            self.run.log(tables)

    @never_stopping
    def _examples_row(self) -> dict[str, Any]:
        return {} if self._examples is None else {"examples": self._examples.predicted_by(self.model)}

    @never_stopping
    def _gradients(self) -> dict[str, Histogram]:
        return {} if self.training_data is None else gradient_histograms(self.model, *self.training_data)

    @never_stopping
    def _predictions(self) -> dict[str, Any]:
        return {} if self._evaluated is None else self._evaluated.predictions(self.model)

    @never_stopping
    def _draw_graph(self) -> None:
        self.run.summary["graph"] = Graph.from_keras(self.model)

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
