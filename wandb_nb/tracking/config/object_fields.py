"""Objects that hold keys and values, as dicts. They are recognized by a method or by their fields.

So no library is imported: argparse, absl, dataclasses, attrs, pydantic, OmegaConf, ConfigDict and the like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wandb_nb.store.format.json_value import items_of

# In this order: absl flags, pydantic 2, named tuples, transformers and ConfigDict, pydantic 1, any dict-like object.
_METHODS = ("flag_values_dict", "model_dump", "_asdict", "to_dict", "dict", "items")
UNREADABLE = "???"
"""Stands for a value whose object refuses to give it, such as OmegaConf's mandatory ones."""


def fields_of(value: Any) -> dict[Any, Any] | None:
    """Return the keys and values of *value*; None where it is a class or holds none in a known way."""
    if isinstance(value, Mapping):
        return _readable(value)
    if isinstance(value, type):
        return None
    for method in _METHODS:
        if callable(getattr(type(value), method, None)) and (fields := _called(value, method)) is not None:
            return fields
    for names in ("__dataclass_fields__", "__attrs_attrs__"):
        if (declared := getattr(type(value), names, None)) is not None:
            return _attributes(value, [getattr(field, "name", field) for field in declared])
    return None


def attributes_of(value: Any) -> dict[str, Any] | None:
    """Return the attributes of *value*: the public ones, else its properties, else all; None without any."""
    names = [*getattr(value, "__dict__", ()), *_slots(type(value))]
    public = [name for name in names if not name.startswith("_")]
    properties = [name for name in dir(type(value)) if isinstance(getattr(type(value), name, None), property)]
    for candidates in (public, [name for name in properties if not name.startswith("_")], names):
        if candidates:
            return _attributes(value, candidates)
    return {} if hasattr(value, "__dict__") else None


def _slots(kind: type) -> list[str]:
    slots = [vars(base).get("__slots__", ()) for base in reversed(kind.__mro__)]
    names = [name for names in slots for name in ((names,) if isinstance(names, str) else names)]
    return [name for name in names if not name.startswith("__")]


def _called(value: Any, method: str) -> dict[Any, Any] | None:
    try:
        return dict(getattr(value, method)())
    except Exception:  # noqa: BLE001 -- a foreign method may take arguments, return anything, or fail
        return None


def _readable(value: Mapping[Any, Any]) -> dict[Any, Any]:
    try:
        return dict(items_of(value, "config"))
    except Exception:  # noqa: BLE001 -- one value that cannot be read must not hide the others
        return {key: _item(value, key) for key in value}


def _item(value: Mapping[Any, Any], key: Any) -> Any:
    try:
        return value[key]
    except Exception:  # noqa: BLE001 -- as above
        return UNREADABLE


def _attributes(value: Any, names: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in names:
        try:
            fields[name] = getattr(value, name)
        except AttributeError:  # noqa: PERF203 -- a slot without a value
            continue
        except Exception:  # noqa: BLE001 -- as above
            fields[name] = UNREADABLE
    return fields
