"""Segments as revision 0009 writes them: a copy of the encoder of its time.

A revision must do the same for as long as databases of earlier versions exist. The present encoder may change its form;
`row_segment` continues to read this one.
"""

from __future__ import annotations

import json
import math
import re
import struct
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

Shape = tuple[tuple[str, str], ...]

_CHUNK_ROWS = 256
_MAX_CHARACTERS = 1 << 20
_LINES, _COMPRESSED_LINES, _COLUMNS = range(3)
_INTEGER, _FLOAT, _DECIMAL, _MIXED, _OTHER = "ifdmo"
_MIN_COLUMN_ROWS, _MIN_LAYOUT_ROWS, _MIN_COMPRESSED = 64, 8, 4096
_MAX_INT, _MAX_EXACT_INT, _MAX_STEP = 2**63, 2**53, 2**63 - 1
_MAX_PATH = 64
_DECIMALS = 1e6
_HEAD, _SIZE = struct.Struct("<BII"), struct.Struct("<I")
_NOT_PLAIN = re.compile(r"NaN|Infinity|[0-9]{19}")
_TYPE_NAMES = {bool: "boolean", int: "number", float: "number", str: "string", list: "list", type(None): "nil"}


class Segment(NamedTuple):
    """Successive rows, the first of them with number *first*: their bytes, how many have each shape, their steps."""

    first: int
    data: bytes
    shapes: Mapping[Shape, int]
    length: int
    min_step: int
    max_step: int


class _Row(NamedTuple):
    values: dict[str, Any]
    text: str
    step: int
    shape: Shape


def make_segments(first: int, texts: Sequence[str]) -> Iterator[Segment]:
    """Yield the segments of the rows *texts*, stored JSON objects whose numbers count from *first*."""
    start, end = first, first + len(texts)
    while start < end:
        stop = min(end, start - start % _CHUNK_ROWS + _CHUNK_ROWS)
        rows = [_row(text, number) for number, text in enumerate(texts[start - first : stop - first], start)]
        for begin, finish in _short_parts([len(row.text) for row in rows]):
            yield _segment(start + begin, rows[begin:finish], is_final=len(rows) == _CHUNK_ROWS)
        start = stop


def _row(text: str, number: int) -> _Row:
    values = json.loads(text)
    step = values.get("_step")
    is_step = isinstance(step, (int, float)) and abs(step) <= _MAX_STEP
    leaves = (leaf for key, value in values.items() for leaf in _leaves((key,), value))
    shape = tuple(sorted((name, _type_name(value)) for name, value in leaves))
    return _Row(values, text, int(step) if is_step else number, shape)


