"""The progress bar of sending a run, while `finish()` waits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from wandb_nb import host
from wandb_nb.formatting import size

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved

WIDTH = 24


class ProgressBar:
    """One line that overwrites itself, on a terminal's stderr and in a notebook's page; elsewhere nothing."""

    def __init__(self, settings: Resolved, rows: int) -> None:
        wanted = not (settings.silent or settings.quiet)
        self._stream = _visible_stream() if wanted else None
        self._rows, self._line, self._max_pending = rows, "", 1

    def show(self, rows: int, pending: int) -> None:
        """Show that *rows* rows have arrived and that *pending* bytes of rows and files have not."""
        if self._stream is None:
            return
        self._max_pending = max(self._max_pending, pending)
        full = WIDTH * (self._max_pending - pending) // self._max_pending
        bar = "#" * full + "." * (WIDTH - full)
        count = f"{min(rows, self._rows)}/{self._rows} rows" if pending else f"{self._rows} rows"
        text = f"\rwandb_nb: sending [{bar}] {count}, {size(pending)} pending"
        if text != self._line:
            self._write(text + " " * (len(self._line) - len(text)))
            self._line = text

    def close(self) -> None:
        """Erase the line."""
        if self._line:
            self._write("\r" + " " * len(self._line) + "\r")

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # a closed stream must not end a training
            self._stream = None


def _visible_stream() -> TextIO | None:
    if host.in_notebook():  # pages show stderr as an alarm; where no input is possible, nobody watches
        return sys.stdout if host.interactive_input_possible() else None
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None
