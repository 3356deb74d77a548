"""The two ends of a text that is too long to be kept whole."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

Line = TypeVar("Line", str, bytes)


class HeadTail(Generic[Line]):
    """Says which lines are the first *head* characters of a text, and keeps about the last *tail* of the others."""

    def __init__(self, head: int, tail: int) -> None:
        self._room, self._most = head, tail
        self._size = 0
        self.tail: deque[Line] = deque()
        self.left_out = 0
        """Characters of the lines between the two."""

    def is_head(self, line: Line) -> bool:
        """Return whether *line*, the next one, belongs to the head; else it is in the tail now."""
        if self._room > 0:
            self._room -= len(line) + 1
            return True
        self.tail.append(line)
        self._size += len(line) + 1
        while self._size > self._most:
            gone = len(self.tail.popleft()) + 1
            self._size -= gone
            self.left_out += gone
        return False
