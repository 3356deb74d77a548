"""The executed cells of a run, from the journal in its directory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FILE = "logs/cells.jsonl"
"""Path of the journal in a run directory."""

_OUTPUTS = (b'"outputs":', b'"display_id":')
_HEAD = 40  # characters that contain the kind of a line


@dataclass
class Cell:
    """One execution of a cell: *started* in unix seconds, *ok* None while it runs or if its end was not recorded.

    *error* is the exception that ended it, its name and text.
    """

    number: int
    source: str
    started: float | None = None
    seconds: float | None = None
    ok: bool | None = None
    error: str | None = None
    steps: list[int] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list, repr=False)


class CellLog:
    """The cells of the journal at *path*, in the order of execution, followed as it grows; *outputs* only if asked for.

    A missing journal has no cells; a line that was cut short by a killed kernel is skipped.
    """

    def __init__(self, path: Path, *, outputs: bool = False) -> None:
        self.cells: dict[int, Cell] = {}
        self._path, self._with_outputs = path, outputs
        self._offset = 0

    def advance(self) -> bool:
        """Read up to the journal's last whole line; return whether anything was new."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return False
        end = data.rfind(b"\n") + 1
        self._offset += end
        has_new = False
        for line in data[:end].splitlines():
            if self._with_outputs or not any(mark in line[:_HEAD] for mark in _OUTPUTS):
                self._take(line)
                has_new = True
        return has_new

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            number = int(entry["cell"])
        except (ValueError, KeyError, TypeError):  # cut short when the kernel was killed
            return
        if "source" in entry:
            self.cells.pop(number, None)
            self.cells[number] = Cell(number, str(entry["source"]), entry.get("started"))
        elif number in self.cells:
            _apply(self.cells[number], entry)


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of the journal at *path* in the order of execution; empty if there is none."""
    log = CellLog(path, outputs=True)
    log.advance()
    return list(log.cells.values())


def _apply(cell: Cell, entry: dict[str, Any]) -> None:
    if "outputs" in entry:
        cell.outputs = entry["outputs"]
    elif "display_id" in entry:
        for output in cell.outputs:
            if output.get("display_id") == entry["display_id"]:
                output.update(data=entry["data"], metadata=entry["metadata"])
    else:
        cell.seconds, cell.ok, cell.error = entry.get("seconds"), entry.get("ok"), entry.get("error")
