"""The session of a notebook: its cells and their outputs, written for every run that records them.

Each cell costs one small write per run when it starts and ends; a thread bounds, redacts and writes the outputs.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.cells.outputs import CellOutputs, bounded
from wandb_nb.capture.cells.session_writer import SessionWriter
from wandb_nb.capture.console.stream_hooks import STREAMS, StreamHook
from wandb_nb.store.reading.executed_cells import Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wandb_nb.capture.cells.journal import Journal

_MAX_INLINE_CHARACTERS = 4_000
"""Longer sources are redacted in the thread, so that the cell starts without delay."""
_REFRESH_SECONDS = 1.0
_CLOSE_TIMEOUT_SECONDS = 5.0


class Session:
    """All cells that one shell executes, starting with those in *past*.

    *report_failure* gets one sentence for what cannot be stored. The shell's hooks call `begin`, `end` and the methods
    for outputs; runs call `open` and `close`.
    """

    def __init__(self, report_failure: Callable[[str], None], past: Iterable[Cell] = ()) -> None:
        self._report_failure = report_failure
        self._cells = list(past)
        self._writers: tuple[SessionWriter, ...] = ()
        self._queue: SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._remove_hooks: list[Callable[[], None]] = []
        self._number = 0
        self._outputs, self._running = CellOutputs(), False
        self._owners: dict[str, int] = {}
        self._changed_displays: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    @property
    def running(self) -> Cell | None:
        """The cell being executed."""
        return self._cells[-1] if self._cells and self._cells[-1].ok is None else None

    # -- called by the shell's hooks

    def begin(self, number: int, source: str) -> None:
        """Record the start of a cell."""
        cell = Cell(number, source, time.time())
        self._cells.append(cell)
        if len(source) <= _MAX_INLINE_CHARACTERS:
            self._for_each_writer(SessionWriter.begin, cell)
        self._enqueue(self._begin, cell)

    def end(self, *, ok: bool, error: tuple[str, str, list[str]] | None = None) -> None:
        """Record its end; *error* is name, text and traceback of the exception."""
        if not self._cells or self._cells[-1].ok is not None:
            return
        cell = self._cells[-1]
        cell.ok, cell.seconds = ok, round(time.time() - (cell.started or 0), 6)
        cell.error = f"{error[0]}: {error[1]}".rstrip(": ") if error else None
        if len(cell.source) <= _MAX_INLINE_CHARACTERS:
            self._for_each_writer(SessionWriter.end, cell)
        self._enqueue(self._end, cell, error)

    def display(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str | None, *, update: bool) -> None:
        """Record a display, or the new state of the displays with that id."""
        self._enqueue(self._display, dict(data), dict(metadata), display_id, update)

    def result(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Record the value that the cell displays."""
        self._enqueue(self._result, dict(data), dict(metadata))

    def clear(self, *, wait: bool) -> None:
        """Record that the cell's outputs are cleared."""
        self._enqueue(lambda: self._outputs.clear(wait=wait))

    # -- called by runs

    def open(self, journal: Journal) -> SessionWriter:
        """Start to write for one more run: the cells so far, then each new one."""
        writer = SessionWriter(journal)
        for cell in self._cells:
            (writer.begin if cell is self.running else writer.add_past)(cell)
        self._writers = (*self._writers, writer)
        if journal.with_outputs and not self._remove_hooks:
            self._remove_hooks = [StreamHook.listen(name, self._printed) for name in STREAMS]
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="wandb_nb-session", daemon=True)
            self._thread.start()
        if self._cells:
            self._enqueue(self._join_running, self._cells[-1].number)
        return writer

    def close(self, writer: SessionWriter) -> None:
        """Write the rest for *writer*, and close it."""
        if writer not in self._writers:
            return
        self._enqueue(self._finish_writer, writer)
        writer.written.wait(_CLOSE_TIMEOUT_SECONDS)
        self._writers = tuple(other for other in self._writers if other is not writer)
        writer.close()
        if not any(other.journal.with_outputs for other in self._writers):
            for remove in self._remove_hooks:
                remove()
            self._remove_hooks = []

    def detach(self) -> None:
        """Stop writing, in a forked child: files and thread belong to its parent."""
        self._writers, self._remove_hooks, self._thread = (), [], None

    # -- writing; after a failure a run loses the rest of its session

    def _for_each_writer(self, write: Callable[..., None], *arguments: Any) -> None:
        for writer in self._writers:
            try:
                write(writer, *arguments)
            except Exception as error:  # noqa: BLE001, PERF203 -- the notebook must not fail
                self._writers = tuple(other for other in self._writers if other is not writer)
                writer.written.set()
                with suppress(OSError):
                    writer.close()
                path, kind = writer.journal.path, type(error).__name__
                self._report_failure(f"cells are no longer recorded in {path} ({kind}: {error})")

    def _write_outputs(self, writer: SessionWriter) -> None:
        if writer.journal.with_outputs:
            if self._running:
                writer.outputs(self._number, self._outputs.collect())
            for display_id, (data, metadata) in self._changed_displays.items():
                writer.updated(self._owners[display_id], display_id, data, metadata)

    # -- in the thread

    def _enqueue(self, act: Callable[..., None], *arguments: Any) -> None:
        if self._writers:
            self._queue.put((act, arguments))

    def _printed(self, stream: str, text: str) -> None:
        self._enqueue(self._print, stream, text)

    def _run(self) -> None:
        while True:
            is_stale = any(writer.is_stale for writer in self._writers)
            try:
                act, arguments = self._queue.get(timeout=_REFRESH_SECONDS if is_stale else None)
            except Empty:
                self._for_each_writer(SessionWriter.refresh)
                continue
            try:
                act(*arguments)
            except Exception as error:  # noqa: BLE001 -- one bad output must not end the session
                self._report_failure(f"an output is not recorded ({type(error).__name__}: {error})")

    def _join_running(self, number: int) -> None:
        """Start to collect outputs in the middle of a cell."""
        if self._number != number:
            self._number, self._outputs, self._running = number, CellOutputs(), True

    def _begin(self, cell: Cell) -> None:
        self._number, self._outputs, self._running = cell.number, CellOutputs(), True
        if len(cell.source) > _MAX_INLINE_CHARACTERS:
            self._for_each_writer(SessionWriter.begin, cell)
        self._for_each_writer(SessionWriter.write_running, cell.number)

    def _end(self, cell: Cell, error: tuple[str, str, list[str]] | None) -> None:
        self._number = cell.number
        if len(cell.source) > _MAX_INLINE_CHARACTERS:
            self._for_each_writer(SessionWriter.end, cell)
        if error is not None:
            self._outputs.error(*error)
        self._for_each_writer(self._write_outputs)
        self._changed_displays, self._outputs, self._running = {}, CellOutputs(), False
        self._for_each_writer(SessionWriter.refresh)

    def _print(self, stream: str, text: str) -> None:
        self._outputs.stream(stream, text)

    def _result(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        self._outputs.result(self._number or self._cells[-1].number, data, metadata)

    def _display(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any],
        display_id: str | None,
        update: bool,
    ) -> None:
        if not update:
            self._outputs.display(data, metadata, display_id)
            if display_id is not None:
                self._owners[display_id] = self._number
        elif display_id in self._owners and not self._outputs.update(data, metadata, str(display_id)):
            self._changed_displays[str(display_id)] = (bounded(data), metadata)

    def _finish_writer(self, writer: SessionWriter) -> None:
        try:
            self._number = self._cells[-1].number if self._cells else 0
            self._write_outputs(writer)
            writer.refresh(now=True)
        finally:
            writer.written.set()
