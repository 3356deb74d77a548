"""`%%wandb`: a cell with a run of its own.

The cell is not run from within another cell: its first line alone is replaced, by a statement that begins the run,
and the hook after the cell ends it. So the cell's code is compiled where it stands. Hooks fire once, `await` works, the
last expression is displayed, an error is the cell's own with the user's lines in its traceback, and Run All stops.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from IPython.core.inputtransformer2 import cell_magic

_FIRST_LINE = re.compile(r"%%wandb(?:\s+(?P<line>.*))?$")
if TYPE_CHECKING:
    from collections.abc import Callable

_cell_magic: Callable[[list[str]], list[str]] = cell_magic
WORD = "cell"
"""The word behind `%wandb` that begins a run for the running cell alone."""


def begin_run_in_place(lines: list[str]) -> list[str]:
    """Replace a leading `%%wandb` line; other cells stay as they are. A cell magic in the next line works as ever."""
    found = _FIRST_LINE.match(lines[0].rstrip()) if lines else None
    if found is None:
        return lines
    words = f"{WORD} {found['line'] or ''}".strip()
    return [f"get_ipython().run_line_magic('wandb', {words!r})\n", *_cell_magic(lines[1:])]
