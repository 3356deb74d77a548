"""Rows with the same keys in the same order as columns: numbers packed, all else as JSON."""

from __future__ import annotations

import json
import math
import re
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.lru import SizedCache
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

    from wandb_nb.server.storage.lines.packed_numbers import Data, Floats, Integers

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


def decode_layout(
    header: Mapping[str, Any], data: Data, positions: Sequence[int], keys: frozenset[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the rows at *positions* of those that `encode_layout` encoded: all their keys, or those among *keys*."""
    chosen, length = _columns_of(tuple(header["keys"]), header["kinds"], keys), header["rows"]
    first, second = header["sizes"][0], sum(header["sizes"][:2])
    integers = unpack_integers(data[:first], chosen.all_integers, length, [*chosen.integers.values()])
    integers = integers.take(positions, axis=1)
    floats = unpack_floats(data[first:second], chosen.all_floats, length, [*chosen.floats.values()], positions)
    numbers = _Numbers(dict(zip(chosen.integers, integers, strict=True)), dict(zip(chosen.floats, floats, strict=True)))
    others = json.loads(decompress(data[second:])) if chosen.others else []
    columns = [
        [others[chosen.others[name]][position] for position in positions] if kind == OTHER else numbers.of(name, kind)
        for name, kind in chosen.kinds.items()
    ]
    for values in zip(*columns, strict=True) if columns else [()] * len(positions):
        yield dict(zip(chosen.kinds, values, strict=True))


class _Numbers(NamedTuple):
    """Decoded columns by key; those of kind `MIXED` are in both."""

    integers: Mapping[str, Integers]
    floats: Mapping[str, list[float]]

    def of(self, name: str, kind: str) -> list[Any]:
        """Return the numbers of the key *name*, whose columns are of this *kind*."""
        if kind == FLOAT:
            return self.floats[name]
        integers = self.integers[name]
        column: list[Any] = (from_decimals(integers) if kind == DECIMAL else integers).tolist()
        return _unmix(self.floats[name], column) if kind == MIXED else column


class _Columns(NamedTuple):
    """The kinds of the columns to decode, and their numbers among all integers, floats and others: of how many."""

    kinds: Mapping[str, str]
    integers: Mapping[str, int]
    floats: Mapping[str, int]
    others: Mapping[str, int]
    all_integers: int
    all_floats: int


_chosen_columns: SizedCache[tuple[tuple[str, ...], str, frozenset[str] | None], _Columns] = SizedCache(8 << 20)
_NAME_SIZE = 200  # of an entry, for each name, besides its characters


def _columns_of(names: tuple[str, ...], kinds: str, keys: frozenset[str] | None) -> _Columns:
    """Return what `_choose_columns` returns, from memory where possible: most segments of a run have the same names."""
    key = names, kinds, keys
    columns = _chosen_columns.get(key)
    if columns is None:
        columns = _choose_columns(*key)
        _chosen_columns.put(key, columns, sum(len(name) + _NAME_SIZE for name in (*names, *(keys or ()))))
    return columns


def _choose_columns(names: tuple[str, ...], kinds: str, keys: frozenset[str] | None) -> _Columns:
    """Return the columns of *keys* in a layout with these *names*."""
    integers, floats, others = (
        [name for kind in stored for name in _of_kind(names, kinds, kind)]
        for stored in (INTEGER + MIXED + DECIMAL, FLOAT + MIXED, OTHER)
    )
    integer_at, float_at, other_at = (
        {name: at for at, name in enumerate(stored) if keys is None or name in keys}
        for stored in (integers, floats, others)
    )
    chosen = {name: kind for name, kind in zip(names, kinds, strict=True) if keys is None or name in keys}
    return _Columns(chosen, integer_at, float_at, other_at, len(integers), len(floats))


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
