"""Config values as JSON values: strings, numbers, booleans, None, lists, and dicts with string keys.

Config holds the values that a reader of the file gets back, so that both agree: tuples and sets become lists,
dataclasses and other records dicts, NumPy and PyTorch numbers Python's. Everything else becomes text. No library is
imported for that: arrays and tensors are recognized by their `tolist`. Unlike a logged array, one in the config is
stored whole.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import re
from collections import UserString, deque
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any

from wandb_nb.errors import ConfigError
from wandb_nb.store.format.array_value import is_missing, plain_array
from wandb_nb.store.format.json_value import MAX_ITEMS
from wandb_nb.tracking.config.object_fields import fields_of
from wandb_nb.values import MAX_CONFIG_BYTES

_MAX_DEPTH = 60
_MAX_BITS = 10_000  # Python does not write out much larger integers
_OMITTED = "..."
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def to_config_value(value: Any, parents: tuple[int, ...] = ()) -> Any:
    """Return *value* as JSON values; *parents* are the ids of the containers that it is in.

    What has no JSON form becomes text. A container inside itself, or below sixty others, is "...".

    Raises:
        ConfigError: An array has so many elements that it takes more than 10 MB.

    """
    if value is None or type(value) in (str, bool, float) or (type(value) is int and value.bit_length() < _MAX_BITS):
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (str, int, float)):  # numpy's float64 and text are such subclasses
        return hex(value) if isinstance(value, int) and value.bit_length() >= _MAX_BITS else _base(value)
    if len(parents) > _MAX_DEPTH or id(value) in parents:
        return _OMITTED
    try:
        return _converted(value, (*parents, id(value)))
    except ConfigError:
        raise
    except Exception:  # noqa: BLE001 -- a foreign class may raise anything
        return _text(value)


def to_config_key(key: Any) -> str:
    """Return *key* of a dict as a string; what is not a string is written out."""
    if isinstance(key, Enum):
        return key.name
    if isinstance(key, str):
        return str.__str__(key)
    return _text(key.item() if hasattr(key, "item") else key)


def is_equal(one: Any, other: Any) -> bool:
    """Return whether two config values are equal; a NaN equals itself here."""
    return bool(one == other) or (
        _has_nan(one) and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def check_size(value: Any, key: str) -> None:
    """Check that *value* takes less than 10 MB as JSON.

    Raises:
        ConfigError: It takes more.

    """
    size = len(json.dumps(value)) if isinstance(value, (str, list, dict)) else 0
    if size >= MAX_CONFIG_BYTES:
        raise ConfigError(
            f"config value {_abbreviated(key)} takes {size / 1e6:.1f} MB, the limit is {MAX_CONFIG_BYTES // 10**6} MB: "
            "store the data in a file and its name in config"
        )


def _base(value: str | float) -> str | int | float:
    """Return the text or number that a subclass is, whatever its own methods do."""
    if isinstance(value, str):
        return str.__str__(value)
    return int.__int__(value) if isinstance(value, int) else float.__float__(value)


def _converted(value: Any, parents: tuple[int, ...]) -> Any:
    if isinstance(value, (list, tuple)):
        return [to_config_value(item, parents) for item in value]
    for convert in (_from_array, _from_set, _from_text, _from_record, _from_sequence):
        converted = convert(value)
        if isinstance(converted, dict):
            return {to_config_key(key): to_config_value(item, parents) for key, item in converted.items()}
        if converted is not None:
            return to_config_value(converted, parents)
    text = _text(value)
    return None if is_missing(value) or text == "NaT" else text


def _from_array(value: Any) -> Any:
    if isinstance(value, type):
        return None
    if hasattr(value, "numpy") and not hasattr(value, "tolist"):  # tensorflow
        value = value.numpy()
    _check_elements(value)
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", "") in ("M", "m", "V") or getattr(dtype, "char", "") in ("g", "G"):
        return _from_unusual_array(value)
    return value.tolist() if hasattr(value, "tolist") else None


def _check_elements(array: Any) -> None:
    """Check that *array* can take less than 10 MB, before its elements become Python's objects."""
    count = math.prod(shape) if isinstance(shape := getattr(array, "shape", None), tuple) else 0
    if count > MAX_CONFIG_BYTES // 2:  # a digit and a comma
        raise ConfigError(
            f"an array of {count} elements takes more than the limit of {MAX_CONFIG_BYTES // 10**6} MB for a config "
            "value: store the data in a file and its name in config"
        )


def _from_unusual_array(value: Any) -> Any:
    """Return the elements of an array, or a scalar, of times, of long doubles or of another package's numbers."""
    array = plain_array(value)
    if array.shape:
        return array.tolist()
    element = array.item()
    return dt.timedelta(seconds=element) if value.dtype.kind == "m" and element is not None else element


def _from_set(value: Any) -> list[Any] | None:
    return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else None  # its order is not the same twice


def _from_text(value: Any) -> str | None:
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, (os.PathLike, dt.timedelta, UserString)):
        return str(value)
    if hasattr(value, "isoformat") and not is_missing(value):
        return str(value.isoformat())
    if callable(getattr(value, "fileno", None)) and isinstance(getattr(value, "name", None), str):  # an open file
        return str(value.name)
    name = getattr(value, "__qualname__", None)
    return f"{value.__module__}.{name}" if callable(value) and name else None


def _from_record(value: Any) -> dict[Any, Any] | None:
    # argparse.Namespace and types.SimpleNamespace inside a config: records without behaviour.
    return dict(vars(value)) if type(value).__name__ in ("Namespace", "SimpleNamespace") else fields_of(value)


def _from_sequence(value: Any) -> list[Any] | None:
    if isinstance(value, (Sequence, AbstractSet, deque)) and not isinstance(value, memoryview):
        return list(value) if len(value) <= MAX_ITEMS else None
    return None


def _text(value: Any) -> str:
    """Return the text of *value* without addresses, which differ between processes."""
    try:
        return _ADDRESS.sub("", str(value))
    except Exception:  # noqa: BLE001 -- a foreign class may raise anything
        return f"<{type(value).__module__}.{type(value).__qualname__}>"


def _has_nan(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, dict):
        return any(map(_has_nan, value.values()))
    return isinstance(value, list) and any(map(_has_nan, value))


def _abbreviated(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "..."  # noqa: PLR2004 -- its share of a line
