"""What happens before and after each cell: numbering rows, placing the panel, refreshing its snapshot.

Idle cost is a few microseconds a cell. Hooks are registered once for a shell; whatever fails in them ends in the guard.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from wandb_nb.notebook.execution_count import running_cell
from wandb_nb.notebook.guard import guard
from wandb_nb.tracking.process import active_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.notebook.cell_recorder import CellRecorder
    from wandb_nb.notebook.panel.notebook_presenter import NotebookPresenter


class CellHooks:
    """The cell hooks of one IPython shell."""

    def __init__(self, shell: Any, presenter: NotebookPresenter, recorder: CellRecorder | None = None) -> None:
        self._shell = shell
        self._recorder = recorder
        self._presenter = presenter
        self._next = running_cell(shell) + 1
        self.cell_ends: Callable[[bool], None] | None = None
        """Called once, with the cell's success, when the running cell has ended; set by `%%wandb`."""

    def register(self) -> None:
        """Begin to be called around each cell."""
        self._shell.events.register("pre_run_cell", self.before)
        self._shell.events.register("post_run_cell", self.after)

    def unregister(self) -> None:
        """Be called no more; harmless when it never was."""
        for event, callback in (("pre_run_cell", self.before), ("post_run_cell", self.after)):
            with contextlib.suppress(ValueError):  # raised by IPython for a callback that is not registered
                self._shell.events.unregister(event, callback)

    def before(self, info: Any) -> None:
        """Tell the live runs which cell logs from now on."""
        self._presenter.between_cells = True
        self.cell_ends = None
        if self._recorder is not None:
            with guard("recording a cell"):
                self._recorder.begin(self._next, info)
        with guard("the work before a cell"):
            self._presenter.cell_begins(self._next)
        self._presenter.between_cells = False

    def after(self, result: Any) -> None:
        """Refresh what is shown while the cell still counts as running, then end a `%%wandb` run.

        *result* is None when an interrupt ended an awaiting cell.
        """
        self._presenter.between_cells = True
        succeeded = result is not None and result.success
        if self._recorder is not None:
            with guard("recording a cell"):
                self._recorder.end(result)
        cell_ends, self.cell_ends = self.cell_ends, None
        if cell_ends is not None:
            with guard("finishing the cell's run"):
                cell_ends(succeeded)
        self._next = self._shell.execution_count
        with guard("the work after a cell"):
            self._presenter.cell_ended()
        with guard("looking after the sending"):
            for run in active_runs.own():  # a background process that was killed comes back, though nothing is logged
                run.attend_sending()
