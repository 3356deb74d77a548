"""Head and tail of a text that is too long to store."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

Line = TypeVar("Line", str, bytes)


class HeadTail(Generic[Line]):
    """Splits lines into the first *head* characters, and about the last *tail* characters of the rest."""

    def __init__(self, head: int, tail: int) -> None:
        self._head_room, self._max_tail = head, tail
        self._tail_size = 0
        self.tail: deque[Line] = deque()
        self.left_out = 0
        """Characters of the dropped lines in between."""

    def is_head(self, line: Line) -> bool:
        """Add the next *line*; return whether it belongs to the head (else it is in `tail` now)."""
        if self._head_room > 0:
            self._head_room -= len(line) + 1
            return True
        self.tail.append(line)
        self._tail_size += len(line) + 1
        while self._tail_size > self._max_tail:
            dropped = len(self.tail.popleft()) + 1
            self._tail_size -= dropped
            self.left_out += dropped
        return False
