"""The artifacts of a project as the public API returns them: types, collections, and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.artifacts.artifact import Artifact, stored_artifact
from wandb_nb.errors import UsageError
from wandb_nb.public_api.lazy_sequence import LazySequence
from wandb_nb.run_filters.run_values import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wandb_nb.artifacts.store.stored_version import StoredVersion
    from wandb_nb.artifacts.version_source import VersionSource
    from wandb_nb.public_api.artifact_catalog import ArtifactCatalog, CollectionName


class Artifacts(LazySequence[Artifact]):
    """Versions of artifacts, read when they are asked for."""

    def __init__(self, versions: Callable[[], Sequence[StoredVersion]], source: VersionSource) -> None:
        self._versions, self._source = versions, source
        super().__init__()

    def _items(self) -> Iterator[Artifact]:
        return (stored_artifact(version, self._source) for version in self._versions())


class ApiArtifactCollection:
    """All versions of one artifact name: its `name`, `type`, `entity` and `project`."""

    def __init__(self, catalog: ArtifactCatalog, collection: CollectionName) -> None:
        self._catalog, self._collection = catalog, collection
        self.name, self.type = collection.name, collection.type
        self.entity, self.project = collection.entity, collection.project

    @property
    def aliases(self) -> list[str]:
        """The aliases of all versions."""
        return self._catalog.aliases(self._collection)

    @property
    def created_at(self) -> str:
        """When the first version that is still there was made, in UTC."""
        versions = self._catalog.versions(self._collection)
        return timestamp(versions[0].created) if versions else ""

    def artifacts(self, per_page: int = 50) -> Artifacts:  # noqa: ARG002 -- W&B's argument
        """Return the versions, newest first."""
        return Artifacts(lambda: self._catalog.versions(self._collection)[::-1], self._catalog.source)

    versions = artifacts

    def delete(self) -> None:
        """Delete all versions.

        Raises:
            OSError: The store cannot be written.
            CommError: The server cannot be reached or refuses.

        """
        self._catalog.delete(self._collection)

    def __repr__(self) -> str:
        return f"<ArtifactCollection {self.name} ({self.type})>"


class ApiArtifactType:
    """All artifacts of one type in a project."""

    def __init__(self, catalog: ArtifactCatalog, name: str, collections: Sequence[CollectionName]) -> None:
        self.name, self.type = name, name
        self._catalog, self._collections = catalog, collections

    def collections(self) -> list[ApiArtifactCollection]:
        """Return the artifact names of this type."""
        return [ApiArtifactCollection(self._catalog, each) for each in self._collections]

    def collection(self, name: str) -> ApiArtifactCollection:
        """Return the artifact *name*.

        Raises:
            UsageError: There is none of this type.

        """
        for collection in self.collections():
            if collection.name == name:
                return collection
        names = ", ".join(each.name for each in self._collections) or "none"
        raise UsageError(f"there is no artifact {name!r} of type {self.name!r}; there is {names}")

    def __repr__(self) -> str:
        return f"<ArtifactType {self.name}>"
