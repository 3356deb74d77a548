"""When the next post is due: soon at first, then as rarely as the server wishes."""

from __future__ import annotations

import time

FIRST_S = 0.3
GROWTH = 1.5


class PostSchedule:
    """Tells what is due.  Posts are *interval* seconds apart in the end, less at the beginning."""

    def __init__(self, interval: float) -> None:
        self._longest = interval
        self._interval = min(FIRST_S, interval)
        self._next_post = 0.0
        self._last_post = time.monotonic()
        self._last: dict[str, float] = {}

    def due(self, what: str, every: float) -> bool:
        """Tell whether *what* was last due *every* seconds ago, and count from now if so."""
        now = time.monotonic()
        if now - self._last.get(what, -every) < every:
            return False
        self._last[what] = now
        return True

    def may_post(self) -> bool:
        """Tell whether a post may be made now."""
        return time.monotonic() >= self._next_post

    def posted(self, spacing: float) -> None:
        """Note a post; the server wants *spacing* seconds until the next one."""
        self._last_post = time.monotonic()
        self._next_post = self._last_post + max(self._interval, spacing)
        self._interval = min(self._interval * GROWTH, self._longest)

    def silent(self, seconds: float) -> bool:
        """Tell whether no post was made for *seconds*."""
        return time.monotonic() - self._last_post >= seconds
