"""The session of a notebook: its cells and their outputs, written down for every run that wants them.

What happens around a cell costs one small write a run; outputs go through a queue to a thread, which bounds, redacts
and writes them.
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

_QUICKLY_WRITTEN = 4_000  # characters of a source; redacting more takes too long for the moment before a cell
_REFRESH_EVERY_S = 1.0
_CLOSING_TAKES_AT_MOST_S = 5.0


class Session:
    """Everything that one shell executes, from the cells in *past* on; *failed* is told what could not be kept.

    `begin`, `end` and the calls for outputs come from the shell's hooks, `open` and `close` from runs.
    """

    def __init__(self, failed: Callable[[str], None], past: Iterable[Cell] = ()) -> None:
        self._failed = failed
        self._cells = list(past)
        self._kept: tuple[SessionWriter, ...] = ()
        self._queue: SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ends: list[Callable[[], None]] = []
        self._number = 0
        self._outputs, self._running = CellOutputs(), False
        self._owners: dict[str, int] = {}
        self._late: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    @property
    def running(self) -> Cell | None:
        """The cell that is being executed."""
        return self._cells[-1] if self._cells and self._cells[-1].ok is None else None

    # -- called by the shell's hooks

    def begin(self, number: int, source: str) -> None:
        """Note that a cell begins."""
        cell = Cell(number, source, time.time())
        self._cells.append(cell)
        if len(source) <= _QUICKLY_WRITTEN:
            self._each(SessionWriter.begin, cell)
        self._put(self._begin, cell)

    def end(self, *, ok: bool, error: tuple[str, str, list[str]] | None = None) -> None:
        """Note that it has ended; *error* is name, text and traceback of the exception."""
        if not self._cells or self._cells[-1].ok is not None:
            return
        cell = self._cells[-1]
        cell.ok, cell.seconds = ok, round(time.time() - (cell.started or 0), 6)
        cell.error = f"{error[0]}: {error[1]}".rstrip(": ") if error else None
        if len(cell.source) <= _QUICKLY_WRITTEN:
            self._each(SessionWriter.end, cell)
        self._put(self._end, cell, error)

    def display(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str | None, *, update: bool) -> None:
        """Take a display, or what replaces an earlier one of that id."""
        self._put(self._display, dict(data), dict(metadata), display_id, update)

    def result(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Take the value that the cell displays."""
        self._put(self._result, dict(data), dict(metadata))

    def clear(self, *, wait: bool) -> None:
        """Take the wish to clear the cell's outputs."""
        self._put(lambda: self._outputs.clear(wait=wait))

    # -- called by runs

    def open(self, journal: Journal) -> SessionWriter:
        """Begin to write for one more run: the cells so far, then each new one."""
        kept = SessionWriter(journal)
        for cell in self._cells:
            (kept.begin if cell is self.running else kept.past)(cell)
        self._kept = (*self._kept, kept)
        if journal.with_outputs and not self._ends:
            self._ends = [StreamHook.listen(name, self._printed) for name in STREAMS]
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="wandb_nb-session", daemon=True)
            self._thread.start()
        if self._cells:
            self._put(self._join, self._cells[-1].number)
        return kept

    def close(self, kept: SessionWriter) -> None:
        """Write the rest of what *kept* has to get, and no more afterwards."""
        if kept not in self._kept:
            return
        self._put(self._close, kept)
        kept.written.wait(_CLOSING_TAKES_AT_MOST_S)
        self._kept = tuple(each for each in self._kept if each is not kept)
        kept.close()
        if not any(each.journal.with_outputs for each in self._kept):
            for end in self._ends:
                end()
            self._ends = []

    def forget(self) -> None:
        """Write nothing more, in a forked child: the files and the thread are its parent's."""
        self._kept, self._ends, self._thread = (), [], None

    # -- one run's share; a failure costs that run the rest of its session

    def _each(self, write: Callable[..., None], *arguments: Any) -> None:
        for kept in self._kept:
            try:
                write(kept, *arguments)
            except Exception as error:  # noqa: BLE001, PERF203 -- the notebook is never hurt
                self._kept = tuple(each for each in self._kept if each is not kept)
                kept.written.set()
                with suppress(OSError):
                    kept.close()
                self._failed(f"the cells are no longer kept in {kept.journal.path} ({type(error).__name__}: {error})")

    def _write_outputs(self, kept: SessionWriter) -> None:
        if kept.journal.with_outputs:
            if self._running:
                kept.outputs(self._number, self._outputs.collect())
            for display_id, (data, metadata) in self._late.items():
                kept.updated(self._owners[display_id], display_id, data, metadata)

    # -- in the thread

    def _put(self, act: Callable[..., None], *arguments: Any) -> None:
        if self._kept:
            self._queue.put((act, arguments))

    def _printed(self, stream: str, text: str) -> None:
        self._put(self._print, stream, text)

    def _run(self) -> None:
        while True:
            waiting = any(kept.is_stale for kept in self._kept)
            try:
                act, arguments = self._queue.get(timeout=_REFRESH_EVERY_S if waiting else None)
            except Empty:
                self._each(SessionWriter.refresh)
                continue
            try:
                act(*arguments)
            except Exception as error:  # noqa: BLE001 -- one strange output must not end the session
                self._failed(f"an output is not kept ({type(error).__name__}: {error})")

    def _join(self, number: int) -> None:
        """Begin to gather in the middle of a cell."""
        if self._number != number:
            self._number, self._outputs, self._running = number, CellOutputs(), True

    def _begin(self, cell: Cell) -> None:
        self._number, self._outputs, self._running = cell.number, CellOutputs(), True
        if len(cell.source) > _QUICKLY_WRITTEN:
            self._each(SessionWriter.begin, cell)

    def _end(self, cell: Cell, error: tuple[str, str, list[str]] | None) -> None:
        self._number = cell.number
        if len(cell.source) > _QUICKLY_WRITTEN:
            self._each(SessionWriter.end, cell)
        if error is not None:
            self._outputs.error(*error)
        self._each(self._write_outputs)
        self._late, self._outputs, self._running = {}, CellOutputs(), False
        self._each(SessionWriter.refresh)

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
            self._late[str(display_id)] = (bounded(data), metadata)

    def _close(self, kept: SessionWriter) -> None:
        try:
            self._number = self._cells[-1].number if self._cells else 0
            self._write_outputs(kept)
            kept.refresh(now=True)
        finally:
            kept.written.set()


_current: Session | None = None


def current() -> Session | None:
    """Return the session of this process's notebook; None elsewhere."""
    return _current


def set_current(session: Session | None) -> None:
    """Make *session* the one that runs write down."""
    global _current  # noqa: PLW0603 -- a process has one shell
    _current = session
