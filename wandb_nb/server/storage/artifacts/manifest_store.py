"""Manifests in the database: announced, filled when their file arrives, merged and checked at the commit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, delete, exists, func, insert, literal, select, update

from wandb_nb.artifacts.manifest import manifest_digest
from wandb_nb.errors import UsageError
from wandb_nb.server.storage.artifacts.content_store import hex_digest
from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.tables import artifact_entries, artifact_manifests, contents
from wandb_nb.store.format.artifact_record import STORAGE_POLICY, ManifestEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from wandb_nb.server.storage.artifacts.manifest_form import SentManifest

FULL, PATCH, INCREMENTAL = KINDS = ("FULL", "PATCH", "INCREMENTAL")
_MAX_MANIFESTS = 1_000  # of a version; each of its writers announces some
_BATCH = 1_000
_COLUMNS = ("path", "digest", "size", "ref", "extra", "content_id")


def announce_manifest(connection: Connection, artifact_id: int, kind: str, base_id: int | None, announced: str) -> int:
    """Return the id of a new manifest of the version, whose file will have the MD5 *announced*, in base64.

    Raises:
        UsageError: The version has too many, or *announced* is not an MD5.

    """
    if announced:
        hex_digest(announced)
    of_artifact = select(func.count()).where(artifact_manifests.c.artifact_id == artifact_id)
    if (connection.execute(of_artifact).scalar() or 0) >= _MAX_MANIFESTS:
        raise UsageError(f"a version has at most {_MAX_MANIFESTS} manifests; commit it first")
    values = {"artifact_id": artifact_id, "kind": kind, "base_id": base_id, "announced": announced}
    return inserted_id(connection.execute(insert(artifact_manifests).values(**values)))


def renew_manifest(connection: Connection, manifest_id: int, base_id: int | None, announced: str) -> None:
    """Change what the file of a manifest will be.

    Raises:
        UsageError: *announced* is not an MD5.

    """
    if announced:
        hex_digest(announced)
    condition = artifact_manifests.c.id == manifest_id
    values = {"announced": announced} | ({} if base_id is None else {"base_id": base_id})
    connection.execute(update(artifact_manifests).where(condition).values(**values))


def manifest_by_id(connection: Connection, manifest_id: int | None) -> Any:
    """Return the row of the manifest, or None."""
    if manifest_id is None:
        return None
    return connection.execute(select(artifact_manifests).where(artifact_manifests.c.id == manifest_id)).first()


def base_of(connection: Connection, artifact_id: int) -> int | None:
    """Return the id of the version that the newest manifest of the artifact continues."""
    condition = (artifact_manifests.c.artifact_id == artifact_id, artifact_manifests.c.base_id.is_not(None))
    query = select(artifact_manifests.c.base_id).where(*condition).order_by(artifact_manifests.c.id.desc())
    return connection.execute(query.limit(1)).scalar()


def fill_manifest(connection: Connection, manifest_id: int, project_id: int, sent: SentManifest) -> None:
    """Store the entries of a manifest, with the contents that the project has already: usually all of them."""
    connection.execute(delete(artifact_entries).where(artifact_entries.c.manifest_id == manifest_id))
    digests = {path: hex_digest(entry.digest) for path, entry in sent.entries.items() if not entry.ref}
    stored = _sizes(connection, project_id, sorted(set(digests.values())))
    rows = []
    for path, entry in sent.entries.items():
        content_id, size = stored.get(digests.get(path, ""), (None, entry.size))
        columns = {"manifest_id": manifest_id, "path": path, "digest": entry.digest, "ref": entry.ref or None}
        rows.append({**columns, "extra": sent.extras.get(path), "size": size, "content_id": content_id})
    if rows:
        connection.execute(insert(artifact_entries), rows)
    condition = artifact_manifests.c.id == manifest_id
    connection.execute(update(artifact_manifests).where(condition).values(digest=sent.digest))


def final_manifest(connection: Connection, artifact: Any, base_manifest: int | None) -> tuple[int, str]:
    """Return the id of the manifest with which *artifact* can be committed, and the digest of its entries.

    Raises:
        UsageError: None has arrived, or it does not have the digest that was announced for the version.

    """
    condition = (artifact_manifests.c.artifact_id == artifact.id, artifact_manifests.c.digest.is_not(None))
    rows = connection.execute(select(artifact_manifests).where(*condition).order_by(artifact_manifests.c.id)).all()
    patches = [row.id for row in rows if row.kind == PATCH]
    whole = [row for row in rows if row.kind != PATCH]
    if patches:  # of several writers, together one version
        return _merge(connection, patches)
    matching = [row for row in whole if row.digest == artifact.digest]
    if not matching:
        reason = "has not arrived" if not whole else "does not have the digest of the version"
        raise UsageError(f"the version cannot be committed: its manifest {reason}; send it again")
    newest = matching[-1]
    if newest.kind == INCREMENTAL and base_manifest is not None:
        return _merge(connection, [newest.id, base_manifest])
    return newest.id, newest.digest


def _merge(connection: Connection, manifest_ids: list[int]) -> tuple[int, str]:
    """Add the entries of all manifests to the first, whose own win; return its id and its digest."""
    target = manifest_ids[0]
    for source in manifest_ids[1:]:
        present = select(artifact_entries.c.path).where(artifact_entries.c.manifest_id == target)
        added = select(literal(target), *(artifact_entries.c[name] for name in _COLUMNS))
        added = added.where(artifact_entries.c.manifest_id == source, artifact_entries.c.path.not_in(present))
        connection.execute(insert(artifact_entries).from_select(["manifest_id", *_COLUMNS], added))
    query = select(artifact_entries.c.path, artifact_entries.c.digest).where(artifact_entries.c.manifest_id == target)
    return target, manifest_digest({path: ManifestEntry(digest, 0) for path, digest in connection.execute(query)})


def resolve_contents(connection: Connection, manifest_id: int, project_id: int) -> tuple[int, int]:
    """Let the entries of a manifest refer to contents of the project; return its size in bytes and number of files.

    Raises:
        UsageError: The project lacks one.

    """
    entries = artifact_entries.c
    own = entries.manifest_id == manifest_id
    unresolved = select(entries.path, entries.digest).where(own, entries.ref.is_(None), entries.content_id.is_(None))
    digests = {path: hex_digest(digest) for path, digest in connection.execute(unresolved)}
    stored = _sizes(connection, project_id, sorted(set(digests.values())))
    missing = sorted(path for path, digest in digests.items() if digest not in stored)
    if missing:
        raise UsageError(
            f"the version cannot be committed: its file {missing[0][:80]!r} has not arrived; send it again"
        )
    changes = [
        {"this": path, "content_id": stored[digest][0], "size": stored[digest][1]} for path, digest in digests.items()
    ]
    _set_contents(connection, manifest_id, changes)
    total = select(func.coalesce(func.sum(entries.size), 0), func.count()).where(own)
    size, count = connection.execute(total).one()
    return int(size), int(count)


def _sizes(connection: Connection, project_id: int, digests: list[str]) -> dict[str, tuple[int, int]]:
    stored: dict[str, tuple[int, int]] = {}
    for start in range(0, len(digests), _BATCH):
        of_project = (contents.c.project_id == project_id, contents.c.digest.in_(digests[start : start + _BATCH]))
        rows = connection.execute(select(contents.c.digest, contents.c.id, contents.c.size).where(*of_project))
        stored |= {row.digest: (row.id, row.size) for row in rows}
    return stored


def _set_contents(connection: Connection, manifest_id: int, changes: list[dict[str, Any]]) -> None:
    condition = (artifact_entries.c.manifest_id == manifest_id, artifact_entries.c.path == bindparam("this"))
    changed = update(artifact_entries).where(*condition)
    changed = changed.values(content_id=bindparam("content_id"), size=bindparam("size"))
    if changes:
        connection.execute(changed, changes)


def delete_other_manifests(connection: Connection, artifact_id: int, manifest_id: int) -> None:
    """Delete the manifests of a committed version that it was not committed with."""
    condition = (artifact_manifests.c.artifact_id == artifact_id, artifact_manifests.c.id != manifest_id)
    connection.execute(delete(artifact_manifests).where(*condition))


def manifest_ids(connection: Connection, artifact_ids: list[int]) -> list[int]:
    """Return the ids of all manifests of the artifacts."""
    condition = artifact_manifests.c.artifact_id.in_(artifact_ids)
    return list(connection.execute(select(artifact_manifests.c.id).where(condition)).scalars())


def list_entries(connection: Connection, manifest_id: int, after: str, limit: int) -> list[Any]:
    """Return the rows of at most *limit* entries whose paths come after *after*, by path."""
    query = select(artifact_entries).where(
        artifact_entries.c.manifest_id == manifest_id, artifact_entries.c.path > after
    )
    return list(connection.execute(query.order_by(artifact_entries.c.path).limit(limit)))


def find_entry(connection: Connection, manifest_id: int, path: str) -> Any:
    """Return the row of the entry, or None."""
    condition = (artifact_entries.c.manifest_id == manifest_id, artifact_entries.c.path == path)
    return connection.execute(select(artifact_entries).where(*condition)).first()


class ManifestDifference(NamedTuple):
    """How a manifest differs from an earlier one: rows of entries, and for changed files the pairs of both."""

    added: list[Any]
    removed: list[Any]
    changed: list[tuple[Any, Any]]


def compare_manifests(connection: Connection, earlier: int, later: int, limit: int) -> ManifestDifference:
    """Return the files that were added, removed and changed, by path, at most *limit* of each."""
    changed_paths = _paths_that_differ(connection, earlier, later, limit)
    pairs = [(find_entry(connection, earlier, path), find_entry(connection, later, path)) for path in changed_paths]
    return ManifestDifference(
        _only_in(connection, later, earlier, limit), _only_in(connection, earlier, later, limit), pairs
    )


def _only_in(connection: Connection, manifest_id: int, other: int, limit: int) -> list[Any]:
    counterpart = artifact_entries.alias()
    has_counterpart = exists().where(counterpart.c.manifest_id == other, counterpart.c.path == artifact_entries.c.path)
    query = select(artifact_entries).where(artifact_entries.c.manifest_id == manifest_id, ~has_counterpart)
    return list(connection.execute(query.order_by(artifact_entries.c.path).limit(limit)))


def _paths_that_differ(connection: Connection, earlier: int, later: int, limit: int) -> list[str]:
    old, new = artifact_entries.alias(), artifact_entries.alias()
    joined = old.join(new, (old.c.path == new.c.path) & (new.c.manifest_id == later))
    query = select(old.c.path).select_from(joined)
    query = query.where(old.c.manifest_id == earlier, old.c.digest != new.c.digest)
    return list(connection.execute(query.order_by(old.c.path).limit(limit)).scalars())


def path_of_content(connection: Connection, manifest_id: int, content_id: int) -> str | None:
    """Return a path at which the manifest has the content, or None."""
    condition = (artifact_entries.c.content_id == content_id, artifact_entries.c.manifest_id == manifest_id)
    return connection.execute(select(artifact_entries.c.path).where(*condition).limit(1)).scalar()


def manifest_text(connection: Connection, manifest_id: int, birth_id: str) -> Iterator[str]:
    """Yield the JSON of a manifest in pieces, as clients read it; *birth_id* is the version's id in their addresses."""
    head = {"version": 1, "storagePolicy": STORAGE_POLICY, "storagePolicyConfig": {"storageLayout": "V2"}}
    yield json.dumps(head)[:-1] + ', "contents": {'
    after, separator = "", ""
    while rows := list_entries(connection, manifest_id, after, _BATCH):
        yield separator + ", ".join(f"{json.dumps(row.path)}: {json.dumps(_entry(row, birth_id))}" for row in rows)
        after, separator = rows[-1].path, ", "
    yield "}}"


def _entry(row: Any, birth_id: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"digest": row.digest, "size": row.size, "birthArtifactID": birth_id}
    if row.ref is not None:
        entry["ref"] = row.ref
    if row.extra is not None:
        entry["extra"] = json.loads(row.extra)
    return entry
