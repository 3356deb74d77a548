"""The way of a row from `log()` to the run file: its step, its attempt, its bytes, one write.

One object per run; threads share one lock. A call made while the same thread is inside another one (by a signal
handler or a destructor) is deferred and carried out before the outer call returns.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Mapping
from threading import RLock
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import Error, RowError, RowTypeError, RunFinishedError, StoreError
from wandb_nb.store.format.json_value import type_name
from wandb_nb.store.writing.row_encoder import RowEncoder, extra_items
from wandb_nb.tracking.rows.fork_lock import lock_at_fork
from wandb_nb.tracking.rows.metric_recorder import MetricRecorder
from wandb_nb.tracking.rows.open_step import OpenStep
from wandb_nb.tracking.rows.periodic_checks import CHECK_INTERVAL_SECONDS
from wandb_nb.tracking.rows.position import Position
from wandb_nb.tracking.rows.row_checks import whole_step
from wandb_nb.tracking.rows.storable_row import RowFilter, StorableRow
from wandb_nb.tracking.rows.summary import Summary
from wandb_nb.tracking.rows.summary_records import SummaryRecords

if TYPE_CHECKING:
    from wandb_nb.capture.secrets.redact import Redactor
    from wandb_nb.data.media_store import MediaStore
    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.store.metrics.summary_engine import Statistics
    from wandb_nb.store.writing.null_writer import Writer
    from wandb_nb.store.writing.segments import SharedSteps
    from wandb_nb.tracking.rows.periodic_checks import PeriodicChecks


class RowLogger:
    """Steps, attempts and summary of one run; writes its rows to the run file.

    Media of rows are stored in what *media* returns, and dropped without it. The periodic *checks* run after a stored
    row, outside the lock. *owner* is False in a process that attached to the run of another one: it counts steps
    together with the owner, and its rows carry its process id.
    """

    def __init__(
        self,
        name: str,
        writer: Writer,
        *,
        start_time: float,
        starting_step: int = 0,
        attempt: int = 0,
        earlier_runtime: float = 0.0,
        summary: Mapping[str, Any],
        statistics: Mapping[str, Statistics],
        counter: SharedSteps | None = None,
        redact: Redactor | None = None,
        media: Callable[[], MediaStore] | None = None,
        checks: PeriodicChecks,
        notice: Callable[[str], None],
        owner: bool = True,
    ) -> None:
        self.step = starting_step
        self.cell: int | None = None
        self.attempt = attempt
        self.rows = self.changes = 0
        self.closed = False
        self.lock = RLock()
        self._name, self._writer, self._append = name, writer, writer.append
        self._open_step = OpenStep(writer)
        self._metric_recorder = MetricRecorder(writer.append, summary, lambda: self.is_owner)
        self.metrics = self._metric_recorder.metrics
        self.position = Position(start_time, earlier_runtime)
        self._epoch = self.position.epoch
        self._filter = RowFilter(notice, media)
        self.summary = Summary(
            self.metrics,
            self.lock,
            self._store_summary,
            self.position.as_summary,
            redact,
            storable=self._filter.summary_value,
        )
        self.summary._load(summary, statistics)  # noqa: SLF001 -- the summary is part of the row's way
        self._summary_records = SummaryRecords(self.summary, self.position)
        self.step_was_given = self.summary_was_set = False
        self._encode = RowEncoder(redact.json if redact else None).encode_row
        self._checks, self._notice = checks, notice
        self._busy = self._draining = False
        self._deferred: deque[tuple[Mapping[str, Any], Any, bool | None]] = deque()
        self._counter = counter
        self._started_run, self._pid = owner, os.getpid()
        self._single_writer = owner
        self._shared = None if owner else counter
        self._extra = self._extra_items(attempt)
        lock_at_fork(self)

    def log(  # noqa: C901, PLR0912, PLR0915 -- calls of other functions would cost every row
        self, row: Mapping[str, Any], step: Any = None, commit: bool | None = None
    ) -> None:
        """Store one row; see `Run.log`. Flat code, since every row takes this path."""
        try:
            with self.lock:
                if self.closed:
                    raise RunFinishedError(
                        f"{self._name} has finished and accepts no more rows; start another with init()"
                    )
                if self._busy:
                    self._deferred.append((dict(row) if isinstance(row, dict) else row, step, commit))
                    return
                try:
                    self._busy = True
                    if step is None:
                        at, extra = (self.step, self._extra) if self._single_writer else self._shared_step(commit)
                        ahead = 1 if commit or commit is None else 0
                    else:
                        at, extra = self._explicit(step)
                        ahead = 1 if commit else 0
                    try:
                        if self.metrics:
                            row = self._metric_recorder.with_steps(row)
                        now, wall_time = monotonic(), time()
                        body, numbers = self._encode(row, at, now - self._epoch, wall_time, extra)
                    except StoreError:
                        raise
                    except Exception as error:  # a foreign class may raise anything
                        raise _UnstorableRowError from error
                    # The row is valid. The step advances before the write: an interrupt between the two may leave a
                    # gap in the steps, but never two rows at one step, of which a reader would drop one.
                    self.step = at + ahead
                    self.rows += 1
                    if extra is not self._extra:
                        self._extra, self.attempt = extra, self.attempt + 1
                    self.position.last = (at, now - self._epoch, wall_time)
                    try:
                        self.summary._absorb(row, at, self.attempt, numbers)  # noqa: SLF001 -- part of the row's way
                    except Exception:  # noqa: BLE001 -- another thread has changed the row meanwhile
                        self.summary._absorb(self._filter.row(row, at, at)[0], at, self.attempt)  # noqa: SLF001 -- as above
                    if due := now >= self._checks.due_at:
                        self._checks.due_at = now + CHECK_INTERVAL_SECONDS
                    if self._open_step.parts or not ahead:
                        self._open_step.add(body, at, self.attempt, completes=bool(ahead))
                        if due and ahead:
                            self._append(*self._summary_records.due(now))
                    elif due:
                        self._append(body, *self._summary_records.due(now))
                    else:
                        self._append(body)
                finally:
                    self._busy = False
                    if self._deferred and not self._draining:
                        self._log_deferred()
        except _UnstorableRowError as unstorable:
            self.log(*self._storable(row, step, unstorable.__cause__), commit)
            return
        if due:
            self._checks.run_checks()

    def log_apart(self, row: Mapping[str, Any]) -> None:
        """Store *row* as a step of its own; a step that another thread has begun is completed before it.

        Raises:
            RunFinishedError: The run has finished.

        """
        with self.lock:
            if self._open_step.parts:
                self._open_step.complete()
                self.step += 1
            due_at, self._checks.due_at = self._checks.due_at, math.inf  # checks run outside the lock
            try:
                self.log(row, commit=True)
            finally:
                self._checks.due_at = due_at

    def set_cell(self, cell: int | None) -> None:
        """Mark the rows that follow as logged by execution *cell* of a notebook."""
        with self.lock:
            self.cell = cell
            self._extra = self._extra_items(self.attempt)

    def runtime(self) -> float:
        """Return the seconds since the run started (until it ended), those of earlier parts included."""
        return self.position.runtime()

    @property
    def last_step(self) -> int:
        """The step of the last row, or the step before the first one while there is none."""
        return self.position.last[0] if self.position.last else max(self.step - 1, 0)

    @property
    def stored_step(self) -> int | None:
        """The step of the newest row, those of an earlier part of the run included; None without rows."""
        return self.last_step if self.position.last or self.step else None

    @property
    def lost(self) -> int:
        """How many rows could not be stored."""
        return self._writer.lost

    @property
    def is_owner(self) -> bool:
        """Whether this process started the run; False in a forked child and in a process that attached to it."""
        return self._started_run and self._pid == os.getpid()

    def append(self, *bodies: bytes) -> None:
        """Store records other than rows."""
        self.changes += 1
        self._append(*bodies)

    def complete_step(self) -> None:
        """Store the step that is open, if there is one, as a row."""
        with self.lock:
            self._open_step.complete()

    def close(self) -> None:
        """Accept no more rows."""
        with self.lock:
            if not self.closed and self.is_owner:
                self._open_step.complete()
            self.closed = True
            self.position.end()

    def define(self, metric: Metric, *, overwrite: bool) -> None:
        """Record a metric definition, which counts for the rows that follow."""
        with self.lock:
            self._open_step.complete()
            self._metric_recorder.define(metric, overwrite=overwrite)

    def features(self) -> list[str]:
        """Return the features used here, for telemetry."""
        used = {"set_step_log": self.step_was_given, "set_summary": self.summary_was_set}
        return [feature for feature, yes in used.items() if yes]

    def final_summary(self) -> bytes:
        """Return the record of pending summary changes and of the final position, which follows all rows."""
        with self.lock:
            self._open_step.complete()
            return self._summary_records.final()

    def enable_shared_steps(self) -> None:
        """Check before each row whether another process counts steps as well; costs a microsecond per row."""
        self._single_writer = False

    def check_other_writers(self) -> None:
        """Share the count of steps from now on if another process has begun to log."""
        if self._single_writer and self._counter is not None and self._counter.exists():
            self.enable_shared_steps()

    def _storable(self, row: Any, step: Any, error: BaseException | None) -> tuple[StorableRow, Any]:
        """Return what can be stored of a *row* that the encoder refused with *error*, and its step.

        Raises:
            RowTypeError: The call is wrong: *row* is not a mapping, or has a key that is not a string.

        """
        if not isinstance(row, Mapping):
            raise RowTypeError(f"log() takes a dict of metrics, got {type_name(row)}") from error
        if isinstance(row, StorableRow):
            raise RowError(f"{self._name} cannot store a row: {error}") from error
        return self._filter.row(row, step, self.step)

    # -- steps

    def _extra_items(self, attempt: int) -> bytes:
        """Return the items of each row besides its metrics; rows of other processes carry the process id."""
        return extra_items(cell=self.cell, attempt=attempt or None, writer=os.getpid() if not self.is_owner else None)

    def _explicit(self, step: Any) -> tuple[int, bytes]:
        """Return the step as an int and the row's extra items; a step behind the current one opens an attempt."""
        at = whole_step(step)
        self.step_was_given = True
        if at >= self.step:
            return at, self._extra
        return at, self._extra_items(self.attempt + 1)

    def _shared_step(self, commit: bool | None) -> tuple[int, bytes]:
        """Take the step from the counter that all writers of the run share, once there is a second one."""
        if self._shared is None and self._counter is not None and self._counter.exists():
            self._shared = self._counter
        if self._shared is None or commit is False:
            return self.step, self._extra
        return self._shared.take(self.step), self._extra

    # -- summary

    def _store_summary(self, update: Mapping[str, Any], remove: tuple[str, ...]) -> None:
        if self.closed:
            raise RunFinishedError(
                f"{self._name} has finished and its summary can no longer change; start another with init()"
            )
        self.summary_was_set = True
        self.changes += 1
        self._open_step.complete()
        self._append(self._summary_records.changed(update, remove))

    # -- deferred calls, forks

    def _log_deferred(self) -> None:
        self._draining = True
        try:
            while self._deferred:
                self._log_quietly(*self._deferred.popleft())
        finally:
            self._draining = False

    def _log_quietly(self, row: Mapping[str, Any], step: Any, commit: bool | None) -> None:
        try:
            self.log(row, step, commit)
        except Error as error:  # the caller has returned long ago; the one that logs now is not to blame
            self._notice(f"a row logged inside another log() call was not stored: {error}")

    def after_fork(self, *, child: bool) -> None:
        """Continue in both processes: a child shares steps from its first row, the owner once another one logs."""
        self.enable_shared_steps()
        if child:
            self._busy = False
            self._deferred.clear()
            self._open_step.drop()  # its parts are the parent's to write
            self.summary._take_changes()  # noqa: SLF001 -- as above
            self._shared = self._counter
            self._extra = self._extra_items(self.attempt)


class _UnstorableRowError(Exception):
    """The encoder refused a row; the cause is its error."""
