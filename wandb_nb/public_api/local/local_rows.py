"""The rows of a run on this machine as the public API returns them: nested dicts, in step order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.public_api.run_storage import STEP
from wandb_nb.store.format.decode import WireError, decode, is_history
from wandb_nb.store.format.key_paths import put
from wandb_nb.store.format.record_types import HistoryRecord, RunRecord, StatsRecord
from wandb_nb.store.runs.run_chain import parts
from wandb_nb.store.runs.run_source import sources
from wandb_nb.sync.upload.lines.system_lines import system_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from wandb_nb.public_api.run_storage import Row

_ABSENT = object()


def read_rows(folder: Path) -> Iterator[Row]:
    """Yield the rows of the run in *folder*, in step order; from disk one by one, if one process wrote them."""
    files = sources(parts(folder))
    rows = (row for file in files for row in _rows_of(file))
    has_several_writers = len({file.folder for file in files}) < len(files)
    return iter(sorted(rows, key=step_of)) if has_several_writers else rows


def read_system_rows(folder: Path) -> list[Row]:
    """Return the samples of system metrics, as a server stores them."""
    rows, start = [], None
    for file in sources(parts(folder)):
        for record in _records(file, rows=False):
            if isinstance(record, RunRecord) and start is None:
                start = record.start_time
            elif isinstance(record, StatsRecord):
                rows.append(system_line(record, start))
    return rows


def selected(rows: Iterable[Row], keys: Sequence[str], min_step: int, max_step: int | None) -> Iterator[Row]:
    """Yield *keys* (or everything) of the *rows* between two steps that have all of them."""
    for row in rows:
        if min_step <= step_of(row) and (max_step is None or step_of(row) < max_step):
            chosen = {key: value_at(row, key) for key in keys} if keys else row
            if _ABSENT not in chosen.values():
                yield chosen


def step_of(row: Row) -> float:
    """Return the step of *row*; 0 where it has none."""
    step = row.get(STEP, 0)
    return step if isinstance(step, (int, float)) else 0


def value_at(row: Row, key: str) -> Any:
    """Return the value of *key*, which may be a path into dicts with dots; a mark if the row has none."""
    if key in row:
        return row[key]
    value: Any = row
    for name in key.split("."):
        value = value.get(name, _ABSENT) if isinstance(value, dict) else _ABSENT
    return value


def _rows_of(file: Any) -> Iterator[Row]:
    for record in _records(file, rows=True):
        if isinstance(record, HistoryRecord):
            row: Row = {}
            for path, value in record.items:
                put(row, path, value)
            if STEP not in row and record.step is not None:
                row[STEP] = record.step
            yield row


def _records(file: Any, *, rows: bool) -> Iterator[Any]:
    """Yield the readable records of *file*: its rows, or all others."""
    while payloads := file.read():
        for payload in payloads:
            if is_history(payload) is rows:
                try:
                    yield decode(payload)
                except WireError:  # `verify` reports damage
                    continue
