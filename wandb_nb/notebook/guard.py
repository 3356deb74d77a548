"""Keeps our failures away from the user's cells: they are counted, reported once, and end here."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING

from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.terminal.stderr import prefixed

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("wandb_nb.notebook")


class Guard:
    """Runs what the user did not ask for, hooks and views, so that its failure reaches no user code.

    The first failure of a session is reported in one line on stderr, the others are counted in `failures`. All are
    logged at debug level with their traceback. `KeyboardInterrupt` is the user's and passes.
    """

    def __init__(self) -> None:
        self.failures = 0

    @contextlib.contextmanager
    def __call__(self, action: str) -> Iterator[None]:
        """Run the block; *action* names it in the notice, as in "showing the run"."""
        try:
            yield
        except Exception as error:
            self.failures += 1
            log.debug("%s failed", action, exc_info=True)
            if self.failures == 1:
                _report(action, error)


def _report(action: str, error: Exception) -> None:
    text = f"{action} failed ({type(error).__name__}: {error}); your code and the stored rows are not affected"
    run = active_runs.current()
    if run is not None:  # it knows a cell that may show this
        session_of(run).notice(text)
        return
    with contextlib.suppress(OSError, ValueError):  # stderr may be closed
        print(prefixed(text), file=sys.stderr)  # noqa: T201 -- the notice is meant for the cell


guard = Guard()
