"""Scalars of numpy as Python's own numbers, at the cost of a dict lookup and without importing numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# By name, because numpy may not be loaded. A long double has no equal in Python, and times are not numbers.
_NAMES = frozenset(
    (
        *("bool", "bool_", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "intc", "longlong"),
        *("uint8", "uint16", "uint32", "uint64", "uintc", "ulonglong"),
    )
)

SCALARS: set[type] = {float, int, str, bool, type(None)}
"""Types whose values cannot change after they were logged; numpy's join when `python_number` first sees them."""

_converters: dict[type, Callable[[Any], Any]] = {}


def python_number(value: Any) -> Any:
    """Return a scalar of numpy as the equal number or bool of Python, and any other value as it is."""
    kind = type(value)
    convert = _converters.get(kind)
    if convert is None:
        if kind.__module__ != "numpy" or kind.__name__ not in _NAMES:
            return value
        convert = _converters[kind] = kind.item
        SCALARS.add(kind)
    return convert(value)
