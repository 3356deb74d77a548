"""The checks that `log()` makes besides storing rows: for a stop request, for news of the sync process, and so on."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CHECK_INTERVAL_SECONDS = 0.1
AT_NEXT_ROW = float("-inf")
"""A due time that every clock has passed."""


class PeriodicChecks:
    """Functions to call after a stored row, outside the lock: at most ten times a second, or on request.

    `log()` compares `due_at` with its own clock and runs the checks when that time has come. Any thread may request
    them. A check that raises ends the round.
    """

    __slots__ = ("_checks", "due_at")

    def __init__(self, *checks: Callable[[], None]) -> None:
        self._checks = list(checks)
        self.due_at = AT_NEXT_ROW
        """When the next round is due, by `time.monotonic`."""

    def add(self, *checks: Callable[[], None]) -> None:
        """Run *checks* too, after those that are there."""
        self._checks += checks

    def request_checks(self) -> None:
        """Run the checks after the next row."""
        self.due_at = AT_NEXT_ROW

    def run_due(self) -> None:
        """Run the checks if a round is due: what `log()` does after a row, for rows that are stored in another way."""
        now = monotonic()
        if now >= self.due_at:
            self.due_at = now + CHECK_INTERVAL_SECONDS
            self.run_checks()

    def run_checks(self) -> None:
        """Run every check, in the order in which they were added."""
        for check in self._checks:
            check()
