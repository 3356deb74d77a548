"""Media values as files of an artifact: a JSON file that describes the value, and the files that it names."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from wandb_nb.capture.secrets.redact import Redactor
from wandb_nb.data.artifact_contents import ArtifactContents
from wandb_nb.data.images.classes import Classes
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import Media
from wandb_nb.data.tables.linked_tables import JoinedTable, PartitionedTable
from wandb_nb.data.tables.table import Table
from wandb_nb.data.tables.table_files import artifact_json
from wandb_nb.errors import ArtifactError, MediaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def add_media(
    value: Any, name: str, table_path: Callable[[Any, str], str]
) -> tuple[str, MediaContent, dict[str, MediaContent]]:
    """Return path and content of the JSON file of *value*, and the files that it names by their path.

    *table_path* adds a table of a joined one, unless it is there, by a name, and returns its path.

    Raises:
        ArtifactError: Artifacts do not take such a value, or it cannot be encoded.

    """
    if isinstance(value, JoinedTable):
        names = (f"t{number}_{id(value)}" for number in (1, 2))
        paths = [table_path(table, each) for table, each in zip(value.tables, names, strict=True)]
        return _linked_table(value, name, value.describe(paths))
    if isinstance(value, PartitionedTable):
        return _linked_table(value, name, value.describe())
    if not isinstance(value, (Media, Table, Classes)):
        raise ArtifactError(
            f"an artifact takes images, tables and other media, got {type(value).__name__}: "
            "write it with new_file(), or give a file to add_file()"
        )
    contents = ArtifactContents("", "")
    try:
        data = _json(value, contents, Redactor(os.environ).value)
    except (MediaError, OSError) as error:
        raise ArtifactError(f"{name} cannot be added to the artifact: {error}") from error
    suffix = ".table.json" if isinstance(value, Table) else f".{value.log_type}.json"
    return name.removesuffix(suffix) + suffix, MediaContent(data), contents.files


def _linked_table(
    value: JoinedTable | PartitionedTable, name: str, content: dict[str, Any]
) -> tuple[str, MediaContent, dict[str, MediaContent]]:
    suffix = f".{value.log_type}.json"
    return name.removesuffix(suffix) + suffix, MediaContent(json.dumps(content, sort_keys=True).encode()), {}


def _json(value: Media | Table | Classes, contents: ArtifactContents, clean: Callable[[Any, str], Any]) -> bytes:
    if isinstance(value, Table):
        return artifact_json(value.columns, value.data, value.types, contents, clean, log_mode=value.log_mode)
    if isinstance(value, Classes):
        entries = [{"id": key, "name": clean(name, "name")} for key, name in value.labels.items()]
        return json.dumps({"_type": value.log_type, "class_set": entries}, sort_keys=True).encode()
    return json.dumps(value.to_artifact(contents, clean), sort_keys=True).encode()
