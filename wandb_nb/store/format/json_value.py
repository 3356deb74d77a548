"""One value as JSON text: what a row, a config or a summary may hold, and how it is stored.

Arrays and tensors are recognized by their methods, so that no library is imported for other values.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import starmap
from json.encoder import encode_basestring_ascii as quote
from typing import Any

from wandb_nb.errors import Error, RowError, RowTypeError

LIST_SIZE = 32  # arrays with more elements become histograms, and this is their number of bins
MAX_DEPTH = 100


def to_json(value: Any, key: str) -> str:
    """Return *value* as JSON text; NaN and infinities are the bare words `NaN`, `Infinity`, `-Infinity`.

    Arrays of more than 32 elements become histogram objects. *key* is the dotted name that error messages use.

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
    return f"{{{','.join(starmap(_member(key, depth), value.items()))}}}"


def _member(key: str, depth: int) -> Callable[[Any, Any], str]:
    def text(name: Any, item: Any) -> str:
        name = text_key(name, key)
        return f"{quote(name)}:{_text(item, f'{key}.{name}', depth + 1)}"

    return text


def text_key(name: Any, key: str) -> str:
    """Return the key *name* of the mapping stored as *key* as text: strings are kept, integers are written out."""
    if isinstance(name, str):
        return name.value if isinstance(name, Enum) else name
    if isinstance(name, int) and not isinstance(name, bool):
        return str(name)
    raise RowTypeError(f"keys of {key!r} must be strings, got {type_name(name)} {name!r}")


def _list(value: Any, key: str, depth: int) -> str:
    return f"[{','.join(_text(item, f'{key}[{index}]', depth + 1) for index, item in enumerate(value))}]"


def _other(value: Any, key: str, depth: int) -> str:
    for applies, text in _RULES:
        if applies(value):
            try:
                return text(value, key, depth)
            except Error:
                raise
            except Exception as error:  # a foreign class may raise anything
                raise RowTypeError(f"cannot log {key!r}: {type_name(value)} gives no value: {error}") from error
    raise RowTypeError(
        f"cannot log {key!r}: unsupported type {type_name(value)}; "
        "log numbers, strings, lists, dicts of them, arrays or tensors"
    )


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
    import numpy as np  # a caller with an array has loaded it

    array = np.asarray(_on_this_machine(value))
    if array.dtype.names is None and array.dtype.char in "Vg":  # bfloat16 and its like, long doubles
        array = array.astype(np.float64)
    if array.dtype.kind in "Mm":
        return _text(array.astype(str).tolist(), key, depth + 1)
    if array.size > LIST_SIZE and array.dtype.kind in "biuf":
        return _histogram(array)
    return _text(array.item() if array.size == 1 else array.tolist(), key, depth + 1)


def _scalar(value: Any) -> Any:
    """Return the one element of a scalar or an array of size one, through its own `item()`; else None."""
    shape, item = getattr(value, "shape", None), getattr(value, "item", None)
    if shape is None or item is None or any(length != 1 for length in shape):
        return None
    if getattr(getattr(value, "dtype", None), "kind", "") in tuple("MmVg"):
        return None  # times become integers there, long doubles stay what they are
    return item()


def _on_this_machine(value: Any) -> Any:
    """Detach a tensor from its gradient and device, and convert a number format that numpy lacks."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
    return value


def _histogram(array: Any) -> str:
    """Return 32 counts over the finite elements, and the 33 edges of their bins."""
    import numpy as np  # a caller with an array has loaded it

    flat = np.asarray(array, dtype=np.float64).ravel()
    counts, edges = np.histogram(flat[np.isfinite(flat)], bins=LIST_SIZE)
    values = ",".join(map(str, counts.tolist()))
    return f'{{"_type":"histogram","values":[{values}],"bins":[{",".join(map(repr, edges.tolist()))}]}}'


def _is(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


def _as_exact(base: type) -> tuple[Callable[[Any], bool], Callable[[Any, str, int], str]]:
    return _is(base), lambda value, key, _depth: _EXACT[base](base(value), key)


# What isn't plain JSON. The order decides for types that are several things at once: an IntEnum, a numpy float64.
_RULES: tuple[tuple[Callable[[Any], bool], Callable[[Any, str, int], str]], ...] = (
    (_is(Enum), lambda value, _key, _depth: quote(value.name)),
    (_is(bytes, bytearray), lambda value, _key, _depth: quote(value.decode("utf-8", "backslashreplace"))),
    _as_exact(float),
    _as_exact(str),
    _as_exact(int),
    (_is(dt.date, dt.time), lambda value, _key, _depth: quote(value.isoformat())),
    (_is_array, _array),
    (_has_item, _item),
    (_is(AbstractSet), lambda value, key, depth: f"[{','.join(sorted(_text(v, key, depth + 1) for v in value))}]"),
    (_is(Sequence), _list),
    (_is(os.PathLike), lambda value, key, depth: _text(os.fspath(value), key, depth + 1)),
    (
        lambda value: callable(value) and hasattr(value, "__qualname__"),
        lambda value, _k, _d: quote(f"{value.__module__}.{value.__qualname__}"),
    ),
    # Decimal, Fraction, and the numbers of algebra packages
    (lambda value: hasattr(value, "__float__"), lambda value, key, _depth: _float(float(value), key)),
)
