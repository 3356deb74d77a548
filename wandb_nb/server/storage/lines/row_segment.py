"""`RowSegment`: successive rows of a run's history as one value of the database, by columns where that pays.

Few rows, and rows of many layouts, are stored as their lines. Otherwise the rows with the same keys in the same order
are one layout, whose values are stored by key. A row then has the values that were sent, but not always their text.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from wandb_nb.server.storage.lines.fast_json import parse_fast
from wandb_nb.server.storage.lines.history_rows import dump_rows
from wandb_nb.server.storage.lines.packed_numbers import decompress, pack_integers, unpack_integers
from wandb_nb.server.storage.lines.row_layout import decode_layout, encode_layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wandb_nb.server.storage.lines.history_rows import HistoryRow
    from wandb_nb.server.storage.lines.row_shapes import Shape

T = TypeVar("T")

_LINES, _COMPRESSED_LINES, _COLUMNS = range(3)
_MIN_COLUMN_ROWS = 64
_MIN_LAYOUT_ROWS = 8  # on average; below, the keys take more than the values
_MIN_COMPRESSED = 4096
_LEVEL = 1
_HEAD = struct.Struct("<BII")  # the form, the sizes of index and header


class EncodedRows(NamedTuple):
    """Successive rows as they are stored: their bytes, how many have each shape, and their lowest and highest step."""

    data: bytes
    shapes: dict[Shape, int]
    length: int
    min_step: int
    max_step: int


class RowSegment:
    """The *length* rows that `encode_rows` made *data* of. A shape is its place in `EncodedRows.shapes`."""

    def __init__(self, data: bytes, length: int) -> None:
        self._form, index_size, header_size = _HEAD.unpack_from(data)
        start, end = _HEAD.size + index_size, _HEAD.size + index_size + header_size
        self._index, self._header_data, self._body = data[_HEAD.size : start], data[start:end], memoryview(data)[end:]
        self.length = length

    @property
    def steps(self) -> list[int]:
        """Return the step of each row."""
        return self._indexes[0]

    @property
    def shapes(self) -> list[int]:
        """Return the shape of each row."""
        return self._indexes[1]

    def texts(self, positions: Sequence[int] | None = None, keys: frozenset[str] | None = None) -> list[str]:
        """Return the JSON texts of the rows at *positions*, of all by default.

        With *keys* the other keys of a row may be missing: they are not read where rows are stored by columns.
        """
        positions = range(self.length) if positions is None else positions
        if self._form != _COLUMNS:
            return [self._lines[position] for position in positions]
        return dump_rows(
            self._column_rows(positions, keys), is_plain=all(header["plain"] for header, _ in self._layouts)
        )

    def _column_rows(self, positions: Sequence[int], keys: frozenset[str] | None) -> list[dict[str, Any]]:
        if len(self._layouts) == 1:  # without its index, which costs as much as a few rows
            return list(decode_layout(*self._layouts[0], positions, keys))
        rows: list[dict[str, Any]] = [{}] * len(positions)
        layout_of = np.array(self._indexes[2])
        for number, (header, data) in enumerate(self._layouts):
            targets = np.flatnonzero(layout_of[positions] == number).tolist()
            if targets:
                place = np.cumsum(layout_of == number) - 1  # of each row among those of its layout
                places = place[[positions[target] for target in targets]].tolist()
                for target, row in zip(targets, decode_layout(header, data, places, keys), strict=True):
                    rows[target] = row
        return rows

    @cached_property
    def _indexes(self) -> list[list[int]]:
        is_text = self._form != _COLUMNS
        indexes: list[list[int]] = (
            json.loads(self._index) if is_text else unpack_integers(self._index, 3, self.length, range(3)).tolist()
        )
        return indexes

    @cached_property
    def _layouts(self) -> list[tuple[dict[str, Any], memoryview]]:
        layouts, start = [], 0
        content = decompress(self._header_data)
        for header in parse_fast(content) or json.loads(content):
            size = sum(header["sizes"])
            layouts.append((header, self._body[start : start + size]))
            start += size
        return layouts

    @cached_property
    def _lines(self) -> list[str]:
        body = bytes(self._body) if self._form == _LINES else decompress(self._body)
        return body.decode().split("\n")


def encode_rows(rows: Sequence[HistoryRow], *, is_final: bool) -> EncodedRows:
    """Return *rows*, which follow each other, as they are stored; as their lines if they are not *final*."""
    shapes, numbers = _number_each(row.shape for row in rows)
    steps = [row.step for row in rows]
    is_long = is_final and len(rows) >= _MIN_COLUMN_ROWS
    data = _encode_columns(rows, steps, shapes) if is_long else None
    if data is None:
        data = _encode_lines(rows, steps, shapes, is_final=is_final)
    counts = Counter(shapes)
    return EncodedRows(data, {shape: counts[at] for shape, at in numbers.items()}, len(rows), min(steps), max(steps))


def _encode_lines(rows: Sequence[HistoryRow], steps: list[int], shapes: list[int], *, is_final: bool) -> bytes:
    index = json.dumps([steps, shapes]).encode()
    text = "\n".join([row.text.replace("\n", " ") for row in rows])  # between two values: within one it is an escape
    pays = is_final and len(text) >= _MIN_COMPRESSED
    body = zlib.compress(text.encode(), _LEVEL) if pays else text.encode()
    return _HEAD.pack(_COMPRESSED_LINES if pays else _LINES, len(index), 0) + index + body


def _encode_columns(rows: Sequence[HistoryRow], steps: list[int], shapes: list[int]) -> bytes | None:
    """Return *rows* by columns; None where that does not pay or loses digits."""
    layout_of, numbers = _number_each(tuple(row.values) for row in rows)
    if len(numbers) * _MIN_LAYOUT_ROWS > len(rows):
        return None
    members: list[list[dict[str, Any]]] = [[] for _ in numbers]
    for row, layout in zip(rows, layout_of, strict=True):
        members[layout].append(row.values)
    layouts = [encode_layout(values) for values in members]
    encoded = [layout for layout in layouts if layout is not None]
    if len(encoded) < len(layouts):
        return None
    index = pack_integers(np.array([steps, shapes, layout_of], np.int64))
    header = zlib.compress(json.dumps([header for header, _ in encoded]).encode(), _LEVEL)
    return _HEAD.pack(_COLUMNS, len(index), len(header)) + index + header + b"".join(data for _, data in encoded)


def _number_each(items: Iterable[T]) -> tuple[list[int], dict[T, int]]:
    """Return a number for each of *items*, and the number of each different one; most are as the one before."""
    numbers: dict[T, int] = {}
    result: list[int] = []
    last, number = None, 0
    for item in items:
        if item is not last and item != last:  # which takes less time than a hash
            last, number = item, numbers.setdefault(item, len(numbers))
        result.append(number)
    return result, numbers