def _leaves(path: tuple[str, ...], value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value and "_type" not in value and len(path) < _MAX_PATH:
        for key, inner in value.items():
            yield from _leaves((*path, key), inner)
    else:
        yield ".".join(path), value


def _type_name(value: Any) -> str:
    return str(value.get("_type", "map")) if isinstance(value, dict) else _TYPE_NAMES[type(value)]


def _short_parts(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(sizes):
        total, end = sizes[start], start + 1
        while end < len(sizes) and total + sizes[end] <= _MAX_CHARACTERS:
            total, end = total + sizes[end], end + 1
        yield start, end
        start = end


def _segment(first: int, rows: Sequence[_Row], *, is_final: bool) -> Segment:
    places: dict[Shape, int] = {}
    shapes, steps = [places.setdefault(row.shape, len(places)) for row in rows], [row.step for row in rows]
    data = _by_columns(rows, steps, shapes) if is_final and len(rows) >= _MIN_COLUMN_ROWS else None
    if data is None:
        data = _as_lines(rows, steps, shapes, is_final=is_final)
    counts = Counter(shapes)
    return Segment(first, data, {shape: counts[at] for shape, at in places.items()}, len(rows), min(steps), max(steps))


def _as_lines(rows: Sequence[_Row], steps: list[int], shapes: list[int], *, is_final: bool) -> bytes:
    index = json.dumps([steps, shapes]).encode()
    text = "\n".join([row.text.replace("\n", " ") for row in rows]).encode()
    pays = is_final and len(text) >= _MIN_COMPRESSED
    head = _HEAD.pack(_COMPRESSED_LINES if pays else _LINES, len(index), 0)
    return head + index + (zlib.compress(text, 1) if pays else text)


def _by_columns(rows: Sequence[_Row], steps: list[int], shapes: list[int]) -> bytes | None:
    members: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        members.setdefault(tuple(row.values), []).append(row.values)
    layouts = [_layout(values) for values in members.values()] if len(members) * _MIN_LAYOUT_ROWS <= len(rows) else []
    encoded = [layout for layout in layouts if layout is not None]
    if len(encoded) < len(members):
        return None
    places = {names: place for place, names in enumerate(members)}
    index = _integers(np.array([steps, shapes, [places[tuple(row.values)] for row in rows]], np.int64))
    header = zlib.compress(json.dumps([header for header, _ in encoded]).encode(), 1)
    return _HEAD.pack(_COLUMNS, len(index), len(header)) + index + header + b"".join(data for _, data in encoded)


def _layout(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], bytes] | None:
    """Return header and bytes of rows with the same keys; None if a number may have lost digits."""
    columns = list(zip(*(row.values() for row in rows), strict=True))
    kinds = [_kind_of(column) for column in columns]

    def of(kind: str) -> list[Any]:
        return [column for column, one in zip(columns, kinds, strict=True) if one == kind]

    masks = [[type(value) is int for value in column] for column in of(_MIXED)]
    floats = np.array([*of(_FLOAT), *of(_MIXED)], np.float64).reshape(-1, len(rows))
    long_floats = (np.abs(floats[np.isfinite(floats)]) >= _MAX_INT).any()
    if long_floats or any(_MAX_INT <= abs(value) < math.inf for value in _floats_in(of(_OTHER))):
        return None
    integers = np.array([*of(_INTEGER), *masks, *_decimals(of(_DECIMAL))], np.int64).reshape(-1, len(rows))
    other = json.dumps(of(_OTHER))
    parts = [_integers(integers), _pack(floats.view(np.int64)), zlib.compress(other.encode(), 1)]
    is_plain = bool(np.isfinite(floats).all()) and not _NOT_PLAIN.search(other)
    header = {"keys": list(rows[0]), "kinds": "".join(kinds), "rows": len(rows), "sizes": list(map(len, parts))}
    return {**header, "plain": is_plain}, b"".join(parts)


def _kind_of(column: Sequence[Any]) -> str:
    types = set(map(type, column))
    if types == {float}:
        return _DECIMAL if _is_decimal(np.array(column)) else _FLOAT
    if types == {int}:
        return _INTEGER if max(column) < _MAX_INT and min(column) >= -_MAX_INT else _OTHER
    if types == {float, int}:
        return _MIXED if all(type(value) is float or abs(value) <= _MAX_EXACT_INT for value in column) else _OTHER
    return _OTHER


def _floats_in(columns: Sequence[Sequence[Any]]) -> Iterator[float]:
    return (value for column in columns for value in column if type(value) is float)


def _is_decimal(numbers: NDArray[np.float64]) -> bool:
    """Whether *numbers* are exactly their millionths; -0.0 is not."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(numbers * _DECIMALS)
    scaled[~(np.abs(scaled) < _MAX_EXACT_INT)] = 0
    return bool(((scaled.astype(np.int64) / _DECIMALS).view(np.int64) == numbers.view(np.int64)).all())


def _decimals(columns: Sequence[Sequence[float]]) -> list[NDArray[np.float64]]:
    return [np.rint(np.array(column) * _DECIMALS) for column in columns]


def _integers(columns: NDArray[np.int64]) -> bytes:
    differences = np.diff(columns, axis=1, prepend=0)
    return _pack((differences << 1) ^ (differences >> 63))


def _pack(words: NDArray[np.int64]) -> bytes:
    """Return the bytes of *words* by rank: those that repeat compressed, then the others."""
    columns, length = words.shape
    planes = words.astype("<i8").view(np.uint8).reshape(columns, length, 8).transpose(0, 2, 1)
    planes = planes.reshape(columns * 8, length)
    repeats = np.array([len(np.unique(plane)) <= length // 2 for plane in planes], bool)
    compressed: bytes = zlib.compress(np.packbits(repeats).tobytes() + planes[repeats].tobytes(), 1)
    noise: bytes = planes[~repeats].tobytes()
    return _SIZE.pack(len(compressed)) + compressed + noise
