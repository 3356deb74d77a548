"""What a run has to tell its user: each thing once, and under a cell that has to do with the run.

What goes wrong is often found between two calls, by a thread or while the notebook runs somebody else's cell. That is
kept until the run is used again, so that no other cell's output ever changes. Of one trouble with the disk the worst
is told: lost files say nothing new once rows are lost.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from wandb_nb.tracking.terminal.presenter import presenter

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS_LOST, FILES_LOST = "rows-lost", "files-lost"
"""Keys of what a failing disk costs."""


class NoticeQueue:
    """The notices of one run.  *present* calls what shows something and survives its failures; any thread may tell."""

    def __init__(self, present: Callable[[Callable[[str], None], str], None]) -> None:
        self._present = present
        self._told: set[str] = set()
        self._waiting: deque[tuple[str, str | None]] = deque()

    def first(self, key: str) -> bool:
        """Return whether *key* was never told, and note that it is now."""
        new = key not in self._told
        self._told.add(key)
        return new

    def tell(self, text: str, key: str | None = None) -> bool:
        """Tell *text*, each *key* once, now or as soon as it may be; return whether it waits."""
        if key is not None and not self.first(key):
            return False
        self._waiting.append((text, key))
        if not presenter().may_speak():
            return True
        self.flush()
        return False

    def flush(self) -> None:
        """Tell what waits, in a call that the user has made."""
        while self._waiting:
            text, key = self._waiting.popleft()
            if key != FILES_LOST or ROWS_LOST not in self._told:
                self._present(lambda words: presenter().notice(words, None), text)
