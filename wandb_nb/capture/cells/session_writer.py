"""One run's share in a notebook's session: the journal of the cells, and the notebook made of them."""

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

_SHARE = 20  # old cells are written again after this many times what the last such writing took


class SessionWriter:
    """Writes cells to *journal*, and to a notebook once that is asked for.  Threads may use it at once.

    A cell begins, ends, then has its outputs.  Raises OSError when a file cannot be written.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.written = threading.Event()
        """Set when nothing more will be written."""
        self._lock = threading.Lock()
        self._notebook: SessionNotebook | None = None
        self._open: dict[int, Cell] = {}  # those whose outputs are to come, without their secrets
        self._stale: set[int] = set()
        self._due = 0.0

    @property
    def is_stale(self) -> bool:
        """Whether the notebook lacks what earlier cells display by now."""
        return self._notebook is not None and bool(self._stale)

    def show(self, path: Path) -> None:
        """Have the notebook at *path* from now on, all of the session in it."""
        with self._lock:
            self._notebook = SessionNotebook(path)
            for cell in read_cells(self.journal.path):
                self._notebook.put(cell)

    def past(self, cell: Cell) -> None:
        """Note a cell that was there before."""
        with self._lock:
            self.journal.begin(cell.number, cell.source, cell.started)
            if cell.ok is not None:
                self.journal.end(cell.number, cell.seconds, cell.ok, cell.error)

    def begin(self, cell: Cell) -> None:
        """Note that *cell* begins."""
        with self._lock:
            source = self.journal.begin(cell.number, cell.source, cell.started)
            if self.journal.with_outputs:
                self._open[cell.number] = Cell(cell.number, source, cell.started)
                self._put(self._open[cell.number])

    def end(self, cell: Cell) -> None:
        """Note that it has ended."""
        with self._lock:
            self.journal.end(cell.number, cell.seconds, cell.ok, cell.error)
            if known := self._open.get(cell.number):
                known.seconds, known.ok = cell.seconds, cell.ok
                self._put(known)

    def outputs(self, number: int, outputs: Iterable[Output]) -> None:
        """Note what it has put out."""
        with self._lock:
            kept = self.journal.outputs(number, outputs)
            known = self._open.pop(number, None)
            if known is not None and kept:
                known.outputs = kept
                self._put(known)

    def updated(self, number: int, display_id: str, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Note a display of an earlier cell that has changed since."""
        with self._lock:
            self.journal.updated(number, display_id, data, metadata)
            self._stale.add(number)

    def refresh(self, *, now: bool = False) -> None:
        """Bring earlier cells up to date in the notebook, unless that was done a moment ago."""
        begun = time.monotonic()
        with self._lock:
            if self._notebook is None or not self._stale or not (now or begun >= self._due):
                return
            for cell in read_cells(self.journal.path):
                if cell.number in self._stale:
                    self._notebook.put(cell)
            self._stale.clear()
            ended = time.monotonic()
            self._due = ended + _SHARE * (ended - begun)

    def close(self) -> None:
        """Write no more."""
        with self._lock:
            self.journal.close()
            if self._notebook is not None:
                self._notebook.close()
                self._notebook = None

    def _put(self, cell: Cell) -> None:
        if self._notebook is not None:
            self._notebook.put(cell)
