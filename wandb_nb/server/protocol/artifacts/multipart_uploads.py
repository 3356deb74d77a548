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

import anyio.from_thread
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from wandb_nb.errors import UsageError
from wandb_nb.server.http.artifact_urls import ArtifactAddresses
from wandb_nb.server.http.services import discard_blobs
from wandb_nb.server.protocol.artifacts.artifact_access import writable_artifact
from wandb_nb.server.storage.artifacts import content_store, version_store
from wandb_nb.server.storage.files.file_store import StoredFile
from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.protocol.request_context import RequestContext
    from wandb_nb.server.storage.files.file_store import FileStore

MAX_PARTS = 10_000
"""Of one request."""
MAX_CONTENT_BYTES = 64 << 30
MAX_WAIT_SECONDS = 20.0
_DIGEST = re.compile(r"[0-9a-f]{32}")
_joining = threading.Lock()  # one at a time: each reads and writes as fast as the disk


class _Join(NamedTuple):
    """Parts, in their order, of the content *digest* of an artifact; *announced* is the Unix time of the request."""

    artifact: Any
    digest: str
    parts: list[StoredFile]
    announced: float


def announce_parts(context: RequestContext, artifact: Any, digest: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return where to send the *parts* of the content *digest* of an artifact; those that are there stay for a day.

    They come to this server, whatever store it has: it joins them.
    """
    addresses = ArtifactAddresses(context.base_url, context.services.signer, context.user)
    digests = _digests(parts)
    content_store.announce(context.connection, artifact.project_id, digests)
    entries = [
        {"partNumber": number, "uploadUrl": addresses.content_upload(artifact.id, part)}
        for number, part in enumerate(digests, 1)
    ]
    return {"uploadID": digest, "uploadUrlParts": entries}


def complete(context: RequestContext, values: dict[str, Any]) -> dict[str, Any]:
    """Join the parts in *values* after the commit, unless the project has the content; an abort leaves them.

    Raises:
        UsageError: A part is not here, or the upload is not one of this server.

    """
    artifact, digest = writable_artifact(context, values["artifactID"]), values["uploadID"]
    if not _DIGEST.fullmatch(digest):
        raise UsageError("there is no such upload on this server; announce the file again")
    if values["completeMultipartAction"] == "Complete" and not _has_content(context, artifact.project_id, digest):
        join = _Join(artifact, digest, _stored_parts(context, artifact, values["completedParts"]), time.time())
        context.after_commit.append(partial(_join_parts, context.services, join))
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


def _has_content(context: RequestContext, project_id: int, digest: str) -> bool:
    return bool(content_store.announce(context.connection, project_id, [digest]))


def _stored_parts(context: RequestContext, artifact: Any, parts: list[dict[str, Any]]) -> list[StoredFile]:
    digests = _digests(parts)
    missing = set(digests) - content_store.announce(context.connection, artifact.project_id, digests)
    if missing:
        numbers = [number for number, digest in enumerate(digests, 1) if digest in missing]
        raise UsageError(f"part {numbers[0]} of the file is not on this server; send it again")
    rows = content_store.contents_by_digest(context.connection, artifact.project_id, digests)
    if sum(rows[digest].size for digest in digests) > MAX_CONTENT_BYTES:
        raise UsageError(f"a file of an artifact has at most {MAX_CONTENT_BYTES >> 30} GiB")
    return [StoredFile(rows[digest].blob, rows[digest].size, digest) for digest in digests]


def _join_parts(services: Services, join: _Join) -> None:
    """Store the content that is made of the parts, and delete these where nothing else needs them.

    Raises:
        UsageError: A part is gone, or the whole has another MD5 than announced.
        BusyError: Another content is being joined.

    """
    with _turn():
        if _is_joined(services, join):  # by an earlier request, for whose answer the client did not wait
            return
        chunks = _chunks(services.store, [part.blob for part in join.parts])
        try:
            stored = anyio.from_thread.run(services.store.write, chunks, MAX_CONTENT_BYTES)
        except UsageError:
            if _is_joined(services, join):  # by another server process, which has deleted the parts
                return
            raise
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
        project_id, digests = join.artifact.project_id, [part.md5 for part in join.parts if part.md5 != join.digest]
        duplicate = content_store.add_content(connection, project_id, stored)
        unneeded = content_store.delete_parts(connection, project_id, digests, join.announced)
    return unneeded if duplicate is None else [*unneeded, duplicate]


@contextmanager
def _turn() -> Iterator[None]:
    if not _joining.acquire(timeout=MAX_WAIT_SECONDS):
        raise BusyError("the server is joining the parts of a large file; try again later")
    try:
        yield
    finally:
        _joining.release()


async def _chunks(store: FileStore, blobs: list[str]) -> AsyncIterator[bytes]:
    for blob in blobs:
        try:
            chunks = await run_in_threadpool(store.read, blob)
        except FileNotFoundError as error:
            raise UsageError("a part of the file is no longer on this server; send it again") from error
        async for chunk in iterate_in_threadpool(chunks):
            yield chunk
