"""Media values of an artifact read back: the JSON file of a value as an object of its class."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.data.files.audio import Audio
from wandb_nb.data.files.html import Html
from wandb_nb.data.files.molecule import Molecule
from wandb_nb.data.files.object3d import Object3D
from wandb_nb.data.files.video import Video
from wandb_nb.data.images.classes import Classes
from wandb_nb.data.images.image import Image
from wandb_nb.data.tables.linked_tables import JoinedTable, PartitionedTable
from wandb_nb.data.tables.table import Table
from wandb_nb.errors import ArtifactError, Error
from wandb_nb.values import TYPE_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

_JSON = ".json"
_TABLE = ".table.json"
_JOINED = ("table1", "table2")
_CLASSES: dict[str, Callable[..., Any]] = {
    each.log_type: each for each in (Audio, Html, Image, Molecule, Object3D, Video)
}


def value_path(name: str, paths: Iterable[str]) -> str | None:
    """Return the one of *paths* that has the value *name*, with or without its suffix, such as ".table.json"."""
    names = sorted(path for path in paths if path.endswith(_JSON))
    if name in names:
        return name
    return next((path for path in names if path.rpartition(_JSON)[0].rpartition(".")[0] == name), None)


def read_value(path: str, local_file: Callable[[str], str], paths: Collection[str]) -> Any:
    """Return the value whose JSON file is *path* of *paths*; *local_file* returns where a file of the artifact is.

    Raises:
        ArtifactError: It is not a value that can be read back.

    """
    try:
        content = json.loads(Path(local_file(path)).read_text("utf-8"))
        if content[TYPE_KEY] == JoinedTable.log_type:
            first, second = (read_value(_table_file(content[field], paths), local_file, paths) for field in _JOINED)
            return JoinedTable(first, second, content["join_key"])
        if content[TYPE_KEY] == PartitionedTable.log_type:
            folder = content["parts_path"].strip("/")
            parts = sorted(each for each in paths if each.startswith(f"{folder}/") and each.endswith(_TABLE))
            return PartitionedTable(folder, parts=[read_value(part, local_file, paths) for part in parts])
        return _value(content, local_file)
    except Error:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise ArtifactError(f"{path} cannot be read as a media value: {error}; use download()") from error


def _table_file(path: str, paths: Collection[str]) -> str:
    """Return the *path* of a table of a joined one; raise ValueError where the artifact lacks it."""
    if path not in paths or not path.endswith((_TABLE, f".{PartitionedTable.log_type}{_JSON}")):
        raise ValueError(f"the artifact has no table {path}")
    return path


def _value(content: Any, local_file: Callable[[str], str]) -> Any:
    kind = content[TYPE_KEY]
    if kind in ("table", Table.log_type):
        return _table(content, local_file)
    if kind == Classes.log_type:
        return Classes(content["class_set"])
    if kind in _CLASSES:
        return _file_value(content, local_file)
    raise ArtifactError(f"a value of type {kind!r} cannot be read back: use download()")


def _file_value(content: dict[str, Any], local_file: Callable[[str], str]) -> Any:
    file = local_file(content["path"])
    if content[TYPE_KEY] == Html.log_type:
        return Html(Path(file), inject=False)
    return _CLASSES[content[TYPE_KEY]](file, caption=content.get("caption"))


def _table(content: dict[str, Any], local_file: Callable[[str], str]) -> Table:
    columns, rows = content["columns"], [list(row) for row in content["data"]]
    types = content.get("column_types", {}).get("params", {}).get("type_map", {})
    for position, name in enumerate(columns):
        stored = _array_file(types.get(str(name)))
        values = None if stored is None else _arrays(local_file(stored["path"]), stored["key"])
        for number, row in enumerate(rows):
            if values is not None:
                row[position] = values[number]
            elif isinstance(row[position], dict) and row[position].get(TYPE_KEY) in _CLASSES:
                row[position] = _file_value(row[position], local_file)
    return Table(columns=columns, data=rows, allow_mixed_types=True)


def _array_file(kind: Any) -> dict[str, Any] | None:
    """Return the path and key of the file that has the arrays of a column of this type, None for another type."""
    kinds = kind["params"]["allowed_types"] if kind and kind.get("wb_type") == "union" else [kind]
    parameters = (each.get("params", {}) for each in kinds if each and each.get("wb_type") == "ndarray")
    return next((each["serialization_path"] for each in parameters if "serialization_path" in each), None)


def _arrays(file: str, key: str) -> Any:
    import numpy as np  # tables of arrays only

    with np.load(file, allow_pickle=False) as arrays:
        return arrays[key]
