"""Callbacks of Keras, called as `fit()` of Keras 3 calls them, with base classes of this test."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

import wandb_nb as wandb
from wandb_nb.errors import NoRunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., wandb.Run]

PACKAGE = "wandb_nb.integration.keras"
EPOCHS = ({"loss": 0.5, "val_loss": 0.75}, {"loss": 0.25, "val_loss": 0.875}, {"loss": 0.125, "val_loss": 0.5})


class Callback:
    """A callback with the methods that `fit()` calls."""

    model: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Do nothing."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Do nothing."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Do nothing."""


class ModelCheckpoint(Callback):
    """Writes a file after each epoch, or only if the monitored metric is lower than before."""

    def __init__(self, filepath: str, monitor: str, save_best_only: bool, **_options: Any) -> None:
        self.filepath, self.monitor, self.save_best_only = filepath, monitor, save_best_only
        self.best = float("inf")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save the model."""
        self._save_model(epoch, None, logs)

    def _get_file_path(self, epoch: int, _batch: int | None, _logs: Any) -> str:
        return self.filepath.format(epoch=epoch + 1)

    def _save_model(self, epoch: int, batch: int | None, logs: Any) -> None:
        if not self.save_best_only or logs[self.monitor] < self.best:
            self.best = logs[self.monitor]
            Path(self._get_file_path(epoch, batch, logs)).write_text(f"weights of epoch {epoch}", encoding="utf-8")


class Model:
    """A model with an optimizer and one layer."""

    def __init__(self, rate: Any = 0.5) -> None:
        self.optimizer = SimpleNamespace(learning_rate=rate)
        self.layers = [SimpleNamespace(name="dense", get_weights=lambda: [np.ones((2, 2)), np.zeros(2)])]

    def save(self, path: str) -> None:
        """Write the model."""
        Path(path).write_text("model", encoding="utf-8")


@pytest.fixture
def keras(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the package for Keras, whose base classes are those of this test."""
    library = ModuleType("keras.callbacks")
    library.Callback, library.ModelCheckpoint = Callback, ModelCheckpoint  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keras", ModuleType("keras"))
    monkeypatch.setitem(sys.modules, "keras.callbacks", library)
    earlier = _take_modules()
    yield import_module(PACKAGE)
    _take_modules()
    sys.modules.update(earlier)


def _take_modules() -> dict[str, ModuleType]:
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(PACKAGE)}


def fit(callback: Any, model: Model, batches: int = 4) -> None:
    """Call *callback* as a training of three epochs does."""
    callback.model = model
    callback.on_train_begin({})
    for epoch, logs in enumerate(EPOCHS):
        for batch in range(batches):
            callback.on_train_batch_end(batch, {"loss": logs["loss"]})
        callback.on_epoch_end(epoch, dict(logs))


def rows(run: wandb.Run, *keys: str) -> list[list[float]]:
    """Return the values of *keys* in the rows of *run* that have them, after its end."""
    run.finish()
    values: list[list[float]] = wandb.read(run.id)[list(keys)].dropna().to_numpy().tolist()
    return values


def test_epochs_are_rows(start: Start, keras: Any) -> None:
    """An epoch is a row with its metrics, its number and the learning rate, on the axis of epochs."""
    run = start()
    fit(keras.WandbMetricsLogger(), Model())
    assert rows(run, "epoch/epoch", "epoch/loss", "epoch/val_loss", "epoch/learning_rate") == [
        [epoch, logs["loss"], logs["val_loss"], 0.5] for epoch, logs in enumerate(EPOCHS)
    ]
    assert "batch/loss" not in wandb.read(run.id)


