"""The line that shows how far sending is, while `finish()` waits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from wandb_nb import host
from wandb_nb.formatting import size

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved

WIDTH = 24


class ProgressBar:
    """A line written over itself where somebody may see it: on a terminal's stderr, and in a notebook's page."""

    def __init__(self, settings: Resolved, rows: int) -> None:
        wanted = not (settings.silent or settings.quiet)
        self._stream = _watched_stream() if wanted else None
        self._rows, self._shown, self._most = rows, "", 1

    def show(self, rows: int, pending: int) -> None:
        """Show that *rows* rows have arrived, and that *pending* bytes of rows and files have not."""
        if self._stream is None:
            return
        self._most = max(self._most, pending)
        full = WIDTH * (self._most - pending) // self._most
        bar = "#" * full + "." * (WIDTH - full)
        count = f"{min(rows, self._rows)}/{self._rows} rows" if pending else f"{self._rows} rows"
        text = f"\rwandb_nb: sending [{bar}] {count}, {size(pending)} pending"
        if text != self._shown:
            self._write(text + " " * (len(self._shown) - len(text)))
            self._shown = text

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write("\r" + " " * len(self._shown) + "\r")

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # a closed stream must not end a training
            self._stream = None


def _watched_stream() -> TextIO | None:
    if host.in_notebook():  # pages show stderr as an alarm; nobody watches where no question can be answered
        return sys.stdout if host.interactive_input_possible() else None
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None
