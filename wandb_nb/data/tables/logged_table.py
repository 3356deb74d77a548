"""What of a table is stored in one run, by its mode: once, anew with each change, or the new rows only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from wandb_nb.data.artifact_contents import ArtifactContents, artifact_name
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.tables.table_files import artifact_json, run_json

if TYPE_CHECKING:
    from wandb_nb.data.media_store import MediaTarget
    from wandb_nb.data.tables.column_types import ColumnType

FOLDER, SUFFIX = "table", "table.json"
ARTIFACT_TYPE, INCREMENTAL_TYPE = "run_table", "wandb-run-incremental-table"
_ADDRESS = "wandb-client-artifact://"


class TableData(Protocol):
    """What is stored of a table."""

    log_type: ClassVar[str]
    columns: list[Any]
    data: list[list[Any]]
    log_mode: str
    version: int

    @property
    def types(self) -> dict[Any, ColumnType]:
        """The types of the columns, by name."""


class LoggedTable:
    """The state of a table in one run, whose rows it gives their JSON."""

    def __init__(self) -> None:
        self._row: dict[str, Any] = {}
        self._version = -1
        self._rows = 0
        self._increments: list[str] = []
        self._artifact = ""

    def row(self, table: TableData, target: MediaTarget) -> dict[str, Any]:
        """Store what is new of *table*, as its mode asks for, and return the JSON for the row."""
        is_new = not self._row or (table.log_mode != "IMMUTABLE" and table.version != self._version)
        if is_new and table.log_mode == "INCREMENTAL":
            self._store_increment(table, target)
        elif is_new:
            self._store(table, target)
        self._version = table.version
        return {**self._row, "nrows": len(table.data)}

    def _store(self, table: TableData, target: MediaTarget) -> None:
        name = artifact_name(target.store.run_id, target.key)
        contents = ArtifactContents(name, ARTIFACT_TYPE)
        self._row = self._stored(table, table.data, contents, f"{target.key}.{SUFFIX}", target=target)

    def _store_increment(self, table: TableData, target: MediaTarget) -> None:
        number = len(self._increments)
        self._artifact = self._artifact or artifact_name(target.store.run_id, target.key, "incr-")
        contents = ArtifactContents(self._artifact, INCREMENTAL_TYPE, incremental=True)
        path = f"{number or None}-{int(time.time() * 1000)}.{target.key}.{SUFFIX}"
        more = {"increment_num": number, "previous_increments_paths": list(self._increments)}
        self._row = self._stored(table, table.data[self._rows :], contents, path, target=target, **more)
        self._row["_type"] = "incremental-table-file"
        self._rows = len(table.data)
        if address := self._row.get("artifact_path"):
            self._increments.append(address)

    def _stored(
        self,
        table: TableData,
        rows: list[list[Any]],
        contents: ArtifactContents,
        path: str,
        *,
        target: MediaTarget,
        **more: Any,
    ) -> dict[str, Any]:
        """Store the artifact, then the file of *rows*, and return the JSON that names both."""
        clean = target.store.clean
        data = artifact_json(table.columns, rows, table.types, contents, clean, log_mode=table.log_mode, **more)
        contents.files[path] = MediaContent(data)
        file = target.file(MediaContent(run_json(table.columns, rows, clean)), FOLDER, SUFFIX)
        logged = target.store.log_artifact(contents)
        size = {"ncols": len(table.columns), "log_mode": table.log_mode}
        return {
            "_type": table.log_type,
            **file,
            **size,
            "artifact_path": f"{_ADDRESS}{logged.client_id}/{path}",
            "_latest_artifact_path": f"{_ADDRESS}{logged.sequence_client_id}:latest/{path}",
            **more,
        }
