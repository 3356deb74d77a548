"""What happens before and after each cell: numbering rows, placing the panel, refreshing its snapshot.

The cost without an active run is a few microseconds per cell. Hooks are registered once for a shell. Any error in them
ends in the guard.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from wandb_nb import exit_codes
from wandb_nb.notebook.execution_count import running_cell
from wandb_nb.notebook.guard import guard
from wandb_nb.notebook.run_outcomes import RunOutcomes
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from wandb_nb.notebook.cell_recorder import CellRecorder
    from wandb_nb.notebook.magics.cell_magic import CellRun
    from wandb_nb.notebook.panel.notebook_presenter import NotebookPresenter


class CellHooks:
    """The cell hooks of one IPython shell."""

    def __init__(
        self, shell: Any, presenter: NotebookPresenter, cell_run: CellRun, recorder: CellRecorder | None = None
    ) -> None:
        self._shell = shell
        self._presenter = presenter
        self._cell_run = cell_run
        self._recorder = recorder
        self._outcomes = RunOutcomes()
        self._next_cell = running_cell(shell) + 1

    def register(self) -> None:
        """Have both hooks called around each cell."""
        self._shell.events.register("pre_run_cell", self.before_cell)
        self._shell.events.register("post_run_cell", self.after_cell)

    def unregister(self) -> None:
        """Stop the calls; does nothing if the hooks are not registered."""
        for event, callback in (("pre_run_cell", self.before_cell), ("post_run_cell", self.after_cell)):
            with contextlib.suppress(ValueError):  # raised by IPython for a callback that is not registered
                self._shell.events.unregister(event, callback)

    def before_cell(self, info: Any) -> None:
        """Set the cell number of the rows that active runs log from now on."""
        self._presenter.in_hook = True
        self._cell_run.clear()
        if self._recorder is not None:
            with guard("recording a cell"):
                self._recorder.begin(self._next_cell, info)
        with guard("the work before a cell"):
            self._outcomes.cell_started()
            self._presenter.cell_started(self._next_cell, str(getattr(info, "raw_cell", "") or ""))
        self._presenter.in_hook = False

    def after_cell(self, result: Any) -> None:
        """Refresh the panels while the cell still counts as running, then end a `%%wandb` run.

        *result* is None if an interrupt ended an awaiting cell.
        """
        self._presenter.in_hook = True
        if self._recorder is not None:
            with guard("recording a cell"):
                self._recorder.end(result)
        exit_code = _exit_code(result)
        with guard("finishing the cell's run"):
            self._outcomes.cell_ended(exit_code)
            self._cell_run.end(exit_code)
        self._next_cell = self._shell.execution_count
        with guard("the work after a cell"):
            self._presenter.cell_ended(exit_code)
        with guard("checking the sync process"):
            for run in active_runs.own():  # a sync process that was killed restarts, even if nothing is logged
                session_of(run).check_sync()


def _exit_code(result: Any) -> int:
    """Return the exit code of a cell, as that of a script that ended so; *result* is None after an interrupt."""
    if result is None:
        return exit_codes.INTERRUPTED
    return exit_codes.code_of(result.error_before_exec or result.error_in_exec)
