"""Rows with the same keys in the same order as columns: numbers packed, all else as JSON."""

from __future__ import annotations

import json
import math
import re
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.server.storage.lines.packed_numbers import (
    as_decimals,
    decompress,
    from_decimals,
    pack_floats,
    pack_integers,
    unpack_floats,
    unpack_integers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wandb_nb.server.storage.lines.packed_numbers import Floats

INTEGER, FLOAT, DECIMAL, MIXED, OTHER = "ifdmo"
"""The kinds of columns; `MIXED` has floats and integers, and a mask that says which are integers."""

_LEVEL = 1
_MAX_INT, _MAX_EXACT_INT = 2**63, 2**53
_NOT_PLAIN = re.compile(r"NaN|Infinity|[0-9]{19}")


def encode_layout(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], bytes] | None:
    """Return the header and the bytes of *rows*, which have the same keys; None if a number may have lost digits."""
    columns = list(zip(*(row.values() for row in rows), strict=True))
    kinds = [_kind_of(column) for column in columns]
    floats = _matrix(columns, kinds, FLOAT, len(rows))
    decimals, is_decimal = as_decimals(floats)
    flags = iter(is_decimal)
    kinds = [DECIMAL if kind == FLOAT and next(flags) else kind for kind in kinds]
    mixed = _matrix(columns, kinds, MIXED, len(rows))
    masks = [[type(value) is int for value in column] for column in _of_kind(columns, kinds, MIXED)]
    floats = np.concatenate([floats[~is_decimal], mixed])
    is_finite = np.isfinite(floats)
    may_be_integers = (np.abs(floats[is_finite]) >= _MAX_INT).any()
    if may_be_integers or any(map(_has_long_numbers, _of_kind(columns, kinds, OTHER))):
        return None
    integers = np.array([*_of_kind(columns, kinds, INTEGER), *masks], np.int64).reshape(-1, len(rows))
    other = json.dumps(list(_of_kind(columns, kinds, OTHER)))
    parts = [
        pack_integers(np.concatenate([integers, decimals[is_decimal]])),
        pack_floats(floats),
        zlib.compress(other.encode(), _LEVEL),
    ]
    is_plain = bool(is_finite.all()) and not _NOT_PLAIN.search(other)
    header = {"keys": list(rows[0]), "kinds": "".join(kinds), "rows": len(rows), "sizes": list(map(len, parts))}
    return {**header, "plain": is_plain}, b"".join(parts)


def decode_layout(header: Mapping[str, Any], data: bytes, positions: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield the rows at *positions* of those that `encode_layout` encoded."""
    kinds, length = header["kinds"], header["rows"]
    count = {kind: kinds.count(kind) for kind in (INTEGER, FLOAT, DECIMAL, MIXED)}
    first, second = header["sizes"][0], sum(header["sizes"][:2])
    numbers = count[INTEGER] + count[MIXED]
    integers = unpack_integers(data[:first], numbers + count[DECIMAL], length)[:, positions]
    floats = unpack_floats(data[first:second], count[FLOAT] + count[MIXED], length, positions)
    masks = integers[count[INTEGER] : numbers].tolist()
    mixed = floats[count[FLOAT] :].tolist()
    columns = {
        INTEGER: iter(integers[: count[INTEGER]].tolist()),
        FLOAT: iter(floats[: count[FLOAT]].tolist()),
        DECIMAL: iter(from_decimals(integers[numbers:]).tolist()),
        MIXED: iter([_unmix(*pair) for pair in zip(mixed, masks, strict=True)]),
        OTHER: _other_columns(data[second:], positions) if OTHER in kinds else iter(()),
    }
    keys = header["keys"]
    for values in zip(*(next(columns[kind]) for kind in kinds), strict=True):
        yield dict(zip(keys, values, strict=True))


def _other_columns(data: bytes, positions: Sequence[int]) -> Iterator[list[Any]]:
    for column in json.loads(decompress(data)):
        yield [column[position] for position in positions]


def _unmix(values: list[float], is_integer: list[int]) -> list[float]:
    return [int(value) if flag else value for value, flag in zip(values, is_integer, strict=True)]


def _kind_of(column: Sequence[Any]) -> str:
    types = set(map(type, column))
    if types == {float}:
        return FLOAT
    if types == {int}:
        return INTEGER if max(column) < _MAX_INT and min(column) >= -_MAX_INT else OTHER
    if types == {float, int}:
        return MIXED if all(type(value) is float or abs(value) <= _MAX_EXACT_INT for value in column) else OTHER
    return OTHER


def _has_long_numbers(column: Sequence[Any]) -> bool:
    """Whether *column* has a finite float that may have been an integer of more than 64 bits."""
    return any(type(value) is float and _MAX_INT <= abs(value) < math.inf for value in column)


def _of_kind(columns: Sequence[Any], kinds: Sequence[str], kind: str) -> Iterator[Any]:
    return (column for column, one in zip(columns, kinds, strict=True) if one == kind)


def _matrix(columns: Sequence[Any], kinds: Sequence[str], kind: str, length: int) -> Floats:
    return np.array(list(_of_kind(columns, kinds, kind)), np.float64).reshape(-1, length)
