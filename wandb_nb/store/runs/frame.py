"""A run's history as a pandas frame. pandas is used here only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.store.reading.run_state import replayed
from wandb_nb.store.runs.find import find_run
from wandb_nb.store.runs.run_chain import parts
from wandb_nb.store.runs.run_source import sources

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from wandb_nb.store.reading.history_table import HistoryTable, NumberColumn
    from wandb_nb.store.reading.run_state import RunState

# Beyond this a float64 no longer holds every whole number, and int64 ends.
MAX_STEP = 2.0**53
_MAX_INT64 = 2**63


def read(ref: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the history of the run *ref*: a path of a run directory or file, an id, a name, or "latest".

    There is one row per logged step. The first columns are `_step`, `_runtime` (seconds), `_timestamp` (unix seconds)
    and, if the run has them, `_attempt`, `_cell` and `_writer`. The logged keys follow in first-seen order, nested ones
    joined by ".". A key that was not logged in a row is NaN, or None among texts and other objects. Bools are 0 and 1.
    Rows of several processes are in the order of steps.
    A key with whole numbers beyond 2**53 is int64, or holds objects where that is not possible.
    The frame's `attrs` have `id`, `name`, `project`, `config` and `summary`. Reads finished, growing and damaged files;
    the directories of a resumed run are joined.

    Raises:
        RunNotFoundError: There is no such run.
        StoreError: A file cannot be read.

    """
    return to_frame(load(ref))


def load(ref: str | os.PathLike[str]) -> RunState:
    """Return the state of the run *ref* from its files, including segments and the runs it was resumed from."""
    return replayed(sources(parts(find_run(ref))))


def from_rows(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return *rows* as a frame with one column for each key; a key that a row lacks is NaN."""
    import pandas as pd

    frame: pd.DataFrame = pd.DataFrame.from_records(list(rows))
    return frame


def to_frame(state: RunState) -> pd.DataFrame:
    """Return the rows of *state* as `read` does."""
    import pandas as pd

    table = state.table
    columns = _row_columns(table) | {key: _column(table, key) for key in table.keys}
    frame: pd.DataFrame = pd.DataFrame(columns, copy=False)
    if "_writer" in columns:  # rows arrive by process
        frame = frame.iloc[table.step_order()].reset_index(drop=True)
    frame.attrs = {
        "id": state.id,
        "name": state.name,
        "project": state.project,
        "config": state.config,
        "summary": state.summary,
    }
    return frame


def _row_columns(table: HistoryTable) -> dict[str, NDArray[Any]]:
    columns = {"_step": _whole(table.step), "_runtime": table.runtime.copy(), "_timestamp": table.timestamp.copy()}
    if table.attempt.any():
        columns["_attempt"] = _whole(table.attempt)
    if not np.isnan(table.cell).all():
        columns["_cell"] = _whole(table.cell)
    if table.writer.any():
        columns["_writer"] = _whole(table.writer)
    return columns


def _whole(values: NDArray[np.float64]) -> NDArray[Any]:
    """Return *values* as int64, or an unchanged copy if one is missing or not a whole number."""
    whole = (np.abs(values) <= MAX_STEP).all() and (values == np.floor(values)).all()
    copied: NDArray[Any] = values.astype(np.int64 if whole else np.float64)
    return copied


def _column(table: HistoryTable, key: str) -> NDArray[Any]:
    numbers, others = table.numbers.get(key), table.others.get(key)
    values = np.full(len(table), np.nan)
    if numbers is not None:
        values[numbers.rows] = numbers.values  # noqa: PD011 - not a pandas column
    objects_logged = others.values if others is not None else []  # noqa: PD011 - the same
    if others is None or all(value is None for value in objects_logged):
        return values if numbers is None or not numbers.exact else _with_exact(values, numbers)
    objects: NDArray[Any] = np.full(len(table), None, object)
    if numbers is not None and len(numbers):
        objects[numbers.rows] = numbers.exact_values(0, len(numbers))
    for row, value in zip(others.rows, objects_logged, strict=True):
        objects[row] = value
    return objects


def _with_exact(values: NDArray[np.float64], numbers: NumberColumn) -> NDArray[Any]:
    """Return *values* with the whole numbers that no float64 holds: as int64 if it holds them all, else as objects."""
    objects = values.astype(object)
    objects[list(numbers.exact)] = list(numbers.exact.values())
    if all((type(value) is int or value.is_integer()) and abs(value) < _MAX_INT64 for value in objects.tolist()):
        return np.array([int(value) for value in objects.tolist()], np.int64)
    return objects
