"""The numbered lines of one file of the stream: which are next, and which the server has."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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
        return first_lines(self._pending, max_characters)

    def acknowledge(self, count: int) -> None:
        """Record that the server has *count* more lines."""
        for _ in range(count):
            self.size -= len(self._pending.popleft())
        self.acknowledged += count


def first_lines(pending: Iterable[str], max_characters: int) -> list[str]:
    """Return the first of *pending*: at least one if there is any, otherwise up to *max_characters* together."""
    lines: list[str] = []
    remaining = max_characters
    for line in pending:
        remaining -= len(line)
        if lines and remaining < 0:
            break
        lines.append(line)
    return lines
