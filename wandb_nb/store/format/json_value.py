"""One value as JSON text: what a row, a config or a summary may hold, and how it is stored.

Arrays and tensors are recognized by their methods, so that no library is imported for other values.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import UserString
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import starmap
from json.encoder import encode_basestring_ascii as quote
from typing import Any

from wandb_nb.errors import Error, RowError, RowTypeError
from wandb_nb.store.format.array_value import LIST_SIZE, finite_numbers, histogram, is_missing, plain_array

MAX_DEPTH = 100
MAX_ITEMS = 1_000_000
"""Of a sequence that may make its elements only when they are read, such as a range or a data set."""

_MAX_COPIES = 20  # attempts to read a mapping that other threads change
# Recognized by name, so that no package is imported for it.
_TEXT_TYPES = frozenset({"UUID", "Period", "Interval", "complex", "complex128"})


def to_json(value: Any, key: str) -> str:
    """Return *value* as JSON text; NaN and infinities are the bare words `NaN`, `Infinity`, `-Infinity`.

    Arrays of more than 32 elements become histogram objects. *key* is the dotted name that error messages use.

    Numbers, texts and times of any library have their nearest JSON form, missing values (`NaT`, masked elements) are
    null. Whatever a foreign class raises becomes one of these errors.

    Raises:
        RowTypeError: The value, or one inside it, is of a type that cannot be stored.
        RowError: The value contains itself, or is an integer of thousands of digits.

    """
    return _text(value, key, 0)


def type_name(value: Any) -> str:
    """Return the name of *value*'s type as its user would write it."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def check_depth(key: str, depth: int) -> None:
    """Raise RowError where containers are nested so deep that they must contain themselves."""
    if depth > MAX_DEPTH:
        path = key if len(key) <= 60 else f"{key[:60]}…"  # noqa: PLR2004 - one line of a terminal
        raise RowError(
            f"cannot log {path!r}: it contains itself, or is nested more than {MAX_DEPTH} levels deep; log a flat copy"
        )


def _text(value: Any, key: str, depth: int) -> str:
    check_depth(key, depth)
    exact = _EXACT.get(type(value))
    if exact is not None:
        return exact(value, key)
    if isinstance(value, Mapping):
        return _object(value, key, depth)
    if isinstance(value, (list, tuple)):
        return _list(value, key, depth)
    return _other(value, key, depth)


def _integer(value: int, key: str) -> str:
    try:
        return int.__repr__(value)
    except ValueError as error:
        raise RowError(f"cannot log {key!r}: the integer has too many digits; log it as text or as a float") from error


def _float(value: float, _key: str) -> str:
    if value - value == 0.0:
        return float.__repr__(value)
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"  # noqa: PLR0124 - true for NaN only


# What most values are, by exact type: a subclass (an IntEnum, say) may want to be something else.
_EXACT: dict[type, Callable[[Any, str], str]] = {
    float: _float,
    int: _integer,
    bool: lambda value, _key: "true" if value else "false",
    str: lambda value, _key: quote(value),
    type(None): lambda _value, _key: "null",
}


def _object(value: Mapping[Any, Any], key: str, depth: int) -> str:
    return f"{{{','.join(starmap(_member(key, depth), items_of(value, key)))}}}"


def items_of(value: Mapping[Any, Any], key: str) -> list[tuple[Any, Any]]:
    """Return the keys and values of the mapping stored as *key*, even if another thread changes it meanwhile.

    Raises:
        RowTypeError: The mapping raises an exception.

    """
    for _ in range(_MAX_COPIES):
        try:
            return list(value.copy().items() if type(value) is dict else value.items())
        except RuntimeError:  # noqa: PERF203 -- changed during the iteration
            continue
        except Exception as error:  # a foreign class may raise anything
            raise _without_value(value, key, error) from error
    raise RowTypeError(f"cannot log {key!r}: {type_name(value)} changes while it is read; log a copy")


def _without_value(value: Any, key: str, error: Exception) -> RowTypeError:
    return RowTypeError(f"cannot log {key!r}: {type_name(value)} gives no value: {error}")


def _member(key: str, depth: int) -> Callable[[Any, Any], str]:
    def text(name: Any, item: Any) -> str:
        name = text_key(name, key)
        return f"{quote(name)}:{_text(item, f'{key}.{name}', depth + 1)}"

    return text


def text_key(name: Any, key: str) -> str:
    """Return the key *name* of the mapping stored as *key* as text.

    Strings are kept. Numbers, bools, None, dates and the like are written out, enums by their name.

    Raises:
        RowTypeError: The text of *name* would not identify it.

    """
    if isinstance(name, str):
        return name.value if isinstance(name, Enum) else str.__str__(name)
    if isinstance(name, Enum):
        return name.name
    if isinstance(name, (bytes, bytearray)):
        return name.decode("utf-8", "backslashreplace")
    try:
        if has_own_text(name):
            return str(name.item() if _is_array(name) else name)
    except Exception as error:  # a foreign class may raise anything
        raise _without_value(name, key, error) from error
    raise RowTypeError(f"keys of {key!r} must be strings, got {type_name(name)} {name!r}")


