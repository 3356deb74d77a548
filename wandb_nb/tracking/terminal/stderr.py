"""Lines on stderr, where they stay apart from what a script prints for other programs to read."""

from __future__ import annotations

import sys

PREFIX = "wandb_nb: "


def prefixed(text: str) -> str:
    """Return *text* as a line of this package."""
    return PREFIX + text


def write_line(text: str) -> None:
    """Write *text* and a line end to stderr; a stream that is closed or missing costs the line only."""
    stream = sys.stderr
    if stream is None or stream.closed:  # pythonw, or the interpreter is ending
        return
    try:
        stream.write(text + "\n")
        stream.flush()
    except (OSError, ValueError):  # a closed pipe must not end a training
        return
