"""Warnings of a run for its user: each one once, and under a cell that uses the run.

Problems often occur between two calls, by a thread or while the notebook runs a cell that has nothing to do with
the run. Such a notice waits until the run is used again, so that the output of another cell never changes. Of one
problem with the disk only the worst is reported: lost files are no news once rows are lost.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from wandb_nb.tracking.terminal.stderr import prefixed, write_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.tracking.rows.periodic_checks import PeriodicChecks
    from wandb_nb.tracking.start.identity import RunIdentity

ROWS_LOST, FILES_LOST = "rows-lost", "files-lost"
"""Keys of the notices about a failing disk."""


class Notice(Protocol):
    """A function that reports one thing to the user, each *key* once."""

    def __call__(self, text: str, key: str | None = None) -> None:
        """Report *text*."""


class NoticeOutput(Protocol):
    """Where notices are printed; the presenter in use."""

    def notice(self, text: str, key: str | None = None) -> None:
        """Print *text*."""

    def can_print(self) -> bool:
        """Return whether a line printed now appears under a call that the user made."""


class NoticeQueue:
    """The notices of one run. Thread-safe.

    *output* returns where they are printed. A notice that has to wait requests the periodic *checks*, which flush it.
    """

    def __init__(
        self, identity: RunIdentity, output: Callable[[], NoticeOutput], checks: PeriodicChecks, *, enabled: bool
    ) -> None:
        self._identity, self._output, self.checks, self._enabled = identity, output, checks, enabled
        self._keys: set[str] = set()
        self._queue: deque[tuple[str, str | None]] = deque()

    def add(self, text: str, key: str | None = None) -> None:
        """Report *text*, each *key* once, now or with the next row; nothing where notices are switched off."""
        if not self._enabled or (key is not None and not self._is_new(key)):
            return
        self._queue.append((text, key))
        if self._output().can_print():
            self.flush()
        else:
            self.checks.request_checks()

    def flush(self) -> None:
        """Print the notices that wait, during a call that the user made."""
        while self._queue:
            text, key = self._queue.popleft()
            if key != FILES_LOST or ROWS_LOST not in self._keys:
                self.guard(lambda: self._output().notice(text, None))  # noqa: B023 -- called before the loop continues

    def guard(self, show: Callable[[], object]) -> None:
        """Call *show*, which displays something; its first failure is reported, and none costs the run anything."""
        try:
            show()
        except Exception as error:  # noqa: BLE001 -- a display must never spoil a training
            if self._is_new("display"):
                name = self._identity.name
                write_line(prefixed(f"showing run {name} failed ({type(error).__name__}: {error}); the run continues"))

    def _is_new(self, key: str) -> bool:
        new = key not in self._keys
        self._keys.add(key)
        return new
