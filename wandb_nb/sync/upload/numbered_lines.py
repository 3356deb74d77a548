"""The numbered lines of one file of the stream: which come next, and which the server has."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from wandb_nb.store.format.wire import WireError, fields, read_varint, signed
from wandb_nb.sync.upload.json_tree import Tree, items, merge, plant, render

if TYPE_CHECKING:
    from collections.abc import Callable

# What the server takes for one line: 10 MiB less 100 KiB.
LONGEST_LINE = (10 << 20) - (100 << 10)


class NumberedLines:
    """Lines that are final when they come.  Those before *have* are with the server already and are dropped.

    Numbers count from 0 in the run's file, whatever the server's own offset.
    """

    def __init__(self, have: int = 0) -> None:
        self.have = have
        self.count = 0
        self._waiting: deque[str] = deque()
        self.size = 0
        """Characters that wait."""

    def add(self, line: str) -> None:
        """Take the next line."""
        if self.count >= self.have:
            self._waiting.append(line)
            self.size += len(line)
        self.count += 1

    def take(self, most: int) -> list[str]:
        """Return the lines that come next, at least one and otherwise *most* characters; nothing is removed."""
        taken: list[str] = []
        for line in self._waiting:
            most -= len(line)
            if taken and most < 0:
                break
            taken.append(line)
        return taken

    def acknowledge(self, count: int) -> None:
        """Note that the server has *count* more lines."""
        for _ in range(count):
            self.size -= len(self._waiting.popleft())
        self.have += count


class HistoryLines(NumberedLines):
    """Lines of rows: adjacent parts of one step, attempt and writer are one line, which stays open for more.

    *oversized* is told the key that was left out of a row that would be longer than the server takes.
    """

    def __init__(self, have: int, oversized: Callable[[str], None]) -> None:
        super().__init__(have)
        self._oversized = oversized
        self._open: Tree | None = None
        self._identity: tuple[object, ...] = ()
        self._sent: str | None = None
        self.rows = 0
        """Rows so far, the open one included."""

    def add_row(self, data: bytes) -> Tree:
        """Take a HistoryRecord and return its own values.  WireError where it is none."""
        tree = plant(items(data, 1))
        if "_step" not in tree and (step := _step(data)) is not None:
            tree["_step"] = str(step)
        identity = tuple(tree.get(key) for key in ("_step", "_attempt", "_writer"))
        if self._open is None or identity != self._identity or "_step" not in tree:
            self.close()
            self._open, self._identity = {}, identity
            self.rows += 1
        merge(self._open, tree)
        return tree

    def close(self) -> None:
        """Make the open line final."""
        if self._open is None:
            return
        if self.count < self.have:
            self.count += 1
        else:
            line = self._line(self._open)
            if line == self._sent:
                self.have += 1
                self.count += 1
            else:
                self.add(line)
        self._open = self._sent = None

    def open_line(self) -> str | None:
        """Return the open line where the server does not have it as it is now."""
        if self._open is None or self.count < self.have:
            return None
        line = self._line(self._open)
        return None if line == self._sent else line

    def acknowledge_open(self, line: str) -> None:
        """Note that the server has the open line as *line*."""
        self._sent = line

    def _line(self, tree: Tree) -> str:
        line = render(tree)
        while len(line) > LONGEST_LINE and len(tree) > 1:
            largest = max(tree, key=lambda key: len(_text(tree[key])))
            del tree[largest]
            self._oversized(largest)
            line = render(tree)
        return line


def _text(value: Tree | str) -> str:
    return value if isinstance(value, str) else render(value)


def _step(data: bytes) -> int | None:
    """Return the step in a HistoryRecord's own field."""
    for number, _, raw in fields(data):
        if number == 2 and isinstance(raw, bytes):  # noqa: PLR2004 - the field's number
            try:
                return signed(read_varint(raw, 1)[0]) if raw[:1] == b"\x08" else 0
            except WireError:
                return None
    return None
