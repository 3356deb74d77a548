"""Versions of this machine in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.artifacts.store.artifact_store import ArtifactStore

if TYPE_CHECKING:
    from wandb_nb.artifacts.store.stored_version import StoredVersion

Listed = tuple["StoredVersion", list[str]]


def list_versions(path: str = "", kind: str | None = None, limit: int | None = None) -> list[Listed]:
    """Return versions with their aliases, newest first: the newest of each artifact, or all of one that *path* names.

    *path* is a project, "entity/project", or the name of an artifact, with its project and entity or without; *kind* is
    a type.
    """
    collections = [
        each for each in ArtifactStore().collections() if path in _paths(each.entity, each.project, each.name)
    ]
    is_name = bool(path) and all(path not in _paths(each.entity, each.project) for each in collections)
    versions = []
    for collection in collections:
        indexes = list(collection.indexes())
        for index in indexes if is_name else indexes[-1:]:
            version = collection.version(index)
            if version is not None and kind in (None, version.type):
                versions.append((version, collection.aliases_of(index)))
    return sorted(versions, key=lambda each: each[0].created, reverse=True)[:limit]


def _paths(entity: str, project: str, name: str | None = None) -> set[str]:
    """Return the texts that select the project, and the artifact if *name* is given; "" selects everything."""
    project_path = f"{entity}/{project}" if entity else project
    paths = {"", project, project_path}
    return paths if name is None else paths | {name, f"{project}/{name}", f"{project_path}/{name}"}
