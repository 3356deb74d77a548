"""`RunState`: a run as its records describe it, read whole or while the file grows."""

from __future__ import annotations

from collections import deque
from itertools import compress
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from wandb_nb import exit_codes
from wandb_nb.store.format import record_types
from wandb_nb.store.format.decode import WireError, decode, is_history
from wandb_nb.store.format.key_paths import put, remove
from wandb_nb.store.metrics.definitions import Definitions
from wandb_nb.store.reading.derived_summary import DerivedSummary
from wandb_nb.store.reading.history_table import HistoryTable
from wandb_nb.store.reading.payload_batch import HISTORY_TAG, SUMMARY_TAG, PayloadBatch
from wandb_nb.store.reading.row_columns import MIN_BATCH, newest_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.store.metrics.summary_engine import Statistics
    from wandb_nb.values import KeyPath

# Only the end of the terminal output; all of it is in `files/output.log`.
OUTPUT_PIECES = 10_000
# Texts that a later run record changes only if it has them.
RUN_TEXTS = ("id", "entity", "project", "group", "job_type", "name", "host", "sweep", "git_remote", "git_commit")


class RunState:
    """A run as its records describe it. Call `apply` with the records of each writer in order. Not thread-safe.

    `config` is a plain nested dict without W&B's own `_wandb` entry, which is `config_wandb`. `start_time` is in
    unix seconds. `version` grows with every record that is not history, so that a view can detect changes besides rows.
    """

    def __init__(self) -> None:
        self.id = self.project = self.entity = self.name = self.group = self.job_type = self.notes = ""
        self.tags: list[str] = []
        self.host = self.sweep = self.git_remote = self.git_commit = self.producer = ""
        self.start_time: float | None = None
        self.starting_step = 0
        self.resumed = False
        self.config: dict[str, Any] = {}
        self.config_wandb: dict[str, Any] = {}
        self.metrics = Definitions()
        self.table = HistoryTable()
        self._derived = DerivedSummary(self.table, self.metrics)
        # Definitions of the present batch, each with the number of rows before it.
        self._new_metrics: list[tuple[Metric, int]] = []
        self.exit_code: int | None = None
        self.preempting = False
        self.output: deque[record_types.OutputRecord] = deque(maxlen=OUTPUT_PIECES)
        self.files: dict[str, tuple[str, str]] = {}
        self.stats: dict[str, Any] = {}
        self.alerts: list[record_types.AlertRecord] = []
        self.telemetry: record_types.TelemetryRecord | None = None
        self.environment: dict[str, Any] = {}
        self._unreadable = 0
        self.version = 0
        self._exit_runtime: int | None = None
        self._recorded: dict[str, Any] = {}
        self._removed: set[KeyPath] = set()
        # The first row of each writer that is newer than its last summary record.
        self._unsummed: dict[int, int] = {}
        self._summary: tuple[tuple[int, int], dict[str, Any]] | None = None

    def apply(self, payloads: Sequence[bytes], writer: int = 0) -> None:
        """Apply records in file order. Rows of different *writer* numbers are kept apart."""
        history, summary = _masks(payloads)
        newest = newest_summary(list(compress(payloads, summary)))
        before = 0
        summed: int | None = None
        for payload, is_row, is_summary in zip(payloads, history, summary, strict=True):
            if is_row:
                before += 1
            elif (is_summary and newest is not None) or self._apply_one(payload, before):
                summed = before
        if newest is not None:
            self.version += 1
            self._update_summary(record_types.SummaryRecord(tuple(newest)))
        rows = self.table.append(list(compress(payloads, history)), writer)
        newer = rows[summed:] if summed is not None else rows
        if summed is not None:
            self._unsummed.pop(writer, None)
        if len(newer):
            self._unsummed.setdefault(writer, int(newer.min()))
        for metric, count in self._new_metrics:
            self._derived.start(metric, int(rows[count]) if count < len(rows) else len(self.table))
        self._new_metrics.clear()

    def apply_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append parsed rows, as a server stores them."""
        added = self.table.append_rows(rows)
        if len(added):
            self._unsummed.setdefault(0, int(added.min()))

    def apply_summary(self, values: Mapping[str, Any]) -> None:
        """Make *values* the recorded summary, which covers all rows so far; other keys are removed from it."""
        removed = tuple((key,) for key in self.summary if key not in values)
        self.version += 1
        self._update_summary(
            record_types.SummaryRecord(tuple(((key,), value) for key, value in values.items()), removed)
        )
        self._unsummed.clear()

    @property
    def unreadable(self) -> int:
        """How many payloads were not readable."""
        return self._unreadable + self.table.unreadable

    @property
    def summary(self) -> dict[str, Any]:
        """The summary: as recorded, and recomputed from the rows where these are newer or nothing is recorded.

        Metric definitions determine the value of a metric. The dict is shared with the state: do not change it.
        """
        key = (self.version, self.table.parts)
        if self._summary is None or self._summary[0] != key:
            since = min(self._unsummed.values(), default=len(self.table))
            self._summary = (key, self._derived.summary(self._recorded, self._removed, since))
        return self._summary[1]

    @property
    def statistics(self) -> dict[str, Statistics]:
        """What the summary engine needs to continue the statistics of this run's metrics."""
        return self._derived.statistics()

    @property
    def runtime(self) -> float:
        """Seconds that the run took, as far as recorded."""
        recorded = [] if self._exit_runtime is None else [float(self._exit_runtime)]
        last = self.table.runtime[-1:]
        return max([*recorded, *last[last == last].tolist()], default=0.0)  # noqa: PLR0124 - NaN differs from itself

    @property
    def last_step(self) -> int:
        """The step of the last row, or the starting step while there is none.

        Rows of a child process may follow later ones of its parent; the highest step counts then.
        """
        steps = self.table.step[-1:]
        if len(steps) and self.table.writer[-1] > 0:
            steps = np.fmax.reduce(self.table.step, keepdims=True)
        return int(steps[0]) if len(steps) and np.isfinite(steps[0]) else self.starting_step

    def state(self, alive: bool | None) -> str:
        """Return "running", "finished", "failed", "interrupted", "killed" or "crashed".

        *alive* is whether the writer lives, None if unknown.
        """
        if self.exit_code is not None:
            return exit_codes.state_of(self.exit_code)
        return "crashed" if alive is False else "running"

    def _apply_one(self, payload: bytes, rows_before: int) -> bool:
        """Apply one record that is not history; return whether it was a summary record."""
        try:
            record = decode(payload)
        except WireError:
            self._unreadable += 1
            return False
        self.version += 1
        if isinstance(record, record_types.MetricRecord):
            self._new_metrics.append((self.metrics.add(record.metric, overwrite=record.overwrite), rows_before))
        else:
            self._take(record)
        return isinstance(record, record_types.SummaryRecord)

    def _take(self, record: record_types.Record) -> None:  # noqa: C901, PLR0912 - one flat case a kind
        match record:
            case record_types.SummaryRecord():
                self._update_summary(record)
            case record_types.ConfigRecord():
                self._update_config(record)
            case record_types.OutputRecord():
                self.output.append(record)
            case record_types.RunRecord():
                self._take_run(record)
            case record_types.ExitRecord():
                self.exit_code, self._exit_runtime = record.code, record.runtime
            case record_types.FilesRecord():
                self.files |= {path: (policy, kind) for path, policy, kind in record.files}
            case record_types.StatsRecord():
                self.stats |= {".".join(path): value for path, value in record.items}
            case record_types.AlertRecord():
                self.alerts.append(record)
            case record_types.TelemetryRecord():
                self.telemetry = record
            case record_types.EnvironmentRecord():
                self.environment |= record.facts
            case record_types.HeaderRecord():
                self.producer = record.producer
            case record_types.OtherRecord():
                self.preempting = self.preempting or record.kind == "preempting"
            case record_types.HistoryRecord() | record_types.MetricRecord():
                pass  # `apply` handles them, since their order counts

    def _take_run(self, run: record_types.RunRecord) -> None:
        """Apply a run record. A later one updates what a user may change, and reopens a resumed run."""
        for name in RUN_TEXTS:
            setattr(self, name, getattr(run, name) or getattr(self, name))
        self.notes, self.tags = run.notes, list(run.tags)
        if self.start_time is None:
            self.start_time = run.start_time
            self.starting_step = run.starting_step
        self.resumed = self.resumed or run.resumed
        if run.resumed or run.branch:
            self.exit_code = self._exit_runtime = None
        self._update_config(run.config)
        self._update_summary(run.summary)

    def _update_config(self, record: record_types.ConfigRecord) -> None:
        for path, value in record.update:
            if path[0] == "_wandb":
                put({"_wandb": self.config_wandb}, path, value)
                if len(path) == 1 and isinstance(value, dict):
                    self.config_wandb |= value
            else:
                put(self.config, path, value)
        for path in record.remove:
            remove(self.config, path)

    def _update_summary(self, record: record_types.SummaryRecord) -> None:
        for path, value in record.update:
            put(self._recorded, path, value)
            self._removed.discard(path)
        for path in record.remove:
            remove(self._recorded, path)
            self._removed.add(path)


