"""The numbered lines of one file of the stream: which are next, and which the server has."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from wandb_nb.store.format.wire import WireError, fields, read_varint, signed
from wandb_nb.sync.upload.lines.json_tree import Tree, build_tree, items, merge, render

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LINE_CHARACTERS = (10 << 20) - (100 << 10)
"""What the server accepts for one line: 10 MiB less 100 KiB."""


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


class HistoryLines(NumberedLines):
    """Lines of rows: adjacent parts of one step, attempt and writer are one line, which stays open for more.

    *report_oversized* gets the key of each value left out because its row would be longer than the server accepts.
    """

    def __init__(self, acknowledged: int, report_oversized: Callable[[str], None]) -> None:
        super().__init__(acknowledged)
        self._report_oversized = report_oversized
        self._open: Tree | None = None
        self._identity: tuple[object, ...] = ()
        self._sent: str | None = None
        self.rows = 0
        """Rows so far, the open one included."""

    def add_row(self, data: bytes) -> Tree:
        """Add a HistoryRecord and return its own values.

        Raises:
            WireError: It cannot be decoded.
        """
        tree = build_tree(items(data, 1))
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
        if self.count < self.acknowledged:
            self.count += 1
        else:
            line = self._render_line(self._open)
            if line == self._sent:
                self.acknowledged += 1
                self.count += 1
            else:
                self.add(line)
        self._open = self._sent = None

    def open_line(self) -> str | None:
        """Return the open line; None if the server has its current state."""
        if self._open is None or self.count < self.acknowledged:
            return None
        line = self._render_line(self._open)
        return None if line == self._sent else line

    def acknowledge_open(self, line: str) -> None:
        """Record that the server has *line* as the open line."""
        self._sent = line

    def _render_line(self, tree: Tree) -> str:
        line = render(tree)
        while len(line) > MAX_LINE_CHARACTERS and len(tree) > 1:
            largest = max(tree, key=lambda key: len(_text(tree[key])))
            del tree[largest]
            self._report_oversized(largest)
            line = render(tree)
        return line


def _text(value: Tree | str) -> str:
    return value if isinstance(value, str) else render(value)


def _step(data: bytes) -> int | None:
    """Return the step in a HistoryRecord's own field."""
    for number, _, raw in fields(data):
        if number == 2 and isinstance(raw, bytes):  # noqa: PLR2004 -- the field's number
            try:
                return signed(read_varint(raw, 1)[0]) if raw[:1] == b"\x08" else 0
            except WireError:
                return None
    return None
