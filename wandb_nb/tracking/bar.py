"""The line that shows how far sending is, while `finish()` waits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wandb_nb import host

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved

WIDTH = 24


class Bar:
    """A line written over itself on stderr, in a notebook and at a terminal; elsewhere nothing."""

    def __init__(self, settings: Resolved, rows: int) -> None:
        stream = sys.stderr
        seen = stream is not None and (host.in_notebook() or stream.isatty())
        self._stream = stream if seen and not (settings.silent or settings.quiet) else None
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


def size(count: int) -> str:
    """Return *count* bytes as a user reads it."""
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count} B"
