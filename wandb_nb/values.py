"""Values of rows, config and summary: what a number is, and nested dictionaries as their leaves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard, TypeVar

KeyPath: TypeAlias = tuple[str, ...]
Item = TypeVar("Item")

TYPE_KEY = "_type"
# Deeper paths are joined, so that a hostile file cannot make dicts too deep to walk or print.
MAX_PATH = 64
MAX_CONFIG_BYTES = 10_000_000
"""Bytes of JSON that one value in the config may take."""
_SCALARS = (float, int, str)


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether *value* is an int or a float; a bool is not a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_finite(value: Any) -> TypeGuard[float]:
    """Return whether *value* is a number that a finite float can hold."""
    return is_number(value) and abs(value) <= sys.float_info.max


def leaves(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the leaves of *value*, which is at *path*.

    A mapping with a `_type` (a histogram, an image) is a leaf, and so is an empty one.
    """
    scalar = isinstance(value, _SCALARS)  # nearly all values, at a tenth of the cost of asking for a Mapping
    if not scalar and isinstance(value, Mapping) and value and TYPE_KEY not in value and len(path) < MAX_PATH:
        for key, inner in value.items():
            yield from leaves((*path, key), inner)
    else:
        yield path, value


def dotted(values: Mapping[str, Any], *, private: bool = True) -> Iterator[tuple[str, Any]]:
    """Yield name and value of each leaf of *values*, nested keys joined by "."; not *private*: without `_…` keys."""
    for key, value in values.items():
        name = str(key)
        if not private and name.startswith("_"):
            continue
        if isinstance(value, _SCALARS):  # `log()` calls this for each row of a run with defined metrics
            yield name, value
        else:
            for path, leaf in leaves((key,), value):
                yield ".".join(map(str, path)), leaf


def evenly_spaced(first: int, last: int, count: int) -> list[int]:
    """Return *count* whole numbers from *first* to *last*, spread evenly; *last* alone if it is one."""
    if count == 1:
        return [last]
    return [first + (last - first) * index // (count - 1) for index in range(count)]


def evenly_sampled(items: Sequence[Item], count: int) -> list[Item]:
    """Return at most *count* of *items*, spread evenly, the last one among them."""
    if len(items) <= count:
        return list(items)
    return [items[index] for index in evenly_spaced(0, len(items) - 1, count)] if count > 0 else []
