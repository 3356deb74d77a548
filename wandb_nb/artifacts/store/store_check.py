"""A check of the whole store: every version must be whole, and every content what its name says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wandb_nb.artifacts.manifest import object_name
from wandb_nb.artifacts.store.file_copies import file_digest
from wandb_nb.errors import Error

if TYPE_CHECKING:
    from wandb_nb.artifacts.store.artifact_collection import ArtifactCollection
    from wandb_nb.artifacts.store.artifact_store import ArtifactStore


@dataclass
class StoreCheck:
    """What was looked at, and one line for each problem."""

    versions: int = 0
    contents: int = 0
    size: int = 0
    problems: list[str] = field(default_factory=list)


def check_store(store: ArtifactStore, *, contents: bool = True) -> StoreCheck:
    """Check all versions of *store*, and read all contents unless *contents* is False."""
    result = StoreCheck()
    damaged: set[str] = set()
    sizes: dict[str, int] = {}
    for entry in store.contents.files():
        sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
        if contents and object_name(file_digest(entry.path)) != entry.name:
            damaged.add(entry.name)
    result.contents, result.size = len(sizes), sum(sizes.values())
    for collection in store.collections():
        for index in collection.indexes():
            result.versions += 1
            result.problems += _problems(collection, index, sizes, damaged)
    return result


def _problems(collection: ArtifactCollection, index: int, sizes: dict[str, int], damaged: set[str]) -> list[str]:
    name = f"{collection.path}:v{index}"
    if collection.version(index) is None:
        return [f"{name} has a damaged description"]
    try:
        entries = collection.manifest(index, touch=False)
    except Error as error:
        return [f"{name} has no usable manifest: {error}"]
    problems = []
    for path, entry in entries.items():
        if not entry.ref:
            content = object_name(entry.digest)
            if content in damaged:
                problems.append(f"{name}: the content of {path} is damaged")
            elif sizes.get(content) != entry.size:
                problems.append(f"{name}: the content of {path} is {'cut' if content in sizes else 'missing'}")
    return problems
