"""Lines on stderr, where they stay apart from what a script prints for other programs to read."""

from __future__ import annotations

import sys

PREFIX = "wandb_nb: "


def prefixed(text: str) -> str:
    """Return *text* as a line of this package."""
    return PREFIX + text


def write_line(text: str) -> None:
    """Write *text* and a line end to stderr; a stream that fails or is missing costs the line only."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001, S110 -- None, closed, or the program's own: no line is worth a training
        pass
