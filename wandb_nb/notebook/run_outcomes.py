"""How runs end if nobody finishes them: as the last cell that used them."""

from __future__ import annotations

from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run_view import session_of


class RunOutcomes:
    """Sets the exit codes that this process's active runs get when the kernel shuts down or the next run begins.

    A cell uses a run if it starts it, logs to it, or changes its config or summary.
    """

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}

    def cell_started(self) -> None:
        """Remember the present version of each run."""
        self._versions = {run.id: session_of(run).version for run in active_runs.own()}

    def cell_ended(self, exit_code: int) -> None:
        """Set *exit_code* for the runs that the cell used."""
        for run in active_runs.own():
            session = session_of(run)
            if session.version != self._versions.get(run.id):
                session.default_exit_code = exit_code
