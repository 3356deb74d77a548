"""The history of a session as a notebook file, written during the session."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.store.reading.executed_cells import Cell

HISTORY = "code/_session_history.ipynb"
"""Path of the notebook below the run's files."""

_HEAD = b'{"cells":['
_FOOT = b'\n],"metadata":{"language_info":{"name":"python"}},"nbformat":4,"nbformat_minor":4}\n'


class SessionNotebook:
    """A notebook (nbformat 4.4) at *path* that is complete after each call, because each call is one write.

    It can be opened at any moment, also after a killed kernel. Calls raise OSError when the file cannot be written; the
    earlier cells stay. Not thread-safe.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w+b", buffering=0)
        self._sizes: dict[int, int] = {}
        self._cells_end = len(_HEAD)
        self._length = 0
        self._write(0, _HEAD + _FOOT)

    def put(self, cell: Cell) -> None:
        """Add *cell*, or replace the one with its number."""
        first = next(iter(self._sizes), cell.number) == cell.number
        entry = (b"\n" if first else b",\n") + json.dumps(_notebook_cell(cell), default=str).encode("ascii")
        start, old, rest = self._cells_end, self._sizes.get(cell.number, 0), b""
        if old:
            start, rest = self._locate(cell.number)
        self._write(start, entry + rest + _FOOT)
        self._sizes[cell.number] = len(entry)
        self._cells_end = start + len(entry) + len(rest)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _locate(self, number: int) -> tuple[int, bytes]:
        """Return where the cell with that number starts, and the bytes after it."""
        following = 0
        for other in reversed(self._sizes):
            if other == number:
                break
            following += self._sizes[other]
        self._file.seek(self._cells_end - following)
        return self._cells_end - following - self._sizes[number], self._file.read(following)

    def _write(self, start: int, data: bytes) -> None:
        """Replace everything from *start*; blanks cover the rest of a longer file."""
        padded = data.ljust(self._length - start)
        self._file.seek(start)
        if self._file.write(padded) < len(padded):  # the disk is full
            self._file.seek(start)
            self._file.write(_FOOT)
            self._file.truncate()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._file.name)
        self._length = start + len(padded)


def _notebook_cell(cell: Cell) -> dict[str, Any]:
    facts = {"started": cell.started, "seconds": cell.seconds, "ok": cell.ok}
    return {
        "cell_type": "code",
        "execution_count": cell.number,
        "metadata": {"wandb_nb": facts},
        "outputs": [{key: value for key, value in output.items() if key != "display_id"} for output in cell.outputs],
        "source": cell.source,
    }
