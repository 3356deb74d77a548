"""Writes a notebook's session for one run: the journal of its cells, and the notebook made of them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.cells.session_notebook import SessionNotebook
from wandb_nb.store.reading.executed_cells import Cell, read_cells

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wandb_nb.capture.cells.journal import Journal
    from wandb_nb.capture.cells.outputs import Output

_REFRESH_FACTOR = 20  # changed cells wait for this many times the duration of the last rewrite
_MAX_SMALL_BYTES = 256 << 10  # of a notebook that is replaced for each cell, in a fraction of a millisecond


class SessionWriter:
    """Writes cells to *journal*, and to a notebook once `start_notebook` is called. Thread-safe.

    A cell begins, ends, then gets its outputs. Calls raise OSError when a file cannot be written.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.written = threading.Event()
        """Set once nothing more will be written."""
        self._lock = threading.Lock()
        self._notebook: SessionNotebook | None = None
        self._open: dict[int, Cell] = {}  # without secrets; their outputs are still to come
        self._stale: set[int] = set()
        self._next_refresh = 0.0

    @property
    def is_stale(self) -> bool:
        """Whether cells changed since they were written to the notebook."""
        return self._notebook is not None and bool(self._stale)

    def start_notebook(self, path: Path) -> None:
        """Write the notebook at *path* from now on, with the session so far."""
        with self._lock:
            self._notebook = SessionNotebook(path)
            self._notebook.put(read_cells(self.journal.path))

    def add_past(self, cell: Cell) -> None:
        """Write a cell that was executed before."""
        with self._lock:
            self.journal.begin(cell.number, cell.source, cell.started)
            if cell.ok is not None:
                self.journal.end(cell.number, cell.seconds, cell.ok, cell.error)

    def begin(self, cell: Cell) -> None:
        """Write the start of *cell* to the journal."""
        with self._lock:
            source = self.journal.begin(cell.number, cell.source, cell.started)
            if self.journal.with_outputs:
                self._open[cell.number] = Cell(cell.number, source, cell.started)

    def write_running(self, number: int) -> None:
        """Write the running cell with that *number* to the notebook, without outputs."""
        with self._lock:
            if stored := self._open.get(number):
                self._put(stored)

    def end(self, cell: Cell) -> None:
        """Write the end of *cell* to the journal; the notebook gets it with the outputs."""
        with self._lock:
            error = self.journal.end(cell.number, cell.seconds, cell.ok, cell.error)
            if stored := self._open.get(cell.number):
                stored.seconds, stored.ok, stored.error = cell.seconds, cell.ok, error

    def outputs(self, number: int, outputs: Iterable[Output]) -> None:
        """Write the outputs of the cell with that *number*."""
        with self._lock:
            stored_outputs = self.journal.outputs(number, outputs)
            stored = self._open.pop(number, None)
            if stored is not None:
                stored.outputs = stored_outputs
                self._put(stored)

    def updated(self, number: int, display_id: str, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Write the new state of a display of an earlier cell."""
        with self._lock:
            self.journal.updated(number, display_id, data, metadata)
            self._stale.add(number)

    def refresh(self, *, now: bool = False) -> None:
        """Write changed cells to the notebook, unless that was done a moment ago."""
        started = time.monotonic()
        with self._lock:
            if self._notebook is None or not self._stale or not (now or started >= self._next_refresh):
                return
            self._notebook.put([cell for cell in read_cells(self.journal.path) if cell.number in self._stale])
            self._stale.clear()
            ended = time.monotonic()
            self._next_refresh = ended + _REFRESH_FACTOR * (ended - started)

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            self.journal.close()
            self._notebook = None

    def _put(self, cell: Cell) -> None:
        """Write *cell* to the notebook, to a large one with others in `refresh`."""
        if self._notebook is None:
            return
        if self._notebook.size > _MAX_SMALL_BYTES:
            self._stale.add(cell.number)
        else:
            self._notebook.put([cell])
