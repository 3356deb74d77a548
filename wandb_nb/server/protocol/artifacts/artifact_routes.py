"""The routes that accept and return contents and manifests; the signed address is the permission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wandb_nb.artifacts.store.file_copies import bytes_digest
from wandb_nb.errors import UsageError
from wandb_nb.server.http import artifact_urls
from wandb_nb.server.http.anonymous_accounts import spend
from wandb_nb.server.http.authentication import user_by_key_or_login
from wandb_nb.server.http.browser_policy import FILE_HEADERS
from wandb_nb.server.http.request_body import read_body
from wandb_nb.server.http.services import discard_blobs, services_of
from wandb_nb.server.http.stored_body import store_body
from wandb_nb.server.http.stored_response import stored_response
from wandb_nb.server.protocol.artifacts.artifact_access import ARTIFACT
from wandb_nb.server.protocol.artifacts.multipart_uploads import MAX_CONTENT_BYTES
from wandb_nb.server.protocol.artifacts.uploaded_contents import add_content, has_content, has_right, writer_of
from wandb_nb.server.protocol.staged_uploads import add_staged, artifact_group
from wandb_nb.server.storage.artifacts import content_store, manifest_store, version_store
from wandb_nb.server.storage.artifacts.manifest_form import read_manifest
from wandb_nb.server.storage.files.file_store import StoredFile
from wandb_nb.server.storage.server_ids import global_id, parse_global_id
from wandb_nb.server.storage.storage_errors import NotFoundError, PermissionDeniedError
from wandb_nb.server.storage.users import Right, user_by_login

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request

    from wandb_nb.server.http.artifact_urls import ContentDownload, ManifestDownload, ManifestUpload
    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User

MAX_MANIFEST_BYTES = 64 << 20
_MAX_LIGHT_MANIFEST = 4 << 20
_BUFFER = "application/octet-stream"
_BY_ID = "/artifactsV2/{region}/{entity}/{artifact}/{digest}"
_BY_NAME = "/artifactsV2/{region}/{entity}/{project}/{collection}/{artifact}/{digest}/{name:anything}"
_INVALID_ADDRESS = "permission denied: this address has expired, or its artifact or user may no longer use it"


async def upload_content(request: Request) -> Response:
    """`PUT /upload/content/<token>`: stores a content if it has the MD5 that the address names."""
    services = services_of(request)
    target = artifact_urls.read_content_upload(services.signer, request.path_params["token"])
    user = await run_in_threadpool(writer_of, services, target) if target is not None else None
    if target is None or user is None:
        raise PermissionDeniedError(_INVALID_ADDRESS)
    stored = await store_body(request, user, MAX_CONTENT_BYTES)
    unused = await run_in_threadpool(add_content, services, target, stored)
    if unused is not None:
        await run_in_threadpool(discard_blobs, services, [unused])
    if stored.md5 != target.digest:
        raise UsageError(f"the content has the MD5 {stored.md5}, not {target.digest} as announced; send it again")
    return JSONResponse({}, headers={"ETag": f'"{stored.md5}"'})


async def find_content(request: Request) -> Response:
    """`HEAD /upload/content/<token>`: whether the content is here, so that it need not be sent."""
    services = services_of(request)
    target = artifact_urls.read_content_upload(services.signer, request.path_params["token"])
    is_present = target is not None and await run_in_threadpool(has_content, services, target)
    return Response(headers={"ETag": f'"{target.digest}"'}) if target and is_present else Response(status_code=404)


async def upload_manifest(request: Request) -> Response:
    """`PUT /upload/manifest/<token>`: stores the entries of a manifest if it has the MD5 that the address names."""
    services = services_of(request)
    target = artifact_urls.read_manifest_upload(services.signer, request.path_params["token"])
    if target is None:
        raise PermissionDeniedError(_INVALID_ADDRESS)
    body = await read_body(request, MAX_MANIFEST_BYTES)
    digest = bytes_digest(body)
    if digest != target.announced:
        raise UsageError(f"the manifest has the MD5 {digest}, not {target.announced} as announced; send it again")
    if len(body) <= _MAX_LIGHT_MANIFEST:
        await run_in_threadpool(_fill_manifest, services, target, body)
    else:  # parsed, it takes ten times as much memory: a few at a time, and the client waits or repeats
        await services.heavy_pages.run(target.user_id, _fill_manifest, services, target, body)
    return JSONResponse({})


def _fill_manifest(services: Services, target: ManifestUpload, body: bytes) -> None:
    sent = read_manifest(body)
    add_staged(services, artifact_group(target.artifact_id))  # a client sends the manifest after the contents
    with services.database.write() as connection:
        user = user_by_login(connection, target.user_id, target.login)
        artifact = version_store.artifact_by_id(connection, target.artifact_id)
        if user is None or not has_right(connection, user, artifact, Right.WRITE):
            raise PermissionDeniedError(_INVALID_ADDRESS)
        spend(connection, user, len(body))
        if artifact.manifest_id is None:  # else another client has committed the same content
            manifest_store.fill_manifest(connection, target.manifest_id, artifact.project_id, sent)


async def content(request: Request) -> Response:
    """`GET /artifact-content/<token>`."""
    services = services_of(request)
    target = artifact_urls.read_content_download(services.signer, request.path_params["token"])
    file = await run_in_threadpool(_content, services, target) if target is not None else None
    if file is None:
        raise NotFoundError(_INVALID_ADDRESS)
    return await stored_response(request, *file, _BUFFER)


def _content(services: Services, target: ContentDownload) -> tuple[StoredFile, str] | None:
    """Return the content and a name for it, if the user of the address may read its artifact."""
    with services.database.read() as connection:
        artifact = _readable(connection, target)
        if artifact is None:
            return None
        path = manifest_store.path_of_content(connection, artifact.manifest_id, target.content_id)
        row = content_store.content_by_id(connection, target.content_id) if path is not None else None
        return None if row is None or path is None else (_stored_file(row), path.rpartition("/")[2])


def _stored_file(row: Any) -> StoredFile:
    """Return the file of *row*, a content."""
    return StoredFile(row.blob, row.size, row.digest)


def _readable(connection: Connection, target: ContentDownload | ManifestDownload) -> Any:
    user = user_by_login(connection, target.user_id, target.login)
    artifact = version_store.artifact_by_id(connection, target.artifact_id)
    if artifact is None or artifact.manifest_id is None:
        return None
    return artifact if has_right(connection, user, artifact, Right.READ) else None


async def manifest(request: Request) -> Response:
    """`GET /artifact-manifest/<token>`."""
    services = services_of(request)
    target = artifact_urls.read_manifest_download(services.signer, request.path_params["token"])
    text = await services.heavy_pages.run(target.user_id, _manifest, services, target) if target is not None else None
    if text is None:
        raise NotFoundError(_INVALID_ADDRESS)
    return Response(text, media_type="application/json", headers=FILE_HEADERS)


def _manifest(services: Services, target: ManifestDownload) -> str | None:
    with services.database.read() as connection:
        artifact = _readable(connection, target)
        if artifact is None:
            return None
        birth_id = global_id(ARTIFACT, artifact.id)
        return "".join(manifest_store.manifest_text(connection, artifact.manifest_id, birth_id))


async def content_by_key(request: Request) -> Response:
    """`GET /artifactsV2/…/<artifact id>/<MD5>[/<name>]`, for the user of the key or login."""
    user = await user_by_key_or_login(request)
    file = await run_in_threadpool(_named_content, services_of(request), user, dict(request.path_params))
    if file is None:
        raise NotFoundError("there is no such content on this server, or you may not see it")
    return await stored_response(request, *file, _BUFFER)


def _named_content(services: Services, user: User, path: dict[str, str]) -> tuple[StoredFile, str] | None:
    with services.database.read() as connection:
        artifact = version_store.artifact_by_id(connection, parse_global_id(ARTIFACT, path["artifact"]))
        if not has_right(connection, user, artifact, Right.READ) or artifact.manifest_id is None:
            return None
        row = content_store.find_content(connection, artifact.project_id, path["digest"])
        name = row and manifest_store.path_of_content(connection, artifact.manifest_id, row.id)
        return None if row is None or name is None else (_stored_file(row), name.rpartition("/")[2])


async def content_by_path(request: Request) -> Response:
    """`GET /artifact-files/<client id>/<path>`: a file of an artifact that a page shows, for the user of its login."""
    user = await user_by_key_or_login(request)
    client_id, path = request.path_params["client"], request.path_params["name"]
    file = await run_in_threadpool(_content_at, services_of(request), user, client_id, path)
    if file is None:
        raise NotFoundError("there is no such content on this server, or you may not see it")
    return await stored_response(request, file, path.rpartition("/")[2], _BUFFER)


def _content_at(services: Services, user: User, client_id: str, path: str) -> StoredFile | None:
    with services.database.read() as connection:
        for artifact in version_store.artifacts_by_client_id(connection, client_id):
            if artifact.manifest_id is None or not has_right(connection, user, artifact, Right.READ):
                continue
            entry = manifest_store.find_entry(connection, artifact.manifest_id, path)
            row = content_store.content_by_id(connection, entry.content_id) if entry and entry.content_id else None
            if row is not None:
                return _stored_file(row)
    return None


ARTIFACT_ROUTES = [
    Route("/upload/content/{token}", upload_content, methods=["PUT"]),
    Route("/upload/content/{token}", find_content, methods=["HEAD"]),
    Route("/upload/manifest/{token}", upload_manifest, methods=["PUT"]),
    Route("/artifact-content/{token}", content),
    Route("/artifact-manifest/{token}", manifest),
    Route(_BY_ID, content_by_key),
    Route(_BY_NAME, content_by_key),
    Route("/artifact-files/{client}/{name:anything}", content_by_path),
]
