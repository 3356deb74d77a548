"""The artifacts of this machine's store, for the public API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.artifacts.local_versions import LocalVersions
from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.public_api.artifact_catalog import CollectionName
from wandb_nb.run_names import LOCAL_ENTITY

if TYPE_CHECKING:
    from wandb_nb.artifacts.store.artifact_collection import ArtifactCollection
    from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion


class LocalArtifacts:
    """All artifacts of this user's store; what names no entity belongs to "local"."""

    def __init__(self) -> None:
        self._store = ArtifactStore()
        self._source = LocalVersions(self._store)

    @property
    def source(self) -> LocalVersions:
        """The store as a source of versions."""
        return self._source

    def collections(self, entity: str, project: str) -> list[CollectionName]:
        """Return the artifact names of a project."""
        return [
            CollectionName(entity, project, each.name, each.type)
            for each in self._store.collections()
            if (each.entity or LOCAL_ENTITY, each.project) == (entity, project)
        ]

    def versions(self, collection: CollectionName) -> list[StoredVersion]:
        """Return all versions, oldest first."""
        return self._stored(collection).versions()

    def aliases(self, collection: CollectionName) -> list[str]:
        """Return the aliases of all versions."""
        return list(self._stored(collection).aliases())

    def delete(self, collection: CollectionName) -> None:
        """Delete all versions; their numbers are not used again."""
        stored = self._stored(collection)
        for index in stored.indexes():
            stored.delete(index)

    def versions_of_run(self, run: LineageRun, role: str) -> list[StoredVersion]:
        """Return what *run* logged or used, without versions that were deleted."""
        edges = [edge for edge in self._store.lineage.of_run(run) if edge.role == role]
        versions = (self._store.collection(edge.entity, edge.project, edge.name).version(edge.index) for edge in edges)
        return [version for version in versions if version is not None]

    def add_to_run(self, run: LineageRun, version: StoredVersion, role: str) -> None:
        """Record the use in the lineage of this machine."""
        self._store.lineage.add(run, version, role)

    def _stored(self, collection: CollectionName) -> ArtifactCollection:
        """Return the stored collection; one that was logged offline has no entity."""
        stored = self._store.collection(collection.entity, collection.project, collection.name)
        if collection.entity == LOCAL_ENTITY and not stored.indexes():
            return self._store.collection("", collection.project, collection.name)
        return stored
