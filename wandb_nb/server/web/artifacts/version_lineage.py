"""The lineage of a version as far as a user may see it: runs and versions of projects that the user can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.lineage.lineage_graph import ARTIFACT, MAX_NODES, build_graph
from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.artifacts import uses, version_store
from wandb_nb.server.storage.project_store import project_by_id
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from wandb_nb.artifacts.lineage.lineage_graph import LineageGraph, LineageItem, LineageNode
    from wandb_nb.server.storage.users import User


class VersionLineage:
    """Finds what led to the version *row* and what followed from it, as *user* may read it."""

    def __init__(self, connection: Connection, user: User, row: Any) -> None:
        self._connection, self._user, self._row = connection, user, row
        self._ids: dict[str, int] = {}
        self._addresses: dict[str, str] = {}
        self._readable: dict[int, bool] = {}

    def graph(self) -> LineageGraph:
        """Return the graph around the version."""
        return build_graph(self._version(self._row), self._neighbours)

    def address(self, node: LineageNode) -> str:
        """Return the address of the page of a node of the graph."""
        return self._addresses[_key(node.path, is_version=node.kind == ARTIFACT)]

    def _neighbours(self, item: LineageItem, is_before: bool) -> Iterable[LineageItem]:
        number, limit = self._ids[_key_of(item)], MAX_NODES + 1
        if not isinstance(item, StoredVersion):
            list_versions = uses.list_input if is_before else version_store.list_output
            rows = list_versions(self._connection, number, 0, limit)
            return [self._version(row) for row in rows if self._is_readable(row.project_id)]
        if not is_before:
            return self._runs(uses.list_using_runs(self._connection, number, limit))
        maker = version_store.artifact_by_id(self._connection, number).run_id
        return self._runs([] if maker is None else [maker])

    def _runs(self, ids: Iterable[int]) -> list[LineageRun]:
        rows = [run_store.run_by_id(self._connection, run_id) for run_id in ids]
        return [self._run(row) for row in rows if row is not None and self._is_readable(row.project_id)]

    def _run(self, row: Any) -> LineageRun:
        run = LineageRun(row.name, row.project, row.entity, row.display_name or "")
        self._add(run, row.id, page_path(row.entity, row.project, "runs", row.name))
        return run

    def _version(self, row: Any) -> StoredVersion:
        version = StoredVersion(
            row.entity,
            row.project,
            row.collection,
            row.type,
            row.version,
            row.digest,
            "",
            row.created,
            row.size,
            row.file_count,
        )
        name = f"v{row.version}"
        self._add(version, row.id, page_path(row.entity, row.project, "artifacts", row.collection, name))
        return version

    def _add(self, item: LineageItem, number: int, address: str) -> None:
        key = _key_of(item)
        self._ids[key], self._addresses[key] = number, address

    def _is_readable(self, project_id: int) -> bool:
        if project_id not in self._readable:
            right = project_by_id(self._connection, self._user, project_id).right
            self._readable[project_id] = right >= Right.READ
        return self._readable[project_id]


def _key_of(item: LineageItem) -> str:
    is_version = isinstance(item, StoredVersion)
    return _key(item.qualified_name if isinstance(item, StoredVersion) else item.path, is_version=is_version)


def _key(path: str, *, is_version: bool) -> str:
    return f"{'version' if is_version else 'run'} {path}"