class Readable(Protocol):
    """An object that returns the payloads of a file in batches, such as a `Tail`."""

    def read(self) -> Sequence[bytes]:
        """Return the next payloads; an empty list at the present end of the file."""


def replayed(files: Iterable[Readable], *, with_rows: bool = True) -> RunState:
    """Return the state after all records in *files*, each of another writer, up to their present ends.

    Rows take nearly all of the time; without them the summary is what is recorded, which is all of it in an ended run.
    """
    state = RunState()
    for writer, file in enumerate(files):
        while payloads := file.read():
            state.apply(payloads if with_rows else _without_rows(payloads), writer)
    return state


def _without_rows(payloads: Sequence[bytes]) -> list[bytes]:
    history, _ = _masks(payloads)
    return [payload for payload, is_row in zip(payloads, history, strict=True) if not is_row]


def _masks(payloads: Sequence[bytes]) -> tuple[list[bool], list[bool]]:
    """Return for each payload whether it is a history record, and whether it looks like a summary record."""
    history = summary = [False] * len(payloads)
    if len(payloads) >= MIN_BATCH:
        batch = PayloadBatch(payloads)
        history, summary = batch.are(HISTORY_TAG).tolist(), batch.are(SUMMARY_TAG).tolist()
    flags = zip(payloads, history, summary, strict=True)
    return [is_row or (not other and is_history(payload)) for payload, is_row, other in flags], summary
