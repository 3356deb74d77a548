"""One line in place of the traceback of a cell that was asked to stop."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import clean
from wandb_nb.notebook.guard import guard
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.tracking.run import Run

METHOD = "_showtraceback"  # IPython's own place to change where and how a traceback is shown


class StopReport:
    """Replaces, in *shell*, the traceback of a `KeyboardInterrupt` that Stop caused, until `remove()`.

    The error output stays, so that Run All and nbclient stop at the cell. An interrupt that the user sent by other
    means keeps its traceback.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._show: Callable[[Any, Any, list[str]], None] = getattr(shell, METHOD)
        setattr(shell, METHOD, self._show_stop)
        self._wrapper = vars(shell)[METHOD]

    def remove(self) -> None:
        """Show all tracebacks again, unless somebody else has wrapped the method meanwhile."""
        if vars(self._shell).get(METHOD) is self._wrapper:
            with contextlib.suppress(AttributeError):
                delattr(self._shell, METHOD)

    def _show_stop(self, kind: Any, error: Any, lines: list[str]) -> None:
        if isinstance(kind, type) and issubclass(kind, KeyboardInterrupt):
            with guard("reporting the stop"):
                lines = [_line(run) for run in active_runs.own() if _was_stopped(run)][:1] or lines
        self._show(kind, error, lines)


def _was_stopped(run: Run) -> bool:
    """Return whether the run was asked to stop: `log()` has seen the request, or the interrupt came first."""
    handler = session_of(run).stop_handler
    return handler.followed_request or handler.is_requested()


def _line(run: Run) -> str:
    step = f"at step {run.last_step}" if run.rows else "before its first row"
    return f"Stopped run {clean(run.name)} {step}. It stays active: log more rows, or call finish()."
