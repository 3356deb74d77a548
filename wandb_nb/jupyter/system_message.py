"""A run's system metrics as a message for the view."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.store.format.decode import WireError, decode, kind
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.format.record_types import StatsRecord
from wandb_nb.store.reading.run_state import RunState
from wandb_nb.store.reading.tail import Tail
from wandb_nb.view.message.downsample import downsample
from wandb_nb.view.message.run_header import describe
from wandb_nb.view.message.run_message import Series, pack
from wandb_nb.view.message.system_units import with_unit

if TYPE_CHECKING:
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.view.message.run_message import Message

MAX_POINTS = 600
_SAMPLE_TAG = b"\x3a"  # the tag of a sample, near the front of its record


class SystemMetrics:
    """Follows the system samples in the run file of *entry*. Not thread-safe."""

    def __init__(self, entry: RunEntry) -> None:
        self._entry = entry
        self._tail = Tail(run_file(entry.path))
        self._times: list[float] = []
        self._columns: dict[str, list[float]] = {}

    def message(self) -> Message:
        """Read on and return all samples: one thinned series per metric, whose steps count the samples.

        Raises:
            StoreError: The file cannot be read.
        """
        while payloads := self._tail.read():
            for payload in payloads:
                if _SAMPLE_TAG in payload[:16]:
                    self._add_payload(payload)
        step = np.arange(len(self._times), dtype=np.float64)
        seconds = np.maximum(0.0, np.array(self._times) - self._entry.created)
        columns = ((with_unit(key), np.array(column)) for key, column in self._columns.items())
        series = (Series(name, step, seconds, column, n=len(step)) for name, column in columns)
        state = RunState()
        state.id, state.name, state.start_time = self._entry.id, self._entry.name, self._entry.created
        return pack(describe(state, None, []), [downsample(samples, MAX_POINTS) for samples in series])

    def _add_payload(self, payload: bytes) -> None:
        with suppress(WireError):  # counted by the readers of the run itself
            record = decode(payload) if kind(payload) == "stats" else None
            if isinstance(record, StatsRecord):
                self._add_sample(record)

    def _add_sample(self, stats: StatsRecord) -> None:
        sample_count = len(self._times)
        self._times.append(stats.timestamp or self._entry.created)
        for path, value in stats.items:
            column = self._columns.setdefault(".".join(path), [np.nan] * sample_count)
            if isinstance(value, (int, float)) and len(column) == sample_count:
                column.append(float(value))
        for column in self._columns.values():
            column.extend([np.nan] * (sample_count + 1 - len(column)))