def test_batches_are_rows_on_request(start: Start, keras: Any) -> None:
    """Every n-th batch of an epoch is a row, counted over epochs; a schedule gives the rate of the batch."""
    run = start()
    schedule = lambda step: step / 16  # noqa: E731 -- schedules are objects to call
    fit(keras.WandbMetricsLogger(log_freq=3, initial_global_step=4), Model(schedule))
    assert rows(run, "batch/batch_step", "batch/learning_rate") == [
        [3 * number, (5 + 4 * (number // 2) + 3 * (number % 2)) / 16] for number in range(6)
    ]


@pytest.mark.parametrize("log_freq", [0, "epochs", 1.5])
def test_an_impossible_frequency_is_an_error(start: Start, keras: Any, log_freq: Any) -> None:
    """The frequency is "epoch", "batch" or a number from 1 on."""
    start()
    with pytest.raises(UsageError, match="log_freq"):
        keras.WandbMetricsLogger(log_freq)


def test_a_training_continues_after_a_failure(start: Start, keras: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """What cannot be logged is one line, and the training continues."""
    run = start(settings={"silent": False, "console": "off"})
    fit(keras.WandbMetricsLogger(), Model(rate="fast"))
    run.finish()
    assert capfd.readouterr().err.count("the training continues without it") == 1


@pytest.mark.parametrize(("save_best_only", "epochs"), [(False, [0, 1, 2]), (True, [0, 2])])
def test_saved_checkpoints_are_versions(
    start: Start, keras: Any, tmp_path: Path, save_best_only: bool, epochs: list[int]
) -> None:
    """Each file that Keras writes is a version with the alias of its epoch; an epoch without a file has none."""
    run = start()
    fit(keras.WandbModelCheckpoint(tmp_path / "best.keras", save_best_only=save_best_only), Model())
    for number, epoch in enumerate(epochs):
        artifact = run.use_artifact(f"run_{run.id}_model:epoch_{epoch}", type="model")
        assert (artifact.version, "latest" in artifact.aliases) == (f"v{number}", epoch == epochs[-1])
        text = (Path(artifact.download(tmp_path / str(epoch))) / "best.keras").read_text("utf-8")
        assert text == f"weights of epoch {epoch}"


def test_predictions_are_tables(start: Start, keras: Any) -> None:
    """The samples are one table, predictions one table per epoch; both forms of the methods are called."""

    class Evaluation(keras.WandbEvalCallback):  # type: ignore[name-defined,misc]
        def add_ground_truth(self) -> None:
            for number in range(2):
                self.data_table.add_data(number, f"label {number}")

        def add_model_predictions(self, epoch: int, logs: Any) -> None:
            for index in self.data_table_ref.get_index():
                self.pred_table.add_data(epoch, self.data_table_ref.data[index][1], logs["loss"])

    run = start()
    fit(Evaluation(["number", "label"], ["epoch", "label", "prediction"]), Model())
    for epoch, logs in enumerate(EPOCHS):
        table = run.use_artifact(f"run_{run.id}_pred:epoch_{epoch}", type="evaluation").get("eval_data")
        assert table.data == [[epoch, "label 0", logs["loss"]], [epoch, "label 1", logs["loss"]]]
    assert run.use_artifact("val:latest", type="dataset").get("val_data").columns == ["number", "label"]


def test_the_older_callback(start: Start, keras: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Rows have plain names; the summary has the best epoch; the best model is a file; other options are one line."""
    run = start(settings={"silent": False, "console": "off"})
    fit(keras.WandbCallback(log_weights=True, log_batch_frequency=4, log_colors=True), Model())
    assert (run.summary["best_val_loss"], run.summary["best_epoch"]) == (0.5, 2)
    assert (Path(run.dir) / "model-best.h5").read_text("utf-8") == "model"
    assert rows(run, "epoch", "loss") == [[epoch, logs["loss"]] for epoch, logs in enumerate(EPOCHS)]
    frame = wandb.read(run.id)
    assert len(frame) == 2 * len(EPOCHS)
    assert {"parameters/dense.weights", "parameters/dense.bias"} <= set(frame)
    assert run.summary["graph"]["_type"] == "graph-file"
    assert "WandbCallback() ignores log_colors" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("outputs", "labels", "captions"),
    [
        ([[0.25, 0.75], [0.5, 0.25]], ["cat", "dog"], ["dog", "cat"]),
        ([[0.25, 0.75], [0.5, 0.25]], None, ["1", "0"]),
        ([[0.25], [0.75]], ["no", "yes"], ["no", "yes"]),
        ([[0.25], [0.75]], None, ["0.25", "0.75"]),
    ],
)
def test_examples_of_the_older_callback(
    start: Start, keras: Any, outputs: list[list[float]], labels: list[str] | None, captions: list[str]
) -> None:
    """Each row has the first pictures, with the predicted class or number as caption."""
    model = Model()
    model.predict = lambda inputs, verbose: np.array(outputs)[: len(inputs)]  # type: ignore[attr-defined]  # noqa: ARG005 -- of Keras
    run = start()
    pictures = np.zeros((4, 5, 5, 3), np.uint8)
    fit(
        keras.WandbCallback(
            save_model=False, validation_data=(pictures, None), labels=labels, predictions=2, input_type="image"
        ),
        model,
    )
    run.finish()
    examples = wandb.read(run.id)["examples"]
    assert [(value["count"], value["captions"]) for value in examples] == 3 * [(2, captions)]


def batches(count: int) -> Iterator[tuple[Any, Any]]:
    """Yield batches of two pictures, with their classes, whose brightness is the number of the batch."""
    for number in range(count):
        yield np.full((2, 5, 5, 3), number, np.uint8), np.array([0, 1])


def test_examples_of_a_generator(start: Start, keras: Any) -> None:
    """Each epoch has the next batches of a generator; the last ones remain when it ends."""
    model, seen = Model(), []

    def predict(inputs: Any, verbose: int) -> Any:  # noqa: ARG001 -- of Keras
        seen.append([int(picture.max()) for picture in inputs])
        return np.zeros((len(inputs), 2))

    model.predict = predict  # type: ignore[attr-defined]
    start()
    fit(keras.WandbCallback(save_model=False, generator=batches(4), validation_steps=2, input_type="auto"), model)
    assert seen == [[0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]


def test_masks_are_colored(start: Start, keras: Any) -> None:
    """Predicted masks have the colours of their classes and stand between inputs and targets."""
    model = Model()
    model.predict = lambda inputs, verbose: np.stack([np.zeros(inputs.shape[:3]), np.ones(inputs.shape[:3])], -1)  # type: ignore[attr-defined]  # noqa: ARG005 -- of Keras
    run = start()
    options = {"output_type": "segmentation_mask", "class_colors": [[1, 0, 0], [0, 0, 1]], "input_type": "image"}
    data = np.zeros((2, 5, 5, 3), np.uint8), np.zeros((2, 5, 5), int)
    fit(keras.WandbCallback(save_model=False, validation_data=data, **options), model)
    run.finish()
    value = wandb.read(run.id)["examples"].iloc[0]
    assert value["count"] == 6
    folder = Path(run.file).parent / "files"
    pictures = [PIL.Image.open(folder / name).convert("RGB").getpixel((0, 0)) for name in value["filenames"]]
    assert pictures == 2 * [(0, 0, 0), (0, 0, 255), (255, 0, 0)]


def test_tables_of_predictions(start: Start, keras: Any) -> None:
    """Validation data is one table, predictions one per second epoch, with columns of labels and of the user."""
    model = Model()
    model.predict = lambda inputs, verbose: np.array([[0.25, 0.75], [0.5, 0.25]])  # type: ignore[attr-defined]  # noqa: ARG005 -- of Keras
    run = start()
    options = {"labels": ["cat", "dog"], "log_evaluation_frequency": 2, "log_evaluation": True}
    callback = keras.WandbCallback(
        save_model=False,
        validation_data=(np.array([[1.5], [2.5]]), np.array([1, 0])),
        validation_row_processor=lambda index, row: {"twice": 2 * row["input"], "row": int(index)},
        **options,
    )
    fit(callback, model)
    callback.on_train_end({})
    samples = run.use_artifact("wb_validation_data:latest", type="validation_dataset").get("wb_validation_data")
    assert (samples.columns, samples.data) == (
        ["input", "target", "twice", "row"],
        [[1.5, 1, 3.0, 0], [2.5, 0, 5.0, 1]],
    )
    table = run.use_artifact(f"run-{run.id}-validation_predictions:v0").get("validation_predictions")
    assert table.columns == ["val_row", "output", "output:max_class", "output:cat", "output:dog"]
    assert [[int(row[0]), *row[2:]] for row in table.data] == [[0, "dog", 0.25, 0.75], [1, "cat", 0.5, 0.25]]
    assert [row[0] for row in rows(run, "epoch", "validation_predictions")] == [1]


def test_gradients_need_data(start: Start, keras: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Gradients without data are an error; what cannot be computed is one line, and the epochs are rows."""
    run = start(settings={"silent": False, "console": "off"})
    with pytest.raises(UsageError, match="training_data"):
        keras.WandbCallback(log_gradients=True)
    fit(
        keras.WandbCallback(save_model=False, log_gradients=True, training_data=([1], [1]), compute_flops=True), Model()
    )
    assert len(rows(run, "epoch", "loss")) == len(EPOCHS)
    assert capfd.readouterr().err.count("the training continues without it") == 2


@pytest.mark.parametrize(
    ("options", "best", "epoch"),
    [
        ({}, 0.5, 2),
        ({"mode": "max"}, 0.875, 1),
        ({"monitor": "loss"}, 0.125, 2),
        ({"monitor": "loss", "mode": "max"}, 0.5, 0),
    ],
)
def test_the_best_epoch_of_the_older_callback(
    start: Start, keras: Any, options: dict[str, Any], best: float, epoch: int
) -> None:
    """`monitor` and `mode` decide which epoch is the best, `log_best_prefix` how the summary calls it."""
    run = start()
    fit(keras.WandbCallback(save_model=False, log_best_prefix="top/", **options), Model())
    assert (run.summary[f"top/{options.get('monitor', 'val_loss')}"], run.summary["top/epoch"]) == (best, epoch)
    assert not list(Path(run.dir).glob("model-best*"))
    fit(keras.WandbCallback(save_model=False, log_best_prefix=None), Model())
    assert not [key for key in run.summary if key.startswith("best_")]


@pytest.mark.parametrize("name", ["WandbMetricsLogger", "WandbCallback"])
def test_a_callback_needs_a_run(keras: Any, name: str) -> None:
    """Without a run making a callback is an error."""
    with pytest.raises(NoRunError, match="init"):
        getattr(keras, name)()


def test_without_keras_a_callback_reports_what_to_install(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules can be imported without Keras; a callback is then an ImportError with the remedy."""
    start()
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setitem(sys.modules, "keras.callbacks", None)
    earlier = _take_modules()
    try:
        with pytest.raises(ImportError, match="pip install keras"):
            import_module(PACKAGE).WandbMetricsLogger()
    finally:
        _take_modules()
        sys.modules.update(earlier)
