"""The executed cells of a run, from the journal in its directory."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from pathlib import Path

FILE = "logs/cells.jsonl"
"""Path of the journal in a run directory."""

_OUTPUTS = (b'"outputs":', b'"display_id":')
_HEAD = 40  # characters that contain the kind of a line
MAX_JOURNAL_BYTES = 1 << 28
"""What is read of a journal; one written by `capture.cells.journal` is shorter."""
_CHUNK_BYTES = 1 << 26


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
        """Read up to the journal's last complete line; return whether there was anything new."""
        has_news = False
        with suppress(OSError), open_file(self._path, below=self._path.parents[1]) as file:  # none, or not a file
            while self._offset < MAX_JOURNAL_BYTES:
                file.seek(self._offset)
                data = file.read(_CHUNK_BYTES)
                end = data.rfind(b"\n") + 1
                if not end:
                    break
                self._offset += end
                for line in data[:end].splitlines():
                    has_news = self._read_line(line) or has_news
        return has_news

    def _read_line(self, line: bytes) -> bool:
        if not self._with_outputs and any(mark in line[:_HEAD] for mark in _OUTPUTS):
            return False
        try:
            entry = json.loads(line)
            number = int(entry["cell"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # cut short, or written by others
            return True
        if "source" in entry:
            self.cells.pop(number, None)
            self.cells[number] = Cell(number, str(entry["source"]), _number(entry.get("started")))
        elif number in self.cells:
            _apply(self.cells[number], entry)
        return True


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of the journal at *path* in the order of execution; empty if there is none."""
    log = CellLog(path, outputs=True)
    log.advance()
    return list(log.cells.values())


def _apply(cell: Cell, entry: dict[str, Any]) -> None:
    if "outputs" in entry:
        outputs = entry["outputs"] if isinstance(entry["outputs"], list) else []
        cell.outputs = [output for output in outputs if isinstance(output, dict)]
    elif "display_id" in entry:
        for output in cell.outputs:
            if output.get("display_id") == entry["display_id"]:
                output.update(data=entry.get("data"), metadata=entry.get("metadata"))
    else:
        ok, error = entry.get("ok"), entry.get("error")
        cell.seconds = _number(entry.get("seconds"))
        cell.ok = ok if isinstance(ok, bool) else None
        cell.error = error if isinstance(error, str) else None


def _number(value: Any) -> float | None:
    """Return *value* if it is a finite number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    with suppress(OverflowError):
        return value if math.isfinite(value) else None
    return None
