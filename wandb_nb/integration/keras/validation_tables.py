"""`log_evaluation`: a table of validation data, and tables of what a model predicts for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.artifacts.artifact import Artifact
from wandb_nb.data.images.image import Image
from wandb_nb.data.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wandb_nb.tracking.run import Run

    RowProcessor = Callable[[Any, dict[str, Any]], Mapping[str, Any]]

_ARTIFACT, _ARTIFACT_TYPE, _TABLE = "wb_validation_data", "validation_dataset", "wb_validation_data"
_PREDICTIONS = "validation_predictions"
_PICTURE_DIMENSIONS = (2, 3)
_CHANNELS = (1, 3, 4)


class ValidationTables:
    """The tables of *samples*, inputs and targets, that *run* logs.

    The table of the samples is a version of the artifact `wb_validation_data`, unless *indexes* are rows of the user's
    own table. A processor gets the index of a row and its values, and returns further columns.
    """

    def __init__(
        self,
        run: Run,
        samples: tuple[Any, Any],
        *,
        indexes: Sequence[Any] | None = None,
        processors: tuple[RowProcessor | None, RowProcessor | None] = (None, None),
        labels: Sequence[str] | None = None,
        infer: bool = True,
    ) -> None:
        self._run, self._inputs = run, samples[0]
        guess = (lambda _index, row: _guessed_columns(row, labels or ())) if infer else None
        self._prediction_processor = processors[1] or guess
        self._indexes = list(indexes) if indexes is not None else self._log_samples(samples, processors[0] or guess)

    def _log_samples(self, samples: tuple[Any, Any], processor: RowProcessor | None) -> list[Any]:
        table = _table({**_columns("input", samples[0]), **_columns("target", samples[1])})
        if processor is not None:
            table.add_computed_columns(processor)
        artifact = Artifact(_ARTIFACT, type=_ARTIFACT_TYPE)
        artifact.add(table, _TABLE)
        self._run.use_artifact(artifact)
        artifact.wait()
        return list(artifact.get(_TABLE).get_index())

    def predictions(self, model: Any) -> dict[str, Table]:
        """Return the table of what *model* predicts, by its key in a row."""
        outputs = model.predict(self._inputs, verbose=0)
        columns = _columns("output", outputs)
        table = _table({"val_row": self._indexes, **columns})
        if self._prediction_processor is not None:
            table.add_computed_columns(self._prediction_processor)
        return {_PREDICTIONS: table}


def _columns(name: str, values: Any) -> dict[str, Any]:
    """Return the array or the arrays of *values* by the names of their columns."""
    if isinstance(values, dict):
        return {f"{name}:{key}": value for key, value in values.items()}
    if isinstance(values, (tuple, list)) and len(values) and hasattr(values[0], "shape"):
        return {f"{name}:{number}": value for number, value in enumerate(values)}
    return {name: values}


def _table(columns: dict[str, Any]) -> Table:
    rows = [[_cell(value) for value in row] for row in zip(*columns.values(), strict=True)]
    return Table(columns=list(columns), data=rows)


def _cell(value: Any) -> Any:
    """Return one number of an array of one as that number."""
    return value.reshape(-1)[0].item() if isinstance(value, (np.ndarray, np.generic)) and value.size == 1 else value


def _guessed_columns(row: dict[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    """Return pictures of arrays that can be some, and for scores of *labels* the class and the score of each."""
    columns: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, np.ndarray) and _is_picture(value):
            columns[f"{name}:image"] = Image(value)
        elif isinstance(value, np.ndarray) and labels and value.shape == (len(labels),):
            columns[f"{name}:max_class"] = labels[int(value.argmax())]
            columns.update({f"{name}:{label}": float(score) for label, score in zip(labels, value, strict=True)})
        elif labels and isinstance(value, int) and name != "val_row" and 0 <= value < len(labels):
            columns[f"{name}:class"] = labels[value]
    return columns


def _is_picture(value: np.ndarray[Any, Any]) -> bool:
    is_flat = value.ndim in _PICTURE_DIMENSIONS and min(value.shape[:2]) > 1
    return is_flat and (value.ndim == _PICTURE_DIMENSIONS[0] or value.shape[-1] in _CHANNELS)
