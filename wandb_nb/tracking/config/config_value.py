"""Config values as JSON values: strings, numbers, booleans, None, lists, and dicts with string keys.

Config holds the values that a reader of the file gets back, so that both agree: tuples and sets become lists, a
dataclass becomes a dict, NumPy and PyTorch numbers become Python's. No library is imported for that: arrays and tensors
are recognised by their `tolist`. Unlike a logged array, one in the config is stored whole.
"""

from __future__ import annotations

import json
import math
import os
from collections import deque
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any

from wandb_nb.errors import ConfigError, ConfigTypeError

MAX_BYTES = 10_000_000
_MAX_DEPTH = 60


def to_config_value(value: Any, path: str, depth: int = 0) -> Any:
    """Return *value* as JSON values; *path* is its dotted key, for messages.

    Raises:
        ConfigTypeError: The value has no JSON form.
        ConfigError: A container holds itself.

    """
    if value is None or type(value) in (str, bool, int, float):
        return value
    if depth > _MAX_DEPTH:
        raise ConfigError(
            f"config value {_abbreviated(path)} is nested more than {_MAX_DEPTH} levels deep, or contains itself"
        )
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (str, int, float)):  # numpy's float64 and text are such subclasses
        return _base(value)
    if isinstance(value, Mapping):
        return {
            to_config_key(key, path): to_config_value(item, f"{path}.{key}", depth + 1) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [to_config_value(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    return _other(value, path, depth)


def to_config_key(key: Any, path: str = "") -> str:
    """Return *key* of a dict as a string; numbers and booleans, NumPy's included, are written out.

    Raises:
        ConfigTypeError: The key is of another type.

    """
    if isinstance(key, Enum):
        return key.name
    scalar = key.item() if not isinstance(key, str) and hasattr(key, "item") else key
    if isinstance(scalar, (str, bool, int, float)) or scalar is None:
        return str.__str__(scalar) if isinstance(scalar, str) else str(scalar)
    where = f" in {_abbreviated(path)}" if path else ""
    raise ConfigTypeError(
        f"config keys{where} must be strings or numbers, got {type(key).__name__} {_abbreviated(key)}"
    )


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
    if size >= MAX_BYTES:
        raise ConfigError(
            f"config value {_abbreviated(key)} takes {size / 1e6:.1f} MB, the limit is {MAX_BYTES // 10**6} MB: "
            "store the data in a file and its name in config"
        )


def _base(value: str | float) -> str | int | float:
    for base in (str, int, float):
        if isinstance(value, base):
            converted: str | int | float = base.__str__(value) if base is str else base(value)
            return converted
    return value


def _other(value: Any, path: str, depth: int) -> Any:
    for convert in (_from_array, _from_dataclass, _from_namespace, _from_sequence, _from_text):
        converted = convert(value)
        if converted is not None:
            return to_config_value(converted, path, depth + 1)
    raise ConfigTypeError(
        f"cannot store config value {_abbreviated(path)}: unsupported type {type(value).__name__}; "
        "use strings, numbers, lists, dicts, or a name for the object"
    )


def _from_array(value: Any) -> Any:
    if isinstance(value, type):
        return None
    if hasattr(value, "numpy") and not hasattr(value, "tolist"):  # tensorflow
        value = value.numpy()
    return value.tolist() if hasattr(value, "tolist") else None


def _from_dataclass(value: Any) -> dict[str, Any] | None:
    fields = getattr(value, "__dataclass_fields__", None)
    return None if fields is None or isinstance(value, type) else {name: getattr(value, name) for name in fields}


def _from_namespace(value: Any) -> dict[str, Any] | None:
    # argparse.Namespace and types.SimpleNamespace inside a config: records without behaviour.
    return dict(vars(value)) if type(value).__name__ in ("Namespace", "SimpleNamespace") else None


def _from_sequence(value: Any) -> list[Any] | None:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)  # the order of a set differs between processes
    if isinstance(value, (Sequence, AbstractSet, deque)) and not isinstance(value, (bytes, bytearray, memoryview)):
        return list(value)
    return None


def _from_text(value: Any) -> str | None:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, os.PathLike):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    name = getattr(value, "__qualname__", None)
    return f"{value.__module__}.{name}" if callable(value) and name else None


def _has_nan(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, dict):
        return any(map(_has_nan, value.values()))
    return isinstance(value, list) and any(map(_has_nan, value))


def _abbreviated(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "..."  # noqa: PLR2004 -- its share of a line
