"""Where versions come from: the store of this machine, or a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.artifacts.store.lineage_files import LineageEdge
    from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
    from wandb_nb.artifacts.version_name import VersionName
    from wandb_nb.store.format.artifact_record import ManifestEntry


class VersionSource(Protocol):
    """Finds versions, reads their files and changes what describes them.

    Methods raise ArtifactNotFoundError for a version that does not exist (any more), StoreError or CommError where the
    source cannot be used.
    """

    def find(self, name: VersionName) -> StoredVersion:
        """Return the version that *name* names."""

    def manifest(self, version: StoredVersion) -> dict[str, ManifestEntry]:
        """Return the files of *version* by their path. Raises ArtifactError if the manifest is not valid."""

    def fetch(self, entry: ManifestEntry, target: str) -> None:
        """Copy the content of *entry*, which is not a reference, to the new file *target*.

        Raises:
            ArtifactError: The content is damaged.
            OSError: It cannot be read, or *target* not written.

        """

    def add_download(self, version: StoredVersion, entries: dict[str, ManifestEntry]) -> None:
        """Note that all *entries* of *version* were fetched, so that it is found without the source, too."""

    def aliases(self, version: StoredVersion) -> list[str]:
        """Return the aliases of *version*."""

    def update(self, version: StoredVersion, aliases: Iterable[str], **changes: Any) -> StoredVersion:
        """Store the aliases and *changes* of other fields, and return the version."""

    def delete(self, version: StoredVersion) -> None:
        """Delete *version* and its aliases."""

    def link(
        self, version: StoredVersion, target: VersionName, aliases: Iterable[str], run: LineageRun | None
    ) -> StoredVersion:
        """Make *version* a version of the collection *target* as well, and return that one."""

    def runs(self, version: StoredVersion, role: str) -> list[LineageRun]:
        """Return the runs that logged or used (*role*) *version*, oldest first."""

    def run_edges(self, run: LineageRun, role: str) -> list[LineageEdge]:
        """Return what *run* logged or used (*role*), oldest first."""
