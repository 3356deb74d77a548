"""Freeing space in the artifact store: what no version needs, least recently used first, and versions on request.

Versions are deleted only where the caller asks for that, and never one that has an alias. Nothing is deleted while
another process adds contents, or while a manifest cannot be read, since then it is not known what is needed.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.artifacts.manifest import object_name
from wandb_nb.artifacts.store.store_lock import WAIT_SECONDS, locked
from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.artifacts.store.artifact_collection import ArtifactCollection
    from wandb_nb.artifacts.store.artifact_store import ArtifactStore


@dataclass
class CleaningResult:
    """What a clean-up did: *files* with *freed* bytes, the names of deleted *versions*, and the *size* that is left."""

    files: int = 0
    freed: int = 0
    size: int = 0
    versions: list[str] = field(default_factory=list)


class _Content(NamedTuple):
    last_used: float
    size: int
    path: str
    name: str


def clean_store(
    store: ArtifactStore,
    *,
    limit: int = 0,
    versions: bool = False,
    abandoned: Iterable[Path] = (),
    wait_seconds: float = WAIT_SECONDS,
) -> CleaningResult:
    """Delete contents that no version needs until the store has *limit* bytes at most, and *abandoned* folders.

    With *versions*, delete versions without an alias as well where that is not enough, least recently used first.

    Raises:
        ArtifactError: A manifest is damaged, so that what it needs is not known; the message names it.
        StoreError: Another process has added contents for longer than *wait_seconds*.
        OSError: The store cannot be written.

    """
    store.make()
    with locked(store.folder / "lock", wait_seconds=wait_seconds):
        result = CleaningResult()
        for folder in abandoned:
            shutil.rmtree(folder, ignore_errors=True)
        _remove_unfinished(store)
        contents = _contents(store)
        result.size = sum(content.size for content in contents)
        _remove_unneeded(store, contents, limit, result)
        if versions:
            for collection, index in _versions_by_use(store):
                if result.size <= limit:
                    break
                collection.delete(index)
                result.versions.append(f"{collection.path}:v{index}")
                _remove_unneeded(store, _contents(store), limit, result)
    return result


def limit_store(store: ArtifactStore, limit: int, abandoned: Iterable[Path] = ()) -> None:
    """Do what `clean_store` does where the store has more than *limit* bytes, and nothing that could disturb.

    It deletes no versions, and nothing at all while another process adds contents or where the store has a problem.
    """
    with suppress(OSError, ArtifactError):  # StoreError is an OSError
        if store_size(store) > limit:
            clean_store(store, limit=limit, abandoned=abandoned, wait_seconds=0.0)


def store_size(store: ArtifactStore) -> int:
    """Return the size of all contents in bytes."""
    return sum(content.size for content in _contents(store))


def needed_contents(store: ArtifactStore) -> set[str]:
    """Return the names of the contents that a version, or a part of one, has. Errors as `clean_store`."""
    needed: set[str] = set()
    for collection in store.collections():
        for index in collection.indexes():
            entries = collection.manifest(index, touch=False)
            needed.update(object_name(entry.digest) for entry in entries.values() if not entry.ref)
    for entries in store.partial.manifests():
        needed.update(object_name(entry.digest) for entry in entries.values() if not entry.ref)
    return needed


def _remove_unneeded(store: ArtifactStore, contents: list[_Content], limit: int, result: CleaningResult) -> None:
    if result.size <= limit:
        return
    needed = needed_contents(store)
    for content in sorted(content for content in contents if content.name not in needed):
        if result.size <= limit:
            break
        Path(content.path).unlink(missing_ok=True)
        result.files, result.freed, result.size = (
            result.files + 1,
            result.freed + content.size,
            result.size - content.size,
        )


def _contents(store: ArtifactStore) -> list[_Content]:
    contents = []
    for entry in store.contents.files():
        with suppress(OSError):  # deleted meanwhile
            status = entry.stat(follow_symlinks=False)
            contents.append(_Content(status.st_mtime, status.st_size, entry.path, entry.name))
    return contents


def _versions_by_use(store: ArtifactStore) -> list[tuple[ArtifactCollection, int]]:
    """Return the versions without an alias, the one that was used longest ago first."""
    dated = []
    for collection in store.collections():
        with_alias = set(collection.aliases().values())
        dated += [
            (collection.last_used(index), collection, index)
            for index in collection.indexes()
            if index not in with_alias
        ]
    return [(collection, index) for _, collection, index in sorted(dated, key=lambda each: each[0])]


def _remove_unfinished(store: ArtifactStore) -> None:
    """Delete what killed processes left: files with a temporary name, and manifests without a version."""
    outside = (("contents", "*/.*"), ("lineage", ".*"), ("partial", "*/.*"), ("downloaded", "*/*/*/.*"))
    for path in (path for folder, pattern in outside for path in (store.folder / folder).glob(pattern)):
        path.unlink(missing_ok=True)
    for lock in (store.folder / "collections").glob("*/*/*/lock"):
        with locked(lock):
            manifests = set(lock.parent.glob("v*.manifest.json"))
            versions = {path.name.partition(".")[0] for path in set(lock.parent.glob("v*.json")) - manifests}
            without_version = (path for path in manifests if path.name.partition(".")[0] not in versions)
            for path in (*without_version, *lock.parent.glob(".*"), *lock.parent.glob("aliases/.*")):
                path.unlink(missing_ok=True)
