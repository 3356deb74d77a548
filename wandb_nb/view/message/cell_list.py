"""The cells that logged a run's rows, as a message tells them: bounded, the newest first kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.store.reading.executed_cells import FILE, CellLog
from wandb_nb.view.message.series import CELLS_OF_A_PART

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.view.message.run_message import CellHeader

MOST_CELLS = 40
MOST_SOURCE = 4_000  # characters of one cell
MOST_SOURCES = 32_000  # of all


class CellSources:
    """The cells in the journals of *folders*, the directories of a run, oldest first. Not thread-safe."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._logs = [CellLog(folder / FILE) for folder in folders]
        self._told: tuple[int, list[CellHeader]] = (-1, [])

    def tell(self, ids: Sequence[int]) -> list[CellHeader]:
        """Return what is known of the cells *ids*, in the order of execution: the newest 40, with short sources."""
        grown = [log.advance() for log in self._logs]
        if any(grown) or len(ids) != self._told[0]:
            self._told = (len(ids), self._facts(ids))
        return self._told[1]

    def _facts(self, ids: Sequence[int]) -> list[CellHeader]:
        room, facts = MOST_SOURCES, []
        for identity in reversed(ids[-MOST_CELLS:]):
            part, number = divmod(identity, CELLS_OF_A_PART)
            cell = self._logs[part].cells.get(number) if part < len(self._logs) else None
            if cell is None:
                continue
            source = cell.source[: min(MOST_SOURCE, room)]
            room -= len(source)
            facts.append(_facts(identity, cell, source))
        return facts[::-1]


def _facts(identity: int, cell: Cell, source: str) -> CellHeader:
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
