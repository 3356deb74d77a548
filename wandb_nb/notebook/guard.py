"""The promise that the tracker never hurts a cell: our failures are counted, told once, and end here."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING

from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.terminal import lines

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("wandb_nb.notebook")


class Guard:
    """Runs what the user did not ask for, hooks and views, so that its failure reaches no user code.

    The first failure of a session is told in one line on stderr, the others are counted in `failures`. All are logged
    at debug level with their traceback. `KeyboardInterrupt` is the user's and passes.
    """

    def __init__(self) -> None:
        self.failures = 0

    @contextlib.contextmanager
    def __call__(self, doing: str) -> Iterator[None]:
        """Run the block; *doing* names it in the notice, as in "showing the run"."""
        try:
            yield
        except Exception as error:
            self.failures += 1
            log.debug("%s failed", doing, exc_info=True)
            if self.failures == 1:
                self._tell(doing, error)

    def _tell(self, doing: str, error: Exception) -> None:
        why = f"{type(error).__name__}: {error}"
        words = f"{doing} failed ({why}). Your code and the stored rows are unharmed."
        run = active_runs.current()
        if run is not None:  # it knows a cell that may show this
            run.notice(words)
            return
        with contextlib.suppress(OSError, ValueError):  # a closed stderr cannot be told anything
            print(lines.line(words), file=sys.stderr)  # noqa: T201  the notice is meant for the cell


guard = Guard()
