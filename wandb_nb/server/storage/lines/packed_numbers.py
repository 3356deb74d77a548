"""Columns of numbers as few bytes: whole numbers by their differences, and bytes of equal rank side by side.

The numbers of a metric share their high bytes, which then compress well, while the low ones look like noise. Noise is
stored as it is, so that reading one number of many costs little.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers: TypeAlias = NDArray[np.int64]
    Floats: TypeAlias = NDArray[np.float64]
    Words: TypeAlias = NDArray[np.uint64]
    Data: TypeAlias = bytes | memoryview

_BYTES = 8
_MAX_BYTES = 256 << 20
_LEVEL = 1  # higher ones take several times as long for some percent
_HEAD, _DOUBLE = struct.Struct("<I"), struct.Struct("<d")
_ONE = np.uint64(1)
_FEW = 8  # numbers of a column: more are read faster as an array
_DECIMALS = 1e6  # times are sent in microseconds and milliseconds
_MAX_EXACT = 2.0**53
_RUNS = [[(run[0] == "1", len(run)) for run in re.findall("0+|1+", f"{flags:08b}")] for flags in range(256)]
"""By the flags of a column, of which each rank has one: successive ranks, whether they are compressed, how many."""


def pack_integers(columns: Integers) -> bytes:
    """Return *columns*, a matrix with one row per column, packed."""
    differences = np.diff(columns, axis=1, prepend=0)
    return _pack((differences << 1) ^ (differences >> 63))


def unpack_integers(data: Data, columns: int, length: int, chosen: Sequence[int]) -> Integers:
    """Return the *chosen* columns, which ascend, of the matrix of *columns* columns that `pack_integers` packed."""
    words = _unpack(data, columns, length, chosen)
    differences = (words >> _ONE) ^ np.negative(words & _ONE)
    result: Integers = differences.view(np.int64).cumsum(axis=1)
    return result


def pack_floats(columns: Floats) -> bytes:
    """Return *columns*, a matrix with one row per column, packed."""
    return _pack(columns.view(np.int64))


def unpack_floats(
    data: Data, columns: int, length: int, chosen: Sequence[int], positions: Sequence[int]
) -> list[list[float]]:
    """Return the numbers at *positions* of the *chosen* columns, which ascend, of what `pack_floats` packed."""
    if len(positions) > _FEW or not chosen:
        numbers = _unpack(data, columns, length, chosen).view(np.float64)[:, positions]
        result: list[list[float]] = numbers.tolist()
        return result
    planes, size = _read_planes(data, columns, length, chosen), _BYTES * length
    return [
        [_DOUBLE.unpack(planes[start + position : start + size : length])[0] for position in positions]
        for start in range(0, len(planes), size)
    ]


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


def decompress(data: Data) -> bytes:
    """Return what `zlib.compress` compressed.

    Raises:
        ValueError: It is damaged, or has more bytes than any segment has.

    """
    decompressor = zlib.decompressobj()
    content = _next_bytes(decompressor, data, _MAX_BYTES)
    if not decompressor.eof:
        raise ValueError("the compressed bytes are incomplete or too many")
    return content


def _next_bytes(decompressor: Any, data: Data, size: int) -> bytes:
    """Return up to *size* bytes, which must not be 0."""
    try:
        content: bytes = decompressor.decompress(data, size)
    except zlib.error as error:
        raise ValueError(f"the compressed bytes are damaged: {error}") from error
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


def _unpack(data: Data, columns: int, length: int, chosen: Sequence[int]) -> Words:
    if not chosen:
        return np.empty((0, length), "<u8")
    planes = np.frombuffer(_read_planes(data, columns, length, chosen), np.uint8).reshape(-1, _BYTES, length)
    words = np.ascontiguousarray(planes.transpose(0, 2, 1))
    return words.view("<u8").reshape(len(chosen), length)


def _read_planes(data: Data, columns: int, length: int, chosen: Sequence[int]) -> bytes:
    """Return the bytes of the *chosen* columns by rank; what follows the last of them is not decompressed."""
    (size,) = _HEAD.unpack_from(data)
    noise_at, repeats_at, passed = _HEAD.size + size, 0, 0
    decompressor = zlib.decompressobj()
    flags = _next_bytes(decompressor, data[_HEAD.size : noise_at], columns)[: chosen[-1] + 1]
    total = _count_flags(flags) * length
    repeats = _next_bytes(decompressor, decompressor.unconsumed_tail, total) if total else b""
    planes: list[Data] = []
    for column in chosen:
        if column > passed:
            repeated = _count_flags(flags[passed:column])
            repeats_at += repeated * length
            noise_at += ((column - passed) * _BYTES - repeated) * length
        for is_repeat, count in _RUNS[flags[column]]:
            if is_repeat:
                planes.append(repeats[repeats_at : (repeats_at := repeats_at + count * length)])
            else:
                planes.append(data[noise_at : (noise_at := noise_at + count * length)])
        passed = column + 1
    return b"".join(planes)


def _count_flags(flags: bytes) -> int:
    return int.from_bytes(flags, "big").bit_count()


def _distinct(planes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how many different bytes each of *planes* has."""
    ranks = np.arange(len(planes))[:, None] * 256
    counts = np.bincount((planes + ranks).ravel(), minlength=len(planes) * 256)
    result: NDArray[np.int64] = np.count_nonzero(counts.reshape(-1, 256), axis=1)
    return result
