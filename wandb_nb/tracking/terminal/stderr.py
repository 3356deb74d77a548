"""Lines on stderr, where they stay apart from what a script prints for other programs to read."""

from __future__ import annotations

import os
import sys

from wandb_nb import host
from wandb_nb.formatting import wrap

PREFIX = "wandb_nb: "
NOTEBOOK_WIDTH = 88
"""Characters of a line under a cell: pages break longer ones, also inside words."""
MIN_WIDTH = 40


def prefixed(text: str) -> str:
    """Return *text* as a line of this package."""
    return PREFIX + text


def write_line(text: str) -> None:
    """Write *text*, broken between words where needed, to stderr; a stream that fails or is missing costs it only."""
    try:
        sys.stderr.write(fitting(text) + "\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001, S110 -- None, closed, or the program's own: no line is worth a training
        pass


def fitting(text: str) -> str:
    """Return *text* with lines broken between words where the notebook's page or the terminal would break them."""
    width = NOTEBOOK_WIDTH if host.in_notebook() else _terminal_width()
    return wrap(text, width) if width >= MIN_WIDTH else text


def _terminal_width() -> int:
    """Return the columns of the terminal behind stderr; 0 if there is none."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    except (AttributeError, OSError, ValueError):  # None, a replaced stream, or a closed one
        return 0
