"""The artifacts of a server, for the public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.store.lineage_files import USED
from wandb_nb.errors import UnsupportedError
from wandb_nb.public_api.artifact_catalog import CollectionName
from wandb_nb.sync.http.answers import as_name, as_object, well_formed
from wandb_nb.sync.reading.server_version import version_of_membership
from wandb_nb.sync.reading.server_versions import ServerVersions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
    from wandb_nb.sync.reading.server_connection import ServerConnection
    from wandb_nb.sync.reading.server_version import ServerVersion

_PER_PAGE = 100


class ServerArtifacts:
    """All artifacts of one server that the account may read. Not thread-safe."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._source = ServerVersions(connection)

    @property
    def source(self) -> ServerVersions:
        """The server as a source of versions."""
        return self._source

    def collections(self, entity: str, project: str) -> list[CollectionName]:
        """Return the artifact names of a project."""

        def page(variables: dict[str, Any]) -> dict[str, Any]:
            answer = self._connection.project("ProjectArtifactCollections", variables)
            with well_formed(self._connection.base_url, "ProjectArtifactCollections"):
                return as_object(answer.get("artifactCollections"))

        collections = []
        for node in self._connection.pages(page, {"entity": entity, "project": project, "perPage": _PER_PAGE}):
            with well_formed(self._connection.base_url, "ProjectArtifactCollections"):
                kind = as_name(as_object(node.get("defaultArtifactType")).get("name"))
                collections.append(CollectionName(entity, project, as_name(node.get("name")), kind))
        return sorted(collections, key=lambda collection: collection.name)

    def versions(self, collection: CollectionName) -> list[StoredVersion]:
        """Return all versions, oldest first."""
        versions: list[ServerVersion] = []
        for node in self._pages("CollectionVersions", "artifactMemberships", collection):
            with well_formed(self._connection.base_url, "CollectionVersions"):
                if version := version_of_membership(node):
                    versions.append(version)
        return sorted(versions, key=lambda version: version.index)

    def aliases(self, collection: CollectionName) -> list[str]:
        """Return the aliases of all versions."""
        with well_formed(self._connection.base_url, "CollectionAliases"):
            nodes = self._pages("CollectionAliases", "aliases", collection)
            return [as_name(node.get("alias")) for node in nodes]

    def _pages(self, operation: str, field: str, collection: CollectionName) -> Iterator[dict[str, Any]]:
        def page(variables: dict[str, Any]) -> dict[str, Any]:
            project = self._connection.project(operation, variables)
            with well_formed(self._connection.base_url, operation):
                return as_object(as_object(project.get("artifactCollection")).get(field))

        names = {"entity": collection.entity, "project": collection.project, "name": collection.name}
        return self._connection.pages(page, {**names, "perPage": _PER_PAGE})

    def delete(self, collection: CollectionName) -> None:
        """Delete all versions."""
        for version in self.versions(collection):
            self._source.delete(version)

    def versions_of_run(self, run: LineageRun, role: str) -> list[StoredVersion]:
        """Return what *run* logged or used."""
        return list(self._source.versions_of_run(run, role))

    def add_to_run(self, run: LineageRun, version: StoredVersion, role: str) -> None:
        """Record that *run* used *version*.

        Raises:
            UnsupportedError: *role* is another one: a server records who made a version when it is logged.

        """
        if role != USED:
            raise UnsupportedError("a version that is on a server has the run that made it; log it in an active run")
        self._source.use(run, version)
