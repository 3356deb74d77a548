"""Rows of many numbers as parts of a record: orjson writes the numbers in a tenth of the time of `repr`.

The parts are joined without a loop in Python. A row of few numbers is faster without, and does not load orjson.
"""

from __future__ import annotations

from functools import cache
from operator import getitem
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from wandb_nb.store.format.python_number import python_number
from wandb_nb.store.writing.key_prefixes import prefix_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.store.writing.key_prefixes import PrefixCache

MIN_NUMBERS = 8
"""The values of a row from which on this way is the faster one; two take as long either way."""

_TYPES = frozenset((float, int, bool))  # what orjson writes as `to_json` does, if finite
_MAX_SHAPES = 16


Numbers: TypeAlias = "tuple[list[str], list[float]]"
"""The names and values of a row of numbers alone. Rows of the same names mostly share the list of names."""


class _Shape(NamedTuple):
    """The names of a row, and the prefixes of each."""

    names: list[str]
    prefixes: list[dict[int, str]]


class NumberRowEncoder:
    """Encodes rows of many values. *add* adds one value of any kind to parts, *cache* has the prefixes of names."""

    def __init__(self, prefix_cache: PrefixCache, add: Callable[[list[str], Any, Any], None]) -> None:
        self._prefix_cache, self._add = prefix_cache, add
        self._shapes: dict[int, _Shape] = {}  # by the count of names

    def encode_parts(self, row: Mapping[str, Any]) -> tuple[list[str] | None, Numbers | None]:
        """Return the parts of *row*, None if this is not the way for it, and its numbers if it has nothing else."""
        dumps = _load_dumps()
        if dumps is None:
            return None, None
        row = dict(row)  # another thread may change it
        values: list[Any] = [*row.values()]
        all_numbers = _TYPES.issuperset(map(type, values))
        if not all_numbers:
            values = [number if type(number := python_number(value)) in _TYPES else None for value in values]
        try:
            data: bytes = dumps(values)
            names, prefixes = self._shape(row)
        except (LookupError, TypeError):  # an unusual key, an integer of more than 64 bits
            return None, None
        texts = data[1:-1].decode("ascii").split(",")
        parts = [""] * (2 * len(texts))
        try:
            parts[::2] = map(getitem, prefixes, map(len, texts))
        except KeyError:  # a size that some name has not had yet
            parts[::2] = map(prefix_of, prefixes, names, map(len, texts))
        parts[1::2] = texts
        if b"null" in data:
            self._add_exactly(parts, row, texts)
        return parts, (names, values) if all_numbers else None

    def _add_exactly(self, parts: list[str], row: Mapping[str, Any], texts: list[str]) -> None:
        """Replace the parts of what is not a finite number."""
        for index, (key, value) in enumerate(row.items()):
            if texts[index] == "null":
                exact: list[str] = []
                self._add(exact, key, value)
                parts[2 * index : 2 * index + 2] = "".join(exact), ""

    def _shape(self, row: Mapping[str, Any]) -> _Shape:
        """Return the names of *row*, nearly always those of an earlier row, and their prefixes."""
        names = [*row]
        shape = self._shapes.get(len(names))
        if shape is not None and shape.names == names:
            return shape
        shape = _Shape(names, [self._prefix_cache[name] for name in names])
        if len(self._shapes) >= _MAX_SHAPES:
            self._shapes.clear()
        self._shapes[len(names)] = shape
        return shape


@cache
def _load_dumps() -> Callable[[Any], bytes] | None:
    """Return orjson's writer, loaded with the first wide row; None where it cannot be loaded."""
    try:
        from orjson import dumps  # takes 10 ms, which runs without wide rows do without
    except ImportError:  # PyPy and subinterpreters have none
        return None
    return dumps
