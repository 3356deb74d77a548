"""`RecordedRun`: what a program recorded with a client, as far as two clients must agree on it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.store.format.layout import run_file
from wandb_nb.store.reading.run_state import replayed
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wandb_nb.store.reading.run_state import RunState

GENERATED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]+-[a-z]+-\d+(?![0-9a-f])|None")
"""Generated names and ids; a run without a name has none before the official client's server gives it one."""
MEASURED = re.compile(r"runtime|per_second|time|memory|flos|speed|save_dir|_timestamp|_step$")
"""Keys of values that differ from one execution or folder to the next."""


@dataclass
class RecordedRun:
    """One run: its texts, config, metric definitions, rows in the order of their steps, summary and exit code."""

    name: str
    project: str
    group: str
    job_type: str
    notes: str
    tags: list[str]
    config: dict[str, Any]
    metrics: list[tuple[str, str | None, bool, tuple[str, ...]]]
    rows: list[tuple[int, dict[str, Any]]]
    summary: dict[str, Any]
    exit_code: int | None
    id: str = field(compare=False)


def recorded_runs(folder: Path) -> list[RecordedRun]:
    """Return the runs that were recorded in *folder*, in the order of their names, groups and configs."""
    found = [_recorded(directory) for directory in folder.glob("**/wandb/*run-*") if directory.is_dir()]
    return sorted(found, key=lambda run: (run.name, run.group, str(run.rows)))


def _recorded(directory: Path) -> RecordedRun:
    tail = Tail(run_file(directory))
    tail.finalize()
    state = replayed([tail])
    assert not state.unreadable
    return RecordedRun(
        name=GENERATED.sub("GENERATED", state.name),
        project=state.project,
        group=state.group,
        job_type=state.job_type,
        notes=state.notes,
        tags=without_generated(state.tags),
        config=comparable(state.config),
        metrics=sorted(
            (metric.name, metric.step_metric, metric.step_sync, metric.summary)
            for metric in state.metrics
            if not metric.expanded and metric.defined  # the official client leaves implied step metrics to its server
        ),
        rows=[(step, comparable(row)) for step, row in _rows(state)],
        summary=comparable(state.summary),
        exit_code=state.exit_code,
        id=state.id,
    )


def _rows(state: RunState) -> Iterable[tuple[int, dict[str, Any]]]:
    table = state.table
    rows: list[dict[str, Any]] = [{} for _ in range(len(table))]
    for columns in (table.numbers, table.others):
        for key, column in columns.items():
            for row, value in zip(list(column.rows), column.exact_values(0, len(column)), strict=True):
                rows[row][key] = value
    return zip(table.step.astype(int).tolist(), rows, strict=True)


def without_generated(texts: Iterable[str]) -> list[str]:
    """Return *texts* sorted, without what was generated."""
    return sorted(GENERATED.sub("GENERATED", text) for text in texts)


def comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return *values* without what is W&B's own, and with what was measured replaced by its type."""
    return {
        key: type(value).__name__ if MEASURED.search(key) else _rounded(value)
        for key, value in values.items()
        if not key.startswith("_")
    }


def _rounded(value: Any) -> Any:
    """Return *value* with numbers of seven digits: sums of threads differ in the last ones."""
    if isinstance(value, dict):
        return comparable(value)
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value):
        return float(f"{value:.5g}")
    return value
