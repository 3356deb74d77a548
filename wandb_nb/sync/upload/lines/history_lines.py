"""The numbered lines of a run's history, which several processes may write."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wandb_nb.store.format.wire import WireError, fields, read_varint, signed
from wandb_nb.sync.upload.lines.json_tree import Tree, build_tree, items, merge, render
from wandb_nb.sync.upload.lines.numbered_lines import first_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_LINE_CHARACTERS = (10 << 20) - (100 << 10)
"""What the server accepts for one line: 10 MiB less 100 KiB."""
OWNER = ""
"""The writer of rows without a process id."""


@dataclass
class _OpenRow:
    """The newest row of one writer, which more parts of its step may follow."""

    identity: tuple[object, ...]
    is_sent_before: bool
    """Whether an earlier process has sent it, complete."""
    tree: Tree = field(default_factory=dict)


class HistoryLines:
    """Lines of rows: adjacent parts of one step, attempt and writer are one line, which stays open for more.

    *acknowledged* counts the lines on the server by writer, the process id as text. They are dropped: each writer's
    rows always come in the same order, however the rows of several writers follow each other. New lines are numbered
    from their sum, so that the server has each row once after a repetition.
    *report_oversized* gets the key of each value left out because its row would be longer than the server accepts.
    """

    def __init__(self, acknowledged: Mapping[str, int], report_oversized: Callable[[str], None]) -> None:
        self.acknowledged_by_writer = Counter(acknowledged)
        self._report_oversized = report_oversized
        self._rows_by_writer: Counter[str] = Counter()
        self._open: dict[str, _OpenRow] = {}
        self._pending: deque[tuple[str, str]] = deque()
        self._sent_open: list[str] = []
        self.size = 0
        """Characters of closed lines not yet sent."""

    @property
    def acknowledged(self) -> int:
        """How many lines the server has, apart from open ones."""
        return self.acknowledged_by_writer.total()

    @property
    def rows(self) -> int:
        """Rows so far, open ones included."""
        return self._rows_by_writer.total()

    def add_row(self, data: bytes) -> Tree:
        """Add a HistoryRecord and return its own values.

        Raises:
            WireError: It cannot be decoded.
        """
        tree = build_tree(items(data, 1))
        if "_step" not in tree and (step := _step(data)) is not None:
            tree["_step"] = str(step)
        writer = str(tree.get("_writer", OWNER))
        identity = (tree.get("_step"), tree.get("_attempt"))
        row = self._open.get(writer)
        if row is None or identity != row.identity or "_step" not in tree:
            if row is not None:
                self._close(writer, row)
            row = self._begin_row(writer, identity)
        merge(row.tree, tree)
        return tree

    def _begin_row(self, writer: str, identity: tuple[object, ...]) -> _OpenRow:
        self._rows_by_writer[writer] += 1
        is_sent = self._rows_by_writer[writer] <= self.acknowledged_by_writer[writer]
        row = self._open[writer] = _OpenRow(identity, is_sent)
        return row

    def close(self) -> None:
        """Make the open lines final."""
        for writer, row in self._open.items():
            self._close(writer, row)
        self._open.clear()

    def _close(self, writer: str, row: _OpenRow) -> None:
        if row.is_sent_before:
            return
        line = self._render_line(row.tree)
        if self._sent_open == [line] and not self._pending:
            self.acknowledged_by_writer[writer] += 1
        else:
            self._pending.append((writer, line))
            self.size += len(line)
        self._sent_open = []

    def take(self, max_characters: int) -> list[str]:
        """Return the next closed lines: at least one, otherwise up to *max_characters*. They stay pending."""
        return first_lines((line for _, line in self._pending), max_characters)

    def acknowledge(self, count: int) -> None:
        """Record that the server has *count* more closed lines."""
        for _ in range(count):
            writer, line = self._pending.popleft()
            self.size -= len(line)
            self.acknowledged_by_writer[writer] += 1

    def open_lines(self) -> list[str]:
        """Return the open lines, to be sent after all closed ones; empty if the server has their current state."""
        lines = [self._render_line(row.tree) for row in self._open.values() if not row.is_sent_before]
        return [] if lines == self._sent_open and not self._pending else lines

    def acknowledge_open(self, lines: list[str]) -> None:
        """Record that the server has *lines* as the open lines, after all closed ones."""
        self._sent_open = lines

    def is_next(self, count: int) -> bool:
        """Return whether *count* closed lines are all that are pending."""
        return count == len(self._pending)

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
