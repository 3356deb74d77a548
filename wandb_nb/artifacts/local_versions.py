"""The versions of this machine as a `VersionSource`."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.manifest import read_manifest
from wandb_nb.artifacts.run_tables import add_run_tables
from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.artifacts.store.downloaded_versions import DownloadedVersion, DownloadedVersions
from wandb_nb.artifacts.store.file_copies import copy_file
from wandb_nb.artifacts.store.lineage_files import LOGGED
from wandb_nb.errors import ArtifactError, ArtifactNotFoundError, StoreError
from wandb_nb.run_names import LOCAL_ENTITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wandb_nb.artifacts.store.lineage_files import LineageEdge
    from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
    from wandb_nb.artifacts.version_name import VersionName
    from wandb_nb.store.format.artifact_record import ManifestEntry


class LocalVersions:
    """The versions of *store*, by default that of this user, and those of servers that were downloaded whole."""

    def __init__(self, store: ArtifactStore | None = None) -> None:
        self.store = store or ArtifactStore()
        self._downloaded = DownloadedVersions(self.store)

    def find(self, name: VersionName) -> StoredVersion:
        """Return the version that *name* names: logged here, also as a table of a run, or downloaded from a server."""
        with suppress(OSError):  # what the store has is found
            add_run_tables(self.store, name)
        try:
            return self.store.find(name)
        except ArtifactNotFoundError as error:
            if (downloaded := self._downloaded.find(name)) is not None:
                return downloaded
            if name.entity in {None, "", LOCAL_ENTITY}:
                raise
            raise ArtifactNotFoundError(
                f"{error}; if {name} is on a server, log in (`wandb-nb login`) to read it there, or download it once "
                "while you are logged in: it is then found without a server, too"
            ) from error

    def manifest(self, version: StoredVersion) -> dict[str, ManifestEntry]:
        """Return the files of *version* by their path."""
        if isinstance(version, DownloadedVersion):
            return read_manifest(version.manifest, version.qualified_name)
        collection = self.store.collection_of(version)
        if version.index not in collection.indexes():
            raise ArtifactNotFoundError(f"the artifact {version.qualified_name} was deleted: use another version")
        return collection.manifest(version.index)

    def fetch(self, entry: ManifestEntry, target: str) -> None:
        """Copy the content of *entry* to the new file *target*."""
        digest, _ = copy_file(self.store.contents.path(entry.digest), target)
        if digest != entry.digest:
            raise ArtifactError(
                f"the stored content {self.store.contents.path(entry.digest)} is damaged: `wandb-nb artifact verify` "
                "names the versions that have it; log the file again"
            )

    def add_download(self, version: StoredVersion, entries: dict[str, ManifestEntry]) -> None:
        """Do nothing: the version is here."""

    def aliases(self, version: StoredVersion) -> list[str]:
        """Return the aliases of *version*."""
        if isinstance(version, DownloadedVersion):
            return [name for name in version.aliases if name != version.version]
        return self.store.collection_of(version).aliases_of(version.index)

    def update(self, version: StoredVersion, aliases: Iterable[str], **changes: Any) -> StoredVersion:
        """Store the aliases and *changes* of other fields, and return the version."""
        _expect_local(version)
        collection = self.store.collection_of(version)
        with _writing():
            changed = collection.update(version.index, updated=time.time(), **changes)
            collection.set_aliases(version.index, aliases)
        return changed

    def delete(self, version: StoredVersion) -> None:
        """Delete *version* and its aliases; its contents stay until a clean-up."""
        _expect_local(version)
        with _writing():
            self.store.collection_of(version).delete(version.index)

    def link(
        self, version: StoredVersion, target: VersionName, aliases: Iterable[str], run: LineageRun | None
    ) -> StoredVersion:
        """Make *version* a version of the collection *target* as well, and return that one."""
        _expect_local(version)
        source = version.source or version.qualified_name
        place = (target.entity or "", target.project or "", target.name)
        collection = self.store.collection(*place)
        if collection.indexes() and (kind := collection.read(collection.folder).type) != version.type:
            raise ArtifactError(
                f"{collection.path} has versions of type {kind!r}, so {version.qualified_name} of type "
                f"{version.type!r} cannot be linked to it: choose another collection"
            )
        linked = replace(version, entity=place[0], project=place[1], name=place[2], source=source, run=run)
        with _writing(), self.store.adding():  # a clean-up waits until this manifest needs the contents, too
            return collection.add(replace(linked, created=time.time()), self.manifest(version), aliases)[0]

    def runs(self, version: StoredVersion, role: str) -> list[LineageRun]:
        """Return the runs that logged or used (*role*) *version*, oldest first."""
        if isinstance(version, DownloadedVersion) and role == LOGGED:
            return [] if version.run is None else [version.run]
        return [edge.run for edge in self.store.lineage.of_version(version, role)]

    def run_edges(self, run: LineageRun, role: str) -> list[LineageEdge]:
        """Return what *run* logged or used (*role*), oldest first."""
        return [edge for edge in self.store.lineage.of_run(run) if edge.role == role]


def _expect_local(version: StoredVersion) -> None:
    if isinstance(version, DownloadedVersion):
        raise ArtifactError(
            f"{version.qualified_name} is a version of a server, so it is changed there: log in (`wandb-nb login`)"
        )


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"the artifact store cannot be written: {error}; WANDB_NB_DATA_DIR names another folder"
        ) from error
