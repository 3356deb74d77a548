"""Contents of artifacts: stored once per project under the MD5 that this server computed.

Only versions of the same project can refer to a content, so that a digest known elsewhere gives no access.
"""

from __future__ import annotations

import binascii
import time
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, insert, select, update

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.tables import artifact_entries, contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.files.file_store import StoredFile

UNUSED_SECONDS = 86_400.0
"""How long a content waits for the version that it was sent for."""
_MD5_BYTES = 16
_BATCH = 500


def hex_digest(text: str) -> str:
    """Return the MD5 that *text* has in base64, in hex.

    Raises:
        UsageError: It is not one.

    """
    try:
        digest = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != _MD5_BYTES:
        raise UsageError(f"{text[:40]!r} is not an MD5 in base64")
    return digest.hex()


def announce(connection: Connection, project_id: int, digests: Iterable[str]) -> set[str]:
    """Return those of *digests* whose contents the project has; they stay until a version can refer to them."""
    present: set[str] = set()
    for batch in _batches(sorted(set(digests))):
        condition = (contents.c.project_id == project_id, contents.c.digest.in_(batch))
        present |= set(connection.execute(select(contents.c.digest).where(*condition)).scalars())
        connection.execute(update(contents).where(*condition).values(announced=time.time()))
    return present


def add_content(connection: Connection, project_id: int, stored: StoredFile) -> str | None:
    """Make *stored* a content of the project; return its blob if the project has one with its digest already."""
    if stored.md5 in announce(connection, project_id, [stored.md5]):
        return stored.blob
    values = {"digest": stored.md5, "size": stored.size, "blob": stored.blob, "announced": time.time()}
    connection.execute(insert(contents).values(project_id=project_id, **values))
    return None


def content_by_id(connection: Connection, content_id: int) -> Any:
    """Return the row of the content, or None."""
    return connection.execute(select(contents).where(contents.c.id == content_id)).first()


def find_content(connection: Connection, project_id: int, digest: str) -> Any:
    """Return the row of the content with this MD5, in hex, or None."""
    condition = (contents.c.project_id == project_id, contents.c.digest == digest)
    return connection.execute(select(contents).where(*condition)).first()


def contents_by_digest(connection: Connection, project_id: int, digests: Iterable[str]) -> dict[str, Any]:
    """Return the rows of the contents with these MD5s, in hex, by them."""
    rows: dict[str, Any] = {}
    for batch in _batches(sorted(set(digests))):
        condition = (contents.c.project_id == project_id, contents.c.digest.in_(batch))
        rows |= {row.digest: row for row in connection.execute(select(contents).where(*condition))}
    return rows


def delete_parts(connection: Connection, project_id: int, digests: Iterable[str], before: float) -> list[str]:
    """Delete contents that were parts of a joined one; return their blobs, to delete after the commit.

    Those that a version has, or that another client announced after the Unix time *before*, are left.
    """
    blobs: list[str] = []
    for batch in _batches(sorted(set(digests))):
        named = (contents.c.project_id == project_id, contents.c.digest.in_(batch))
        query = select(contents.c.id, contents.c.blob).where(*named, contents.c.announced <= before, _is_unused())
        rows = connection.execute(query).all()
        connection.execute(delete(contents).where(contents.c.id.in_([row.id for row in rows])))
        blobs += [row.blob for row in rows]
    return blobs


def content_ids(connection: Connection, manifest_ids: Sequence[int]) -> list[int]:
    """Return the ids of the contents that the manifests refer to."""
    condition = (artifact_entries.c.manifest_id.in_(manifest_ids), artifact_entries.c.content_id.is_not(None))
    return list(connection.execute(select(artifact_entries.c.content_id).where(*condition).distinct()).scalars())


def delete_unused(connection: Connection, content_ids: Iterable[int]) -> list[str]:
    """Delete those of the contents that nothing refers to; return their blobs, to delete after the commit.

    One that was announced within a day is left: a client may be about to commit a version that has it.
    """
    blobs: list[str] = []
    before = time.time() - UNUSED_SECONDS
    for batch in _batches(list(content_ids)):
        condition = (contents.c.id.in_(batch), contents.c.announced < before, _is_unused())
        rows = connection.execute(select(contents.c.id, contents.c.blob).where(*condition)).all()
        connection.execute(delete(contents).where(contents.c.id.in_([row.id for row in rows])))
        blobs += [row.blob for row in rows]
    return blobs


def unused_ids(connection: Connection) -> list[int]:
    """Return the ids of contents that nothing refers to and that were announced more than a day ago."""
    condition = contents.c.announced < time.time() - UNUSED_SECONDS
    return list(connection.execute(select(contents.c.id).where(condition, _is_unused())).scalars())


def _is_unused() -> Any:
    return ~exists().where(artifact_entries.c.content_id == contents.c.id)


def _batches(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))
