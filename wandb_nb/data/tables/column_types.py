"""Types of columns, as the JSON that files of tables have: inferred from values, merged, and named in errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any, TypeAlias

from wandb_nb.data.media_value import Media, WBValue
from wandb_nb.errors import RowTypeError
from wandb_nb.store.format.array_value import is_missing

ColumnType: TypeAlias = "dict[str, Any]"

NONE, NUMBER, STRING, BOOLEAN, TIMESTAMP, UNKNOWN, ANY, INVALID = (
    {"wb_type": name} for name in ("none", "number", "string", "boolean", "timestamp", "unknown", "any", "invalid")
)
_PYTHON_TYPES = {int: NUMBER, float: NUMBER, str: STRING, bool: BOOLEAN, dt.datetime: TIMESTAMP, dt.date: TIMESTAMP}


def union(types: Iterable[ColumnType]) -> ColumnType:
    """Return the type of a value that has one of *types*, in the order of their names."""
    return _typed("union", allowed_types=sorted(types, key=describe))


def optional(kind: ColumnType) -> ColumnType:
    """Return the type *kind* or none."""
    return union([*(kind["params"]["allowed_types"] if kind["wb_type"] == "union" else [kind]), NONE])


def declared(dtype: Any) -> ColumnType:
    """Return the type of a column declared as *dtype*: a Python type, or a list of possible values.

    Raises:
        RowTypeError: It is neither.

    """
    if dtype is None:
        return UNKNOWN
    if isinstance(dtype, dict) and "wb_type" in dtype:
        return dtype
    if isinstance(dtype, type) and dtype in _PYTHON_TYPES:
        return _PYTHON_TYPES[dtype]
    if isinstance(dtype, type) and issubclass(dtype, WBValue):
        return {"wb_type": dtype.log_type} if issubclass(dtype, Media) else UNKNOWN
    if isinstance(dtype, type):
        return _typed("pythonObject", class_name=dtype.__name__)
    raise RowTypeError(f"dtype={dtype!r} is not a type: give int, float, str, bool, datetime or a class of media")


def type_of(value: Any) -> ColumnType:  # noqa: PLR0911 -- one line per kind
    """Return the type of *value*; that of NaN and of missing values is none."""
    if value is None or is_missing(value) or (isinstance(value, float) and value != value):  # noqa: PLR0124 -- NaN
        return NONE
    if isinstance(value, WBValue):
        return value.column_type()
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return BOOLEAN
    if isinstance(value, str):
        return STRING
    if isinstance(value, (dt.date, dt.datetime)) or type(value).__name__ == "datetime64":
        return NONE if str(value) == "NaT" else TIMESTAMP
    if isinstance(value, Number) and not isinstance(value, complex):
        return NUMBER
    if isinstance(value, Mapping):
        return _typed("typedDict", type_map={str(key): type_of(each) for key, each in value.items()})
    if isinstance(value, (list, tuple, set, frozenset)):
        return _list_type(value)
    if hasattr(value, "__array__") and getattr(value, "shape", None):
        return _typed("ndarray", shape=[int(size) for size in value.shape], serialization_path=None)
    return NUMBER if hasattr(value, "item") else _typed("pythonObject", class_name=type(value).__name__)


def merged(kind: ColumnType, new: ColumnType) -> ColumnType | None:
    """Return the type of a column of *kind* that also gets a value of type *new*; None where it cannot."""
    name = kind["wb_type"]
    if name == "any":
        return kind
    if name == "union":
        return _merged_union(kind["params"]["allowed_types"], new)
    if name == "unknown":
        return None if new["wb_type"] == "none" else new
    if new["wb_type"] == "unknown":
        return kind
    if name != new["wb_type"]:
        return None
    merge = _MERGES.get(name)
    return merge(kind, new) if merge else (kind if kind == new else None)


def describe(kind: ColumnType) -> str:
    """Return the name of a type in errors."""
    name, params = str(kind["wb_type"]), kind.get("params", {})
    if name == "union":
        return " or ".join(map(describe, params["allowed_types"]))
    if name == "list":
        return f"{describe(params['element_type'])}[]"
    if name == "typedDict":
        return str({key: describe(each) for key, each in params["type_map"].items()})
    return name.capitalize() + (f"({params})" if params else "")


def image_type(mask_layers: Mapping[str, Any], mask_maps: Mapping[str, Any], **boxes: Any) -> ColumnType:
    """Return the type of an image with these layers and labels; *boxes* are layers, maps, score keys and all labels."""
    values = {
        "box_layers": boxes["box_layers"],
        "box_score_keys": boxes["box_score_keys"],
        "mask_layers": mask_layers,
        "box_class_maps": boxes["box_class_maps"],
        "mask_class_maps": mask_maps,
        "class_map": boxes["class_map"],
    }
    params = {key: _typed("const", val=value, is_set=key == "box_score_keys") for key, value in values.items()}
    return _typed("image-file", **params)


def _typed(name: str, **params: Any) -> ColumnType:
    return {"wb_type": name, "params": params}


def _list_type(values: Iterable[Any]) -> ColumnType:
    element: ColumnType = UNKNOWN
    count = 0
    for value in values:
        kind, count = type_of(value), count + 1
        if kind == NONE:
            element = optional(element) if element["wb_type"] != "union" else element
        else:
            element = INVALID if element == INVALID else merged(element, kind) or INVALID
    return _typed("list", element_type=element, length=count)


def _merged_union(types: list[ColumnType], new: ColumnType) -> ColumnType | None:
    for index, kind in enumerate(types):
        both = kind if kind == new else merged(kind, new)
        if both is not None:
            return union([*types[:index], both, *types[index + 1 :]])
    return None


def _merged_list(kind: ColumnType, new: ColumnType) -> ColumnType | None:
    element = merged(kind["params"]["element_type"], new["params"]["element_type"])
    longest = max(kind["params"]["length"], new["params"]["length"])
    return None if element is None else _typed("list", element_type=element, length=longest)


def _merged_dict(kind: ColumnType, new: ColumnType) -> ColumnType | None:
    types, others = kind["params"]["type_map"], new["params"]["type_map"]
    both = {key: merged(types[key], others[key]) for key in types if key in others}
    if types.keys() != others.keys() or None in both.values():
        return None
    return _typed("typedDict", type_map=both)


def _merged_image(kind: ColumnType, new: ColumnType) -> ColumnType:
    params: dict[str, Any] = {}
    for key, const in kind.get("params", {}).items():
        value, other = const["params"]["val"], new.get("params", {}).get(key, const)["params"]["val"]
        both = sorted({*value, *other}) if isinstance(value, list) else _merged_labels(value, other)
        params[key] = _typed("const", val=both, is_set=const["params"]["is_set"])
    return _typed("image-file", **params) if params else new


def _merged_labels(labels: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    both: dict[str, Any] = {**labels, **others}
    for key in labels.keys() & others.keys():
        value, other = labels[key], others[key]
        if isinstance(value, dict):
            both[key] = {**value, **other}
        elif isinstance(value, list):
            both[key] = sorted({*value, *other})
    return both


_MERGES = {"list": _merged_list, "typedDict": _merged_dict, "image-file": _merged_image}
