"""Which number a version of this machine has on a server: kept with the version, in the artifact store."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from wandb_nb.store.format.artifact_record import ArtifactRecord


def store_server_number(record: ArtifactRecord, server: str, number: int) -> str:
    """Store that *server* has the version of *record* as *number*; return its local name if that has another number.

    Versions that the store does not have, such as those of logged tables, have no local number.
    """
    collection = ArtifactStore().collection(record.entity, record.project, record.name)
    versions = [index for index, digest in collection.indexes().items() if digest == record.digest]
    if not versions:
        return ""
    index = versions[-1]
    version = collection.version(index)
    with suppress(OSError, ArtifactError):  # deleted meanwhile, or a store that cannot be written; StoreError is one
        if version is not None and version.server_numbers.get(server) != number:
            collection.update(index, server_numbers={**version.server_numbers, server: number})
    return f"{record.name}:v{index}" if index != number else ""
