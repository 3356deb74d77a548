"""`JoinedTable` and `PartitionedTable`: tables made of others."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from wandb_nb.data.artifact_contents import ArtifactContents, artifact_name
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import WBValue
from wandb_nb.data.tables.logged_table import ARTIFACT_TYPE, SUFFIX
from wandb_nb.data.tables.table import Table
from wandb_nb.data.tables.table_files import artifact_json
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wandb_nb.data.media_store import MediaTarget

_MAX_PARTS = 10_000


class JoinedTable(WBValue):
    """Two tables side by side: rows with the same *join_key*, a column of both or one column of each.

    Raises:
        MediaError: One of the tables is not a table.

    """

    log_type = "joined-table"

    def __init__(self, table1: Any, table2: Any, join_key: str | Sequence[str]) -> None:
        for name, table in (("table1", table1), ("table2", table2)):
            if not isinstance(table, (Table, PartitionedTable, str)):
                raise MediaError(f"JoinedTable({name}=) takes a table, got {type(table).__name__}: give a Table")
        self.tables, self.join_key = (table1, table2), join_key

    def describe(self, paths: Sequence[str]) -> dict[str, Any]:
        """Return the JSON of the table, whose tables have these *paths* in the same artifact."""
        return {"_type": self.log_type, "table1": paths[0], "table2": paths[1], "join_key": self.join_key}

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Store both tables and what joins them as an artifact, and return the JSON that names it."""
        contents = ArtifactContents(artifact_name(target.store.run_id, target.key), ARTIFACT_TYPE)
        names = [
            _part(table, f"t{number}_{id(self)}", contents, target.store.clean)
            for number, table in enumerate(self.tables, 1)
        ]
        return _store(self.describe(names), contents, target)


class PartitionedTable(WBValue):
    """All tables in the folder *parts_path* as one, in the order of their names.

    It is a folder of this machine, or of the artifact from which it is read, whose *parts* are then there.
    """

    log_type = "partitioned-table"

    def __init__(self, parts_path: str | os.PathLike[str], *, parts: Sequence[Table] | None = None) -> None:
        self.parts_path = os.fspath(parts_path)
        self._tables = parts

    def describe(self) -> dict[str, Any]:
        """Return the JSON of the table in an artifact that has its parts."""
        return {"_type": self.log_type, "parts_path": self.parts_path}

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield number and values of each row, over all tables below the folder."""
        number = 0
        for rows in self._part_rows():
            for row in rows:
                yield number, row
                number += 1

    def _part_rows(self) -> Iterator[list[list[Any]]]:
        if self._tables is not None:
            yield from (table.data for table in self._tables)
            return
        for path in sorted(Path(self.parts_path).rglob("*.table.json")):
            yield json.loads(path.read_text("utf-8"))["data"]

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Store the parts and where they are as an artifact, and return the JSON that names it."""
        contents = ArtifactContents(artifact_name(target.store.run_id, target.key), ARTIFACT_TYPE)
        parts = self._parts()
        contents.files.update({name: MediaContent(path=path) for name, path in parts.items()})
        return _store({**self.describe(), "parts": [*parts]}, contents, target)

    def _parts(self) -> dict[str, Path]:
        """Return the tables below the folder by their paths in the artifact, where readers of `parts_path` look."""
        folder, prefix = Path(self.parts_path), PurePosixPath(Path(self.parts_path).as_posix())
        if prefix.is_absolute() or ".." in prefix.parts:
            prefix = PurePosixPath(prefix.name)
        paths = sorted(folder.rglob(f"*.{SUFFIX}"))[:_MAX_PARTS]
        return {str(prefix / path.relative_to(folder).as_posix()): path for path in paths}


def _part(table: Any, name: str, contents: ArtifactContents, clean: Callable[[Any, str], Any]) -> str:
    """Put one of the tables into *contents* and return its path there."""
    if isinstance(table, str):
        return table
    if isinstance(table, PartitionedTable):
        path, data = (
            f"{name}.partitioned-table.json",
            json.dumps(table.describe()).encode(),
        )
    else:
        path = f"{name}.table.json"
        data = artifact_json(table.columns, table.data, table.types, contents, clean, log_mode=table.log_mode)
    contents.files[path] = MediaContent(data)
    return path


def _store(value: dict[str, Any], contents: ArtifactContents, target: MediaTarget) -> dict[str, Any]:
    kind = value["_type"]
    path = f"{target.key}.{kind}.json"
    contents.files[path] = MediaContent(json.dumps(value, sort_keys=True).encode())
    logged = target.store.log_artifact(contents)
    return {"_type": kind, "artifact_path": f"wandb-client-artifact://{logged.client_id}/{path}"}
