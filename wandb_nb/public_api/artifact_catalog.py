"""What the public API reads artifacts from: one interface for the store of this machine and for a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
    from wandb_nb.artifacts.version_source import VersionSource


@dataclass(frozen=True)
class CollectionName:
    """An artifact name with its type, in a project."""

    entity: str
    project: str
    name: str
    type: str


class ArtifactCatalog(Protocol):
    """All artifacts of one place. Errors are those of `VersionSource`."""

    @property
    def source(self) -> VersionSource:
        """Where the versions' files are, and what changes them."""

    def collections(self, entity: str, project: str) -> list[CollectionName]:
        """Return the artifact names of a project, in alphabetical order."""

    def versions(self, collection: CollectionName) -> list[StoredVersion]:
        """Return all versions, oldest first."""

    def aliases(self, collection: CollectionName) -> list[str]:
        """Return the aliases of all versions."""

    def delete(self, collection: CollectionName) -> None:
        """Delete all versions."""

    def versions_of_run(self, run: LineageRun, role: str) -> list[StoredVersion]:
        """Return what *run* logged or used (*role*), oldest first."""

    def add_to_run(self, run: LineageRun, version: StoredVersion, role: str) -> None:
        """Record that *run* logged or used (*role*) *version*."""
