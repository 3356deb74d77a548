"""Creating, committing, changing and deleting versions of artifacts."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, insert, or_, select, update

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.artifacts import aliases, collection_store, content_store, manifest_store, version_store
from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.run_updates import check_object
from wandb_nb.server.storage.tables import artifact_client_ids, artifact_memberships, artifacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_MAX_TEXT = 1 << 20
_MAX_ID = 128
_MD5_HEX = 32
_BATCH = 500
NO_TTL = -2
"""What clients send and read for a version that is not deleted by its age."""


class NewVersion(NamedTuple):
    """What a client says of a version that it begins."""

    digest: str
    run_id: int | None = None
    client_id: str | None = None
    distributed_id: str | None = None
    description: str | None = None
    metadata: str | None = None
    tags: Sequence[str] = ()
    aliases: Sequence[str] = ()
    ttl_seconds: int | None = None
    history_step: int | None = None
    is_deduplicated: bool = True


def create_version(connection: Connection, collection: Any, new: NewVersion) -> Any:
    """Return the row of the artifact with which the client continues.

    That is an existing version if the content is the same, and one that is not committed yet if another process sends
    the same content at this moment, so that equal contents are one version.

    Raises:
        UsageError: A value is not possible.

    """
    _check(new)
    existing = _find_existing(connection, collection, new)
    artifact = _insert(connection, collection, new) if existing is None else existing
    if new.client_id:
        version_store.add_client_id(connection, artifact.id, new.client_id)
    if existing is None:
        return artifact
    if existing.manifest_id is not None:
        membership = version_store.membership_of(connection, collection.id, existing.id)
        aliases.move_aliases(connection, membership, new.aliases)
    else:
        wanted = dict.fromkeys([*json.loads(existing.aliases), *new.aliases])
        _change(connection, existing.id, {"aliases": json.dumps(list(wanted))})
    return version_store.artifact_by_id(connection, existing.id)


def commit_version(connection: Connection, artifact: Any) -> Any:
    """Make *artifact* a version with the next number, if it is not one yet; return its row.

    Raises:
        UsageError: Its manifest or one of its files has not arrived, or the manifest is another one.

    """
    if artifact.manifest_id is not None:  # another writer of the same content was first
        manifest_store.delete_other_manifests(connection, artifact.id, artifact.manifest_id)
        return artifact
    manifest_id, digest = manifest_store.final_manifest(connection, artifact, _base_manifest(connection, artifact))
    size, count = manifest_store.resolve_contents(connection, manifest_id, artifact.project_id)
    values = {"manifest_id": manifest_id, "digest": digest, "size": size, "file_count": count, "updated": time.time()}
    _change(connection, artifact.id, values)
    membership = add_membership(connection, artifact.collection_id, artifact.id)
    aliases.move_aliases(connection, membership, json.loads(artifact.aliases))
    manifest_store.delete_other_manifests(connection, artifact.id, manifest_id)
    return version_store.artifact_by_id(connection, artifact.id)


def add_membership(connection: Connection, collection_id: int, artifact_id: int) -> Any:
    """Return the row of the membership of an artifact in a collection, which it gets with the next number."""
    existing = version_store.membership_of(connection, collection_id, artifact_id)
    if existing is None:
        number = collection_store.next_version(connection, collection_id)
        values = {"collection_id": collection_id, "artifact_id": artifact_id, "version": number, "created": time.time()}
        connection.execute(insert(artifact_memberships).values(**values))
        existing = version_store.membership_of(connection, collection_id, artifact_id)
    return existing


def remove_membership(connection: Connection, membership: Any) -> None:
    """Remove an artifact from a portfolio."""
    connection.execute(delete(artifact_memberships).where(artifact_memberships.c.id == membership.id))


def update_version(
    connection: Connection,
    artifact: Any,
    values: dict[str, Any],
    added_tags: Sequence[str] = (),
    removed_tags: Sequence[str] = (),
) -> Any:
    """Change what *values* has of `description`, `metadata` and `ttl_seconds`, and the tags; return the row.

    Raises:
        UsageError: A value is not possible.

    """
    changes: dict[str, Any] = {"updated": time.time()}
    if values.get("description") is not None:
        changes["description"] = _check_text(values["description"], "description")
    if values.get("metadata") is not None:
        changes["metadata"] = check_object(_check_text(values["metadata"], "metadata"), "metadata")
    if values.get("ttl_seconds") is not None:
        changes["ttl_seconds"] = _ttl(values["ttl_seconds"])
    if added_tags or removed_tags:
        changes["tags"] = collection_store.change_tags(artifact.tags, added_tags, removed_tags)
    _change(connection, artifact.id, changes)
    return version_store.artifact_by_id(connection, artifact.id)


def delete_artifacts(connection: Connection, ids: Sequence[int]) -> list[str]:
    """Delete artifacts; return the blobs of contents that nothing refers to any more, to delete after the commit."""
    blobs: list[str] = []
    for start in range(0, len(ids), _BATCH):
        batch = list(ids[start : start + _BATCH])
        content_ids = content_store.content_ids(connection, manifest_store.manifest_ids(connection, batch))
        connection.execute(delete(artifacts).where(artifacts.c.id.in_(batch)))
        blobs += content_store.delete_unused(connection, content_ids)
    return blobs


def outdated_ids(connection: Connection, among: Sequence[int] | None = None) -> list[int]:
    """Return the ids of versions older than they should become, and of those begun a day ago and not committed."""
    now = time.time()
    is_old = artifacts.c.created + artifacts.c.ttl_seconds < now
    is_abandoned = artifacts.c.manifest_id.is_(None) & (artifacts.c.updated < now - content_store.UNUSED_SECONDS)
    query = select(artifacts.c.id).where(or_(is_old, is_abandoned))
    return list(connection.execute(query if among is None else query.where(artifacts.c.id.in_(among))).scalars())


def _check(new: NewVersion) -> None:
    if len(new.digest) != _MD5_HEX or not all(letter in "0123456789abcdef" for letter in new.digest):
        raise UsageError(f"the digest {new.digest[:40]!r} is not an MD5 in hexadecimal; this server knows no other")
    if any(text is not None and len(text) > _MAX_ID for text in (new.client_id, new.distributed_id)):
        raise UsageError(f"the id of an artifact has at most {_MAX_ID} characters")
    aliases.check_aliases(new.aliases)


def _find_existing(connection: Connection, collection: Any, new: NewVersion) -> Any:
    of_collection = version_store.select_artifacts().where(artifacts.c.collection_id == collection.id)
    conditions: list[Any] = []
    if new.client_id:  # the same request again
        same = select(artifact_client_ids.c.artifact_id).where(artifact_client_ids.c.client_id == new.client_id)
        conditions.append(artifacts.c.id.in_(same))
    if new.distributed_id:
        conditions.append((artifacts.c.distributed_id == new.distributed_id) & artifacts.c.manifest_id.is_(None))
    elif new.is_deduplicated:
        conditions.append((artifacts.c.digest == new.digest) & artifacts.c.distributed_id.is_(None))
    for condition in conditions:
        query = of_collection.where(condition).order_by(artifacts.c.manifest_id.is_(None), artifacts.c.id)
        if (row := connection.execute(query.limit(1)).first()) is not None:
            return row
    return None


def _insert(connection: Connection, collection: Any, new: NewVersion) -> Any:
    now = time.time()
    values = {
        "collection_id": collection.id,
        "run_id": new.run_id,
        "digest": new.digest,
        "distributed_id": new.distributed_id,
        "description": None if new.description is None else _check_text(new.description, "description"),
        "metadata": None if new.metadata is None else check_object(_check_text(new.metadata, "metadata"), "metadata"),
        "tags": collection_store.change_tags("[]", new.tags, ()),
        "aliases": json.dumps(list(new.aliases)),
        "ttl_seconds": _ttl(new.ttl_seconds),
        "history_step": new.history_step,
        "created": now,
        "updated": now,
    }
    artifact_id = inserted_id(connection.execute(insert(artifacts).values(**values)))
    return version_store.artifact_by_id(connection, artifact_id)


def _base_manifest(connection: Connection, artifact: Any) -> int | None:
    """Return the manifest of the version that an incremental *artifact* continues, in the same collection."""
    base_id = manifest_store.base_of(connection, artifact.id)
    base = version_store.artifact_by_id(connection, base_id)
    is_usable = base is not None and base.collection_id == artifact.collection_id
    return base.manifest_id if is_usable else None


def _check_text(text: str, name: str) -> str:
    if len(text) > _MAX_TEXT:
        raise UsageError(f"the {name} of an artifact has at most {_MAX_TEXT} characters")
    return text


def _ttl(seconds: int | None) -> int | None:
    return seconds if seconds is not None and seconds > 0 else None


def _change(connection: Connection, artifact_id: int, values: dict[str, Any]) -> None:
    connection.execute(update(artifacts).where(artifacts.c.id == artifact_id).values(**values))
