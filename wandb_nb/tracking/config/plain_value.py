"""Config values as plain JSON values: text, numbers, booleans, None, lists and dicts with text keys.

What is kept is what a reader of the file gets back, so a config read in the program and one read from the file agree:
tuples and sets are lists, a dataclass is a dict, numpy's and torch's numbers are Python's. No library is imported to
tell: arrays and tensors are known by their `tolist`. Unlike a logged array, one in the config is kept whole.
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

LARGEST = 10_000_000
_DEEPEST = 60


def plain(value: Any, path: str, depth: int = 0) -> Any:
    """Return *value* as plain JSON values; *path* is its dotted key, for messages.

    Raises ConfigTypeError for what has no JSON form, and ConfigError for a container that holds itself.
    """
    if value is None or type(value) in (str, bool, int, float):
        return value
    if depth > _DEEPEST:
        raise ConfigError(f"The config value {_cut(path)} is nested more than {_DEEPEST} deep, or holds itself.")
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (str, int, float)):  # numpy's float64 and text are such subclasses
        return _base(value)
    if isinstance(value, Mapping):
        return {plain_key(key, path): plain(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    return _other(value, path, depth)


def plain_key(key: Any, path: str = "") -> str:
    """Return *key* of a dict as text: numbers, booleans and numpy's are written out. ConfigTypeError for others."""
    if isinstance(key, Enum):
        return key.name
    scalar = key.item() if not isinstance(key, str) and hasattr(key, "item") else key
    if isinstance(scalar, (str, bool, int, float)) or scalar is None:
        return str.__str__(scalar) if isinstance(scalar, str) else str(scalar)
    where = f" in {_cut(path)}" if path else ""
    raise ConfigTypeError(f"A config key{where} must be text or a number, not {type(key).__name__}: {_cut(key)}.")


def same(one: Any, other: Any) -> bool:
    """Return whether two plain values are equal; a NaN equals itself here."""
    return bool(one == other) or (
        _has_nan(one) and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def check_size(value: Any, key: str) -> None:
    """Raise ConfigError if the plain *value* takes 10 MB or more as JSON."""
    size = len(json.dumps(value)) if isinstance(value, (str, list, dict)) else 0
    if size >= LARGEST:
        raise ConfigError(
            f"The config value {_cut(key)} takes {size / 1e6:.1f} MB; a value must stay under {LARGEST // 10**6} MB. "
            "Keep the data in a file and its name in the config."
        )


def _base(value: str | float) -> str | int | float:
    for base in (str, int, float):
        if isinstance(value, base):
            converted: str | int | float = base.__str__(value) if base is str else base(value)
            return converted
    return value


def _other(value: Any, path: str, depth: int) -> Any:
    for convert in (_from_array, _from_dataclass, _from_namespace, _from_sequence, _from_word):
        found = convert(value)
        if found is not None:
            return plain(found, path, depth + 1)
    raise ConfigTypeError(
        f"The config value {_cut(path)} is of type {type(value).__name__}, which has no JSON form; "
        "give text, numbers, lists or dicts, or a name for the object."
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
        return sorted(value, key=repr)  # the same list in each process, which a set's own order is not
    if isinstance(value, (Sequence, AbstractSet, deque)) and not isinstance(value, (bytes, bytearray, memoryview)):
        return list(value)
    return None


def _from_word(value: Any) -> str | None:
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


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "..."  # noqa: PLR2004 - a line's share of a message
