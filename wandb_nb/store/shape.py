"""The shape of a history row: its keys in their order, as bytes to compare other rows with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandb_nb.store.decode import TYPE_KEY, key_path
from wandb_nb.store.kinds import KINDS
from wandb_nb.store.walk import NUMBER_START, Batch, Walk
from wandb_nb.store.wire import BYTES, VARINT, WireError, fields, varint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wandb_nb.store.kinds import KeyPath

NUM_TAG, HISTORY_TAG, ITEM_TAG, VALUE_TAG = b"\x08", b"\x12", b"\x0a", b"\x82\x01"
NUM, HISTORY, ITEM, KEY, NESTED_KEY, VALUE_JSON = 1, 2, 1, 1, 2, 16


@dataclass(frozen=True)
class Item:
    """One item: the bytes of its key up to its value's length, and whether the value is a number."""

    key: bytes
    path: KeyPath
    numeric: bool

    @property
    def name(self) -> str:
        """The key as the name of a column."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Shape:
    """The items of a row, and the tags of fields that follow them inside and outside of the history message."""

    numbered: bool
    items: tuple[Item, ...]
    inner_tail: tuple[bytes, ...]
    outer_tail: tuple[bytes, ...]

    @classmethod
    def of(cls, payload: bytes) -> Shape | None:
        """Return the shape of *payload*, or None for a row that only the exact path can read."""
        try:
            return cls._of(payload)
        except (WireError, _OddRowError):
            return None

    @classmethod
    def _of(cls, payload: bytes) -> Shape:
        outer = list(fields(payload))
        numbered = bool(outer) and outer[0][:2] == (NUM, VARINT)
        history, *outer_tail = outer[numbered:] or [(0, 0, 0)]
        if history[0] != HISTORY or not isinstance(history[2], bytes):
            raise _OddRowError
        inner = list(fields(history[2]))
        items = tuple(_item(raw) for number, _, raw in inner if number == ITEM)
        inner_tail = inner[len(items) :]
        names = {item.name for item in items}
        in_order = all(number == ITEM for number, _, _ in inner[: len(items)])
        # The parts of an object with a type are put together again by the exact path.
        if any(item.path[-1] == TYPE_KEY for item in items):
            raise _OddRowError
        if not in_order or len(names) < len(items) or "_step" not in names:
            raise _OddRowError
        if any(number in KINDS for number, _, _ in outer_tail):
            raise _OddRowError
        return cls(numbered, items, _tags(inner_tail), _tags(outer_tail))

    def walk(self, batch: Batch, rows: NDArray[np.int64]) -> Walk | None:
        """Return the walk of those of *rows* that have this shape; None if none has it."""
        walk = Walk(batch, rows)
        if self.numbered:
            walk.literal(NUM_TAG)
            walk.skip_varint()
        walk.literal(HISTORY_TAG)
        history_end = walk.add_end()
        for item in self.items:
            walk.literal(ITEM_TAG)
            item_end = walk.add_end()
            walk.literal(item.key)
            walk.value(item_end, numeric=item.numeric)
        for tag in self.inner_tail:
            walk.literal(tag)
            walk.skip_bytes()
        walk.at_end(history_end)
        for tag in self.outer_tail:
            walk.literal(tag)
            walk.skip_bytes()
        walk.at_row_end()
        return walk if len(walk.rows) else None


class _OddRowError(Exception):
    """The row has something that a shape cannot tell."""


def _item(raw: int | bytes) -> Item:
    if not isinstance(raw, bytes):
        raise _OddRowError
    parts = list(fields(raw))
    keys = [value for number, _, value in parts[:-1] if isinstance(value, bytes)]
    numbers = {number for number, _, _ in parts[:-1]}
    if not parts or parts[-1][:2] != (VALUE_JSON, BYTES) or len(keys) != len(parts) - 1 or not parts[-1][2]:
        raise _OddRowError
    if numbers != {NESTED_KEY} and not (numbers == {KEY} and len(keys) == 1):
        raise _OddRowError
    (number,) = numbers
    key = b"".join(varint(number << 3 | BYTES) + varint(len(part)) + part for part in keys) + VALUE_TAG
    path = key_path(keys[0], keys if number == NESTED_KEY else [])
    value = parts[-1][2]
    return Item(key, path, isinstance(value, bytes) and bool(NUMBER_START[value[0]]))


def _tags(parts: list[tuple[int, int, int | bytes]]) -> tuple[bytes, ...]:
    """Return the tags of the fields after the items, which must be bytes, since these can be stepped over."""
    if any(kind != BYTES for _, kind, _ in parts):
        raise _OddRowError
    return tuple(varint(number << 3 | BYTES) for number, _, _ in parts)
