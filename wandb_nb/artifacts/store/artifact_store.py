"""The artifact store of this user: in the data directory of wandb-nb, beside the registry of runs.

    contents/<2 digits>/<MD5>            contents, each once
    collections/<entity>/<project>/<name>/…     versions, see `artifact_collection`
    lineage/…                            which run logged or used which version, see `lineage_files`
    downloaded/<entity>/<project>/<name>/…      versions of servers, see `downloaded_versions`
    partial/…                            parts of versions that several writers make, see `partial_versions`
    staging/…                            files of drafts, see `staging`
    lock                                 shared by those that add contents, exclusive for a clean-up

A version is added in this order: contents, manifest, its own file. What a killed process leaves is never a version with
a file missing, and `store_cleaning` removes it.
"""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.artifacts.store.artifact_collection import ArtifactCollection
from wandb_nb.artifacts.store.content_files import ContentFiles
from wandb_nb.artifacts.store.lineage_files import LineageFiles
from wandb_nb.artifacts.store.partial_versions import PartialVersions
from wandb_nb.artifacts.store.safe_names import safe_name
from wandb_nb.artifacts.store.store_lock import locked
from wandb_nb.errors import ArtifactNotFoundError
from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from wandb_nb.artifacts.store.stored_version import StoredVersion
    from wandb_nb.artifacts.version_name import VersionName

_MAX_HINTS = 5


class ArtifactStore:
    """The store in *folder*, by default that of this user. Threads and processes may use it concurrently."""

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.folder = Path(folder) if folder is not None else Registry().folder / "artifacts"
        self.contents = ContentFiles(self.folder / "contents")
        self.lineage = LineageFiles(self.folder / "lineage")
        self.partial = PartialVersions(self.folder / "partial")

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Keep contents that are added during the block from a clean-up, until a version needs them.

        Raises:
            OSError: The store cannot be written; StoreError if a clean-up takes minutes.

        """
        self.make()
        with locked(self.folder / "lock", shared=True):
            yield

    def make(self) -> None:
        """Make the folder of the store. Raises OSError if that is not possible."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def collection(self, entity: str, project: str, name: str) -> ArtifactCollection:
        """Return the versions of *name*, of which there may be none."""
        folder = self.folder / "collections" / safe_name(entity) / safe_name(project) / safe_name(name)
        return ArtifactCollection(folder, entity, project, name)

    def collection_of(self, version: StoredVersion) -> ArtifactCollection:
        """Return the collection that has *version*."""
        return self.collection(version.entity, version.project, version.name)

    def collections(self) -> list[ArtifactCollection]:
        """Return all names that have a version, in the order of their paths."""
        collections = []
        for file in (self.folder / "collections").glob("*/*/*/collection.json"):
            try:
                collections.append(ArtifactCollection.read(file.parent))
            except (OSError, ValueError, KeyError, TypeError):  # noqa: PERF203 -- damaged
                continue
        return sorted((each for each in collections if each.indexes()), key=lambda each: each.path)

    def find(self, name: VersionName) -> StoredVersion:
        """Return the version that *name* names; where it has no entity or project, any on this machine will do.

        Raises:
            ArtifactNotFoundError: There is none; the message has the nearest names or versions.

        """
        collections = self._matching(name)
        for collection in collections:
            index = name.index if name.index is not None else collection.aliases().get(name.alias)
            version = None if index is None else collection.version(index)
            if version is not None:
                return version
        raise self._not_found(name, collections)

    def _matching(self, name: VersionName) -> list[ArtifactCollection]:
        """Return the collections of that name, those of exactly this entity and project first."""
        if name.project is not None and name.entity is not None:
            exact = self.collection(name.entity, name.project, name.name)
            if exact.indexes():
                return [exact]
            if name.entity:  # a version logged offline does not know its entity
                offline = self.collection("", name.project, name.name)
                return [offline] if offline.indexes() else []
        matches = [each for each in self.collections() if each.name == name.name]
        if name.project is not None:
            matches = [each for each in matches if each.project == name.project]
        return sorted(matches, key=lambda each: each.entity != (name.entity or ""))

    def _not_found(self, name: VersionName, collections: list[ArtifactCollection]) -> ArtifactNotFoundError:
        if collections:
            names = [*collections[0].aliases(), *(f"v{index}" for index in collections[0].indexes())]
            hints = get_close_matches(name.alias, names, _MAX_HINTS) or names[-_MAX_HINTS:]
            text = f"the artifact {collections[0].path} has no version {name.alias!r} on this machine"
            return ArtifactNotFoundError(f"{text}: it has {', '.join(hints)}")
        everything = self.collections()
        near = set(get_close_matches(name.name, {each.name for each in everything}, _MAX_HINTS)) | {name.name}
        paths = [each.path for each in everything if each.name in near][:_MAX_HINTS]
        hint = f"there is {', '.join(paths)}" if paths else "`wandb-nb artifact ls` lists all"
        return ArtifactNotFoundError(f"there is no artifact {name} on this machine: {hint}")
