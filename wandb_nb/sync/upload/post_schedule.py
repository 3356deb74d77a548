"""When the next post is due: soon at first, then at the server's interval."""

from __future__ import annotations

import time

FIRST_INTERVAL_SECONDS = 0.3
INTERVAL_GROWTH = 1.5


class PostSchedule:
    """Decides what is due. Posts start close together and end up *interval_seconds* apart."""

    def __init__(self, interval_seconds: float) -> None:
        self._max_interval_seconds = interval_seconds
        self._interval_seconds = min(FIRST_INTERVAL_SECONDS, interval_seconds)
        self._next_post = 0.0
        self._last_post = time.monotonic()
        self._last_done: dict[str, float] = {}

    def is_due(self, task: str, every_seconds: float) -> bool:
        """Return whether *task* was last due *every_seconds* ago, and count from now if so."""
        now = time.monotonic()
        if now - self._last_done.get(task, -every_seconds) < every_seconds:
            return False
        self._last_done[task] = now
        return True

    def is_post_due(self) -> bool:
        """Return whether it is time for a post."""
        return time.monotonic() >= self._next_post

    def record_post(self, spacing_seconds: float) -> None:
        """Count from a post just made; the server asks for *spacing_seconds* until the next one."""
        self._last_post = time.monotonic()
        self._next_post = self._last_post + max(self._interval_seconds, spacing_seconds)
        self._interval_seconds = min(self._interval_seconds * INTERVAL_GROWTH, self._max_interval_seconds)

    def is_silent_for(self, seconds: float) -> bool:
        """Return whether the last post is at least *seconds* ago."""
        return time.monotonic() - self._last_post >= seconds
