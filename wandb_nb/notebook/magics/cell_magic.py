"""`%%wandb`: a cell with a run of its own.

The cell is not run from within another cell. Only its first line is replaced, by a statement that starts the run, and
the hook after the cell ends it. The user's code is thus compiled as usual: hooks fire once, `await` works, the last
expression is displayed, an error keeps the user's lines in its traceback, and Run All stops.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from IPython.core.inputtransformer2 import cell_magic

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.tracking.run import Run

CELL_COMMAND = "cell"
"""The `%wandb` command that starts a run for the running cell alone."""
_FIRST_LINE = re.compile(r"%%wandb(?:\s+(?P<line>.*))?$")
_transform_cell_magic: Callable[[list[str]], list[str]] = cell_magic


def replace_first_line(lines: list[str]) -> list[str]:
    """Replace a leading `%%wandb` line; other cells stay as they are. A cell magic in the next line works as usual."""
    match = _FIRST_LINE.match(lines[0].rstrip()) if lines else None
    if match is None:
        return lines
    command = f"{CELL_COMMAND} {match['line'] or ''}".strip()
    return [f"get_ipython().run_line_magic('wandb', {command!r})\n", *_transform_cell_magic(lines[1:])]


class CellRun:
    """The run that `%%wandb` started for the running cell, if any."""

    def __init__(self) -> None:
        self._run: Run | None = None

    def begin(self, run: Run) -> None:
        """Have *run* end with the running cell."""
        self._run = run

    def clear(self) -> None:
        """Let the run continue beyond its cell."""
        self._run = None

    def end(self, exit_code: int) -> None:
        """Finish the run with *exit_code*, unless the cell has done so itself."""
        run, self._run = self._run, None
        if run is not None and run.state == "running":
            run.finish(exit_code)
