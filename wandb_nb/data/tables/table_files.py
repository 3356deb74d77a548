"""The two files of a table: the short one in the run, where media are words, and the full one in its artifact."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import Media, WBValue
from wandb_nb.store.format.array_value import is_missing, plain_array
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.data.artifact_contents import ArtifactContents
    from wandb_nb.data.tables.column_types import ColumnType

MAX_ROWS = 10_000
"""Rows of the file in the run."""
MAX_ARTIFACT_ROWS = 200_000
"""Rows of the file in the artifact."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


def run_json(columns: Sequence[Any], rows: Sequence[Sequence[Any]], clean: Callable[[Any, str], Any]) -> bytes:
    """Return the file in the run: columns and the first rows; *clean* removes secrets from the cells of a column."""
    data = [
        [_clean_cell(value, name, clean) for name, value in zip(columns, row, strict=True)] for row in rows[:MAX_ROWS]
    ]
    return to_json({"columns": [clean(name, "") for name in columns], "data": data}, "table").encode()


def artifact_json(
    columns: Sequence[Any],
    rows: Sequence[Sequence[Any]],
    types: dict[Any, ColumnType],
    contents: ArtifactContents,
    clean: Callable[[Any, str], Any],
    **details: Any,
) -> bytes:
    """Return the file in the artifact, and put the media of the cells into *contents*.

    *details* are the entries besides type, columns and data.
    """
    rows = rows[:MAX_ARTIFACT_ROWS]
    arrays = {index: name for index, name in enumerate(columns) if _array_type(types[name]) is not None}
    type_map = {
        str(clean(name, "")): _with_file(types[name], [row[index] for row in rows], clean(name, ""), contents)
        if index in arrays
        else clean(_filed(types[name], contents), "")
        for index, name in enumerate(columns)
    }
    data = [
        [
            None if index in arrays else _artifact_cell(value, str(name), contents, clean)
            for index, (name, value) in enumerate(zip(columns, row, strict=True))
        ]
        for row in rows
    ]
    value = {
        "_type": "table",
        "column_types": {"wb_type": "typedDict", "params": {"type_map": type_map}},
        "columns": [clean(name, "") for name in columns],
        "data": data,
        "ncols": len(columns),
        "nrows": len(rows),
        **details,
    }
    return json.dumps(value, sort_keys=True).encode()


def _clean_cell(value: Any, name: Any, clean: Callable[[Any, str], Any]) -> Any:  # noqa: PLR0911 -- a line per kind
    if isinstance(value, WBValue):
        return type(value).__name__
    if isinstance(value, str):
        return clean(value, str(name))
    if isinstance(value, (list, tuple)):
        return [_clean_cell(each, name, clean) for each in value]
    if isinstance(value, dict):
        return {clean(key, ""): _clean_cell(each, key, clean) for key, each in value.items()}
    if type(value).__name__ == "datetime64":
        return None if str(value) == "NaT" else value.astype("datetime64[us]").item().isoformat()
    if hasattr(value, "__array__") and getattr(value, "shape", None):
        return plain_array(value).tolist()
    return _plain_or_text(value, str(name), clean)


def _plain_or_text(value: Any, name: str, clean: Callable[[Any, str], Any]) -> Any:
    """Return *value* if rows can hold it, else its text."""
    try:
        to_json(value, "cell")
    except ValueError:  # every error about rows is one
        return clean(str(value), name)
    return value


def _artifact_cell(  # noqa: PLR0911 -- one line per kind
    value: Any, name: str, contents: ArtifactContents, clean: Callable[[Any, str], Any]
) -> Any:
    if isinstance(value, Media):
        return value.to_artifact(contents, clean)
    if isinstance(value, WBValue):
        return value.to_cell(contents, clean)
    if isinstance(value, (list, tuple)):
        return [_artifact_cell(each, name, contents, clean) for each in value]
    if isinstance(value, dict):
        return {clean(str(key), ""): _artifact_cell(each, str(key), contents, clean) for key, each in value.items()}
    if isinstance(value, (str, int)):
        return clean(value, name) if isinstance(value, str) else value
    if value is None or is_missing(value) or (isinstance(value, float) and value != value):  # noqa: PLR0124 -- NaN
        return None
    if isinstance(value, dt.date) or type(value).__name__ == "datetime64":
        return _milliseconds(value)
    return json.loads(to_json(_plain_or_text(value, name, clean), name))


def _milliseconds(value: Any) -> int | None:
    """Return a date as milliseconds since 1970; one without a zone is in UTC."""
    if type(value).__name__ == "datetime64":
        if str(value) == "NaT":
            return None
        return int(value.astype("datetime64[ms]").astype("int64"))
    moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)
    return (moment - _EPOCH) // dt.timedelta(milliseconds=1)


def _array_type(kind: ColumnType) -> ColumnType | None:
    """Return the array type in the type of a column, if there is one."""
    kinds = kind["params"]["allowed_types"] if kind["wb_type"] == "union" else [kind]
    return next((each for each in kinds if each["wb_type"] == "ndarray"), None)


def _with_file(kind: ColumnType, values: list[Any], name: Any, contents: ArtifactContents) -> ColumnType:
    """Return the type of a column of arrays, which names the file that has them all."""
    import numpy as np  # tables of arrays only

    shape = (_array_type(kind) or {})["params"]["shape"]
    missing = np.full(shape, np.nan)
    file = io.BytesIO()
    columns: dict[str, Any] = {str(name): np.array([missing if each is None else plain_array(each) for each in values])}
    np.savez_compressed(file, **columns)
    path = contents.add(MediaContent(file.getvalue()), "serialized_data", "npz")
    array = {"wb_type": "ndarray", "params": {"shape": shape, "serialization_path": {"path": path, "key": str(name)}}}
    if kind["wb_type"] != "union":
        return array
    kinds = [array if each["wb_type"] == "ndarray" else each for each in kind["params"]["allowed_types"]]
    return {"wb_type": "union", "params": {"allowed_types": kinds}}


def _filed(kind: ColumnType, contents: ArtifactContents) -> ColumnType:
    """Return the type of a column; a key into another table has that table's file."""
    if kind["wb_type"] == "union":
        return {
            "wb_type": "union",
            "params": {"allowed_types": [_filed(k, contents) for k in kind["params"]["allowed_types"]]},
        }
    if kind["wb_type"] not in ("foreignKey", "foreignIndex"):
        return kind
    table, params = kind["params"]["table"], kind["params"]
    return {"wb_type": kind["wb_type"], "params": {**params, "table": table.file_in(contents)}}
