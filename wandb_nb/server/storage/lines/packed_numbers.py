"""Columns of numbers as few bytes: whole numbers by their differences, and bytes of equal rank side by side.

The numbers of a metric share their high bytes, which then compress well, while the low ones look like noise. Noise is
stored as it is, so that reading one number of many costs little.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers: TypeAlias = NDArray[np.int64]
    Floats: TypeAlias = NDArray[np.float64]
    Words: TypeAlias = NDArray[np.uint64]

_BYTES = 8
_MAX_BYTES = 256 << 20
_LEVEL = 1  # higher ones take several times as long for some percent
_HEAD = struct.Struct("<I")
_DECIMALS = 1e6  # times are sent in microseconds and milliseconds
_MAX_EXACT = 2.0**53


def pack_integers(columns: Integers) -> bytes:
    """Return *columns*, a matrix with one row per column, packed."""
    differences = np.diff(columns, axis=1, prepend=0)
    return _pack((differences << 1) ^ (differences >> 63))


def unpack_integers(data: bytes, columns: int, length: int) -> Integers:
    """Return the matrix of *columns* columns of *length* numbers each that `pack_integers` packed."""
    words = _unpack(data, columns, length, slice(None))
    differences = (words >> np.uint64(1)).astype(np.int64) ^ -(words & np.uint64(1)).astype(np.int64)
    result: Integers = np.cumsum(differences, axis=1)
    return result


def pack_floats(columns: Floats) -> bytes:
    """Return *columns*, a matrix with one row per column, packed."""
    return _pack(columns.view(np.int64))


def unpack_floats(data: bytes, columns: int, length: int, positions: slice | Sequence[int] = slice(None)) -> Floats:
    """Return the matrix that `pack_floats` packed, or the numbers at *positions* of each column."""
    return _unpack(data, columns, length, positions).view(np.float64)


def as_decimals(columns: Floats) -> tuple[Integers, NDArray[np.bool_]]:
    """Return *columns* in millionths, and which of them are exactly that and nothing more."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(columns * _DECIMALS)
        scaled[~(np.abs(scaled) < _MAX_EXACT)] = 0
    numbers = scaled.astype(np.int64)
    is_exact = from_decimals(numbers).view(np.int64) == columns.view(np.int64)  # which also differ for -0.0
    return numbers, is_exact.all(axis=1)


def from_decimals(numbers: Integers) -> Floats:
    """Return the numbers whose millionths `as_decimals` returned."""
    result: Floats = numbers / _DECIMALS
    return result


def decompress(data: bytes) -> bytes:
    """Return what `zlib.compress` compressed.

    Raises:
        ValueError: It is damaged, or has more bytes than any segment has.

    """
    decompressor = zlib.decompressobj()
    try:
        content = decompressor.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise ValueError(f"the compressed bytes are damaged: {error}") from error
    if not decompressor.eof:
        raise ValueError("the compressed bytes are incomplete or too many")
    return content


def _pack(words: Integers) -> bytes:
    """Return the bytes of *words* by rank: those that repeat compressed, then the others."""
    columns, length = words.shape
    planes = words.astype("<i8").view(np.uint8).reshape(columns, length, _BYTES).transpose(0, 2, 1)
    planes = planes.reshape(columns * _BYTES, length)
    repeats = _distinct(planes) <= length // 2
    compressed: bytes = zlib.compress(np.packbits(repeats).tobytes() + planes[repeats].tobytes(), _LEVEL)
    noise: bytes = planes[~repeats].tobytes()
    return _HEAD.pack(len(compressed)) + compressed + noise


def _unpack(data: bytes, columns: int, length: int, positions: slice | Sequence[int]) -> Words:
    count = columns * _BYTES
    (size,) = _HEAD.unpack_from(data)
    start = _HEAD.size + size
    content = np.frombuffer(decompress(data[_HEAD.size : start]), np.uint8)
    flags = -(-count // 8)
    repeats = np.unpackbits(content[:flags], count=count).astype(bool)
    size = len(range(length)[positions]) if isinstance(positions, slice) else len(positions)
    planes = np.empty((count, size), np.uint8)
    planes[repeats] = content[flags:].reshape(-1, length)[:, positions]
    planes[~repeats] = np.frombuffer(data, np.uint8, offset=start).reshape(-1, length)[:, positions]
    words = np.ascontiguousarray(planes.reshape(columns, _BYTES, size).transpose(0, 2, 1))
    return words.reshape(columns, size * _BYTES).view("<u8")


def _distinct(planes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how many different bytes each of *planes* has."""
    ranks = np.arange(len(planes))[:, None] * 256
    counts = np.bincount((planes + ranks).ravel(), minlength=len(planes) * 256)
    result: NDArray[np.int64] = np.count_nonzero(counts.reshape(-1, 256), axis=1)
    return result
