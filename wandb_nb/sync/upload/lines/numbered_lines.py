"""The numbered lines of one file of the stream: which are next, and which the server has."""

from __future__ import annotations

from collections import deque


class NumberedLines:
    """Lines that are final when added. Those before *acknowledged* are on the server already and are dropped.

    Numbers count from 0 in the run's file, whatever the server's own offset.
    """

    def __init__(self, acknowledged: int = 0) -> None:
        self.acknowledged = acknowledged
        self.count = 0
        self._pending: deque[str] = deque()
        self.size = 0
        """Characters not yet sent."""

    def add(self, line: str) -> None:
        """Add the next line."""
        if self.count >= self.acknowledged:
            self._pending.append(line)
            self.size += len(line)
        self.count += 1

    def take(self, max_characters: int) -> list[str]:
        """Return the next lines: at least one, otherwise up to *max_characters*. They stay pending."""
        lines: list[str] = []
        remaining = max_characters
        for line in self._pending:
            remaining -= len(line)
            if lines and remaining < 0:
                break
            lines.append(line)
        return lines

    def acknowledge(self, count: int) -> None:
        """Record that the server has *count* more lines."""
        for _ in range(count):
            self.size -= len(self._pending.popleft())
        self.acknowledged += count
