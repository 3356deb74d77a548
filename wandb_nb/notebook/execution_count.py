"""The number of the running cell."""

from __future__ import annotations

from typing import Any


def running_cell(shell: Any) -> int:
    """Return the number of the cell that *shell* is running.

    Some versions of IPython increment their counter at the start of a cell, others at its end. The list of inputs
    begins with an empty entry and shows which one it is, unless the user emptied it.
    """
    count = int(shell.execution_count)
    stored = len(shell.history_manager.input_hist_parsed) - 1
    return stored if stored in (count - 1, count) else count - 1
