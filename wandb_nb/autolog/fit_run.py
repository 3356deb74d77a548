"""`FitRun`: a run as callbacks see it while a fit is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.tracking.run import Run

_COUNTERS = frozenset({"epoch", "iteration"})


class FitRun:
    """The run *run*, to which each row is a step of its own: the program's open step keeps its parts.

    Rows that have nothing but a counter are left out.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def log(self, row: Mapping[str, Any]) -> None:
        """Store *row*, and make the checks that follow a row.

        Raises:
            RunFinishedError: The run has finished.

        """
        if set(row) <= _COUNTERS:
            return
        session = session_of(self._run)
        session.logger.log_apart(row)
        session.checks.run_due()
