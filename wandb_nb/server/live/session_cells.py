"""The cells behind the rows of a stored run: those of its session notebook, read again when it was uploaded anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from wandb_nb.capture.cells.saved_notebook import MAX_NOTEBOOK_BYTES, read_notebook
from wandb_nb.capture.cells.session_notebook import HISTORY
from wandb_nb.server.storage.files.file_store import read_blob
from wandb_nb.server.storage.storage_errors import BusyError
from wandb_nb.server.storage.tables import files
from wandb_nb.store.reading.executed_cells import Cell
from wandb_nb.view.message.cell_list import cell_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from wandb_nb.capture.cells.saved_notebook import NotebookCell
    from wandb_nb.server.storage.files.file_store import FileStore
    from wandb_nb.view.message.run_message import CellHeader


class SessionCells:
    """The executed cells of one run, by number. Not thread-safe."""

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._blob = ""
        self._cells: dict[int, Cell] = {}

    def refresh(self, connection: Connection, run_id: int) -> None:
        """Read the session notebook of the run, if there is a newer one."""
        query = select(files.c.blob).where(files.c.run_id == run_id, files.c.name == HISTORY)
        blob = connection.execute(query).scalar() or ""
        if blob != self._blob:
            try:
                self._blob, self._cells = blob, self._read(blob)
            except BusyError:  # read later; the rows do not wait for it
                self._blob, self._cells = "", {}

    def headers(self, numbers: Sequence[int]) -> list[CellHeader]:
        """Return the headers of the cells with these *numbers*, as a message carries them."""
        return cell_headers(numbers, self._cells.get)

    def _read(self, blob: str) -> dict[int, Cell]:
        try:
            text = read_blob(self._store, blob, MAX_NOTEBOOK_BYTES).decode("utf-8", "replace") if blob else ""
        except OSError:  # deleted meanwhile, or too large
            text = ""
        cells = read_notebook(text).cells if text else ()
        return {cell.number: _cell(cell.number, cell) for cell in cells if cell.number is not None}


def _cell(number: int, saved: NotebookCell) -> Cell:
    """Return *saved* as a cell of a session; its facts may come from somebody else."""
    facts: dict[str, Any] = saved.facts
    started, seconds = (_number(facts.get(name)) for name in ("started", "seconds"))
    ok, error = facts.get("ok"), facts.get("error")
    return Cell(
        number,
        saved.source,
        started,
        seconds,
        ok=ok if isinstance(ok, bool) else None,
        error=error if isinstance(error, str) else None,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 2**53 else None
