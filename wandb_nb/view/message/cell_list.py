"""The cells that logged a run's rows, in the form of a message: bounded, the newest take precedence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.store.reading.executed_cells import FILE, CellLog
from wandb_nb.view.message.series import CELLS_PER_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.view.message.run_message import CellHeader

MAX_CELLS = 40
MAX_CELL_SOURCE = 4_000  # characters of one cell
MAX_TOTAL_SOURCE = 32_000  # characters of all cells


class CellHeaders:
    """The cells in the journals of *folders*, the directories of a run, oldest first. Not thread-safe."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._logs = [CellLog(folder / FILE) for folder in folders]
        self._latest: tuple[int, list[CellHeader]] = (-1, [])

    def headers(self, ids: Sequence[int]) -> list[CellHeader]:
        """Return the headers of the cells *ids*, in the order of execution: the newest 40, with shortened sources."""
        has_new = [log.advance() for log in self._logs]
        if any(has_new) or len(ids) != self._latest[0]:
            self._latest = (len(ids), cell_headers(ids, self._find))
        return self._latest[1]

    @property
    def cell_running(self) -> bool | None:
        """Whether the last cell of the newest journal has not ended; None without a journal."""
        last = next(reversed(self._logs[-1].cells.values()), None)
        return None if last is None else last.ok is None

    def _find(self, identity: int) -> Cell | None:
        part, number = divmod(identity, CELLS_PER_DIRECTORY)
        return self._logs[part].cells.get(number) if part < len(self._logs) else None


def cell_headers(ids: Sequence[int], find: Callable[[int], Cell | None]) -> list[CellHeader]:
    """Return the headers of the cells *ids* that *find* returns: the newest 40, in their order, sources shortened."""
    room, headers = MAX_TOTAL_SOURCE, []
    for identity in reversed(ids[-MAX_CELLS:]):
        cell = find(identity)
        if cell is None:
            continue
        source = cell.source[: min(MAX_CELL_SOURCE, room)]
        room -= len(source)
        headers.append(_header(identity, cell, source))
    return headers[::-1]


def _header(identity: int, cell: Cell, source: str) -> CellHeader:
    return {
        "id": identity,
        "n": cell.number,
        "source": source,
        "cut": len(source) < len(cell.source),
        "started": cell.started,
        "seconds": cell.seconds,
        "ok": cell.ok,
        "error": cell.error,
    }