def has_own_text(value: Any) -> bool:
    """Return whether the text of *value* says more than its type and address."""
    return any(getattr(type(value), name) is not getattr(object, name) for name in ("__str__", "__repr__"))


def _list(value: Any, key: str, depth: int) -> str:
    return f"[{','.join(_text(item, f'{key}[{index}]', depth + 1) for index, item in enumerate(value))}]"


def _sequence(value: Sequence[Any], key: str, depth: int) -> str:
    if len(value) > MAX_ITEMS:
        raise RowError(f"cannot log {key!r}: {type_name(value)} has {len(value)} elements; log a part of it as a list")
    return _list(value, key, depth)


def _other(value: Any, key: str, depth: int) -> str:
    try:
        for applies, text in _RULES:
            if applies(value):
                return text(value, key, depth)
    except Error:
        raise
    except Exception as error:  # a foreign class may raise anything
        raise _without_value(value, key, error) from error
    raise RowTypeError(
        f"cannot log {key!r}: unsupported type {type_name(value)}; "
        "log numbers, strings, lists, dicts of them, arrays or tensors"
    )


def _is_text(value: Any) -> bool:
    return type(value).__name__ in _TEXT_TYPES


def _is_dataclass(value: Any) -> bool:
    return hasattr(value, "__dataclass_fields__") and not isinstance(value, type)


def _fields(value: Any, key: str, depth: int) -> str:
    return _object({name: getattr(value, name) for name in value.__dataclass_fields__}, key, depth)


def _is_array(value: Any) -> bool:
    # A data frame is an array too, but nobody who logs one wants the histogram of its cells.
    return not isinstance(value, type) and hasattr(value, "__array__") and not hasattr(value, "columns")


def _has_item(value: Any) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "item", None)) and not hasattr(value, "columns")


def _item(value: Any, key: str, depth: int) -> str:
    """Return the text of the one element of a tensor whose library provides no arrays."""
    return _text(value.item(), key, depth + 1)


def _array(value: Any, key: str, depth: int) -> str:
    scalar = _scalar(value)
    if scalar is not None and not _is_array(scalar):
        return _text(scalar, key, depth + 1)
    array = plain_array(value)
    if array.dtype.names:  # a structured array: one entry per field
        return _object({name: array[name] for name in array.dtype.names}, key, depth + 1)
    if array.size > LIST_SIZE:
        numbers = finite_numbers(array)
        if numbers is not None:
            counts, edges = histogram(numbers)
            bins = ",".join(map(repr, edges))
            return f'{{"_type":"histogram","values":[{",".join(map(str, counts))}],"bins":[{bins}]}}'
    return _text(array.item() if array.size == 1 else array.tolist(), key, depth + 1)


def _scalar(value: Any) -> Any:
    """Return the one element of a scalar or an array of size one, through its own `item()`; else None."""
    shape, item = getattr(value, "shape", None), getattr(value, "item", None)
    if shape is None or item is None or hasattr(value, "mask") or any(length != 1 for length in shape):
        return None
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", "") in tuple("MmVg"):
        return None  # times become integers there, long doubles stay what they are
    return item()


def _is(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


def _as_exact(base: type, exact: Callable[[Any], Any]) -> tuple[Callable[[Any], bool], Callable[[Any, str, int], str]]:
    return _is(base), lambda value, key, _depth: _EXACT[base](exact(value), key)


# What isn't plain JSON. The order decides for types that are several things at once: an IntEnum, a numpy float64.
_RULES: tuple[tuple[Callable[[Any], bool], Callable[[Any, str, int], str]], ...] = (
    (_is(Enum), lambda value, _key, _depth: quote(value.name)),
    (is_missing, lambda _value, _key, _depth: "null"),
    (_is(bytes, bytearray), lambda value, _key, _depth: quote(value.decode("utf-8", "backslashreplace"))),
    _as_exact(float, float.__float__),  # whatever the methods of a subclass do
    _as_exact(str, str.__str__),
    _as_exact(int, int.__int__),
    (_is(dt.date, dt.time), lambda value, _key, _depth: quote(value.isoformat())),
    (_is(dt.timedelta), lambda value, _key, _depth: _float(value.total_seconds(), "")),
    (_is_text, lambda value, _key, _depth: quote(str(value))),
    (_is_array, _array),
    (_has_item, _item),
    (_is_dataclass, _fields),
    (_is(AbstractSet), lambda value, key, depth: f"[{','.join(sorted(_text(v, key, depth + 1) for v in value))}]"),
    (_is(UserString), lambda value, _key, _depth: quote(str(value))),
    (_is(Sequence), _sequence),
    (_is(os.PathLike), lambda value, key, depth: _text(os.fspath(value), key, depth + 1)),
    (
        lambda value: callable(value) and hasattr(value, "__qualname__"),
        lambda value, _k, _d: quote(f"{value.__module__}.{value.__qualname__}"),
    ),
    # Decimal, Fraction, and the numbers of algebra packages
    (lambda value: hasattr(value, "__float__"), lambda value, key, _depth: _float(float(value), key)),
)
