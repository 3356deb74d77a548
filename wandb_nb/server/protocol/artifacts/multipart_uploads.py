"""Large contents in parts: where clients send the parts, and the content that is joined of them.

A part is a content of the project like any other, under its own MD5. So an interrupted upload continues with the parts
that are there, and parts that are never joined are deleted as all contents are that no version needs.
"""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.errors import UsageError
from wandb_nb.server.http.artifact_urls import ArtifactAddresses, staged_content_token
from wandb_nb.server.http.services import discard_blobs
from wandb_nb.server.protocol.artifacts.artifact_access import writable_artifact
from wandb_nb.server.protocol.staged_uploads import add_staged, artifact_group
from wandb_nb.server.storage.artifacts import content_store, version_store
from wandb_nb.server.storage.files.file_store import StoredFile
from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.protocol.request_context import RequestContext

MAX_PARTS = 10_000
"""Of one request."""
MAX_CONTENT_BYTES = 64 << 30
MAX_WAIT_SECONDS = 20.0
_DIGEST = re.compile(r"[0-9a-f]{32}")
_joining = threading.Lock()  # one at a time: each reads and writes as fast as the disk


class _Join(NamedTuple):
    """Parts, in their order, of the content *digest* of an artifact; *announced* is the Unix time of the request.

    *parts* are the stored ones that have *digests*, none where the content was there when the request came.
    """

    artifact: Any
    digest: str
    digests: list[str]
    parts: list[StoredFile]
    announced: float


def announce_parts(context: RequestContext, artifact: Any, digest: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return where to send the *parts* of the content *digest* of an artifact; those that are there stay for a day.

    The address of a part that is there is one of this server, which reports that.
    """
    digests = _digests(parts)
    present = content_store.announce(context.connection, artifact.project_id, digests)
    entries = [
        {"partNumber": number, "uploadUrl": _part_url(context, artifact.id, part, is_present=part in present)}
        for number, part in enumerate(digests, 1)
    ]
    return {"uploadID": digest, "uploadUrlParts": entries}


def _part_url(context: RequestContext, artifact_id: int, digest: str, *, is_present: bool) -> str:
    """Return the address for a part: in the store if possible, else on this server."""
    signer, signed = context.services.signer, context.signed
    if signed is not None and not is_present:
        token = staged_content_token(signer, context.user, artifact_id, digest)
        if (url := signed.part_url(artifact_group(artifact_id), token, digest)) is not None:
            return url
    return ArtifactAddresses(context.base_url, signer, context.user).content_upload(artifact_id, digest)


def complete(context: RequestContext, values: dict[str, Any]) -> dict[str, Any]:
    """Join the parts in *values* after the commit, unless the project has the content; an abort leaves them.

    Raises:
        UsageError: A part is not here, or the upload is not one of this server.

    """
    artifact, digest = writable_artifact(context, values["artifactID"]), values["uploadID"]
    if not _DIGEST.fullmatch(digest):
        raise UsageError("there is no such upload on this server; announce the file again")
    if values["completeMultipartAction"] == "Complete":
        action = partial(_complete, context.services, artifact, digest, _digests(values["completedParts"]))
        context.after_commit.append(action)
    return {"digest": digest}


def _digests(parts: list[dict[str, Any]]) -> list[str]:
    """Return the MD5 of each part, in hex.

    Raises:
        UsageError: They are not numbered from 1, or one has no MD5.

    """
    if not 0 < len(parts) <= MAX_PARTS or [part["partNumber"] for part in parts] != list(range(1, len(parts) + 1)):
        raise UsageError(f"a file has 1 to {MAX_PARTS} parts, numbered from 1; send them in this order")
    digests = [part["hexMD5"].strip('"').lower() for part in parts]  # clients send back the ETag as they got it
    if not all(map(_DIGEST.fullmatch, digests)):
        raise UsageError("the MD5 of a part must be given in hexadecimal")
    return digests


def _complete(services: Services, artifact: Any, digest: str, part_digests: list[str]) -> None:
    """Join the parts with these MD5s, after those that a client sent straight to the store are contents.

    A client that got no answer in time asks again, which gives the parts a later time. So both requests delete them.
    """
    add_staged(services, artifact_group(artifact.id))
    with services.database.write() as connection:
        is_joined = bool(content_store.announce(connection, artifact.project_id, [digest]))
        parts = [] if is_joined else _stored_parts(connection, artifact.project_id, part_digests)
    join = _Join(artifact, digest, part_digests, parts, time.time())
    if not is_joined:
        _join_parts(services, join)
    _delete_parts(services, join)


def _stored_parts(connection: Connection, project_id: int, digests: list[str]) -> list[StoredFile]:
    missing = set(digests) - content_store.announce(connection, project_id, digests)
    if missing:
        numbers = [number for number, digest in enumerate(digests, 1) if digest in missing]
        raise UsageError(f"part {numbers[0]} of the file is not on this server; send it again")
    rows = content_store.contents_by_digest(connection, project_id, digests)
    if sum(rows[digest].size for digest in digests) > MAX_CONTENT_BYTES:
        raise UsageError(f"a file of an artifact has at most {MAX_CONTENT_BYTES >> 30} GiB")
    return [StoredFile(rows[digest].blob, rows[digest].size, digest) for digest in digests]


def _join_parts(services: Services, join: _Join) -> None:
    """Store the content that is made of the parts.

    Raises:
        UsageError: A part is gone, or the whole has another MD5 than announced.
        BusyError: Another content is being joined.

    """
    with _turn():
        if _is_joined(services, join):  # by an earlier request, for whose answer the client did not wait
            return
        try:
            stored = services.store.join(join.parts)
        except FileNotFoundError as error:
            if _is_joined(services, join):  # by another server process, which has deleted the parts
                return
            raise UsageError("a part of the file is no longer on this server; send it again") from error
        if stored.md5 != join.digest:
            discard_blobs(services, [stored.blob])
            raise UsageError(f"the joined file has the MD5 {stored.md5}, not {join.digest} as announced; send it again")
        discard_blobs(services, _add_joined(services, join, stored))


def _is_joined(services: Services, join: _Join) -> bool:
    with services.database.read() as connection:
        return content_store.find_content(connection, join.artifact.project_id, join.digest) is not None


def _add_joined(services: Services, join: _Join, stored: StoredFile) -> list[str]:
    """Make *stored* a content of the project; return the blobs that are not needed."""
    with services.database.write() as connection:
        if version_store.artifact_by_id(connection, join.artifact.id) is None:  # deleted meanwhile
            return [stored.blob]
        duplicate = content_store.add_content(connection, join.artifact.project_id, stored)
    return [] if duplicate is None else [duplicate]


def _delete_parts(services: Services, join: _Join) -> None:
    """Delete the parts, except those that something else needs."""
    digests = [digest for digest in join.digests if digest != join.digest]
    with services.database.write() as connection:
        blobs = content_store.delete_parts(connection, join.artifact.project_id, digests, join.announced)
    discard_blobs(services, blobs)


@contextmanager
def _turn() -> Iterator[None]:
    if not _joining.acquire(timeout=MAX_WAIT_SECONDS):
        raise BusyError("the server is joining the parts of a large file; try again later")
    try:
        yield
    finally:
        _joining.release()
