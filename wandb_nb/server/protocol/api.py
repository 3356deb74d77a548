"""The routes for clients of W&B's protocol."""

from __future__ import annotations

import mimetypes
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wandb_nb.errors import AuthenticationError
from wandb_nb.server.http.authentication import (
    recent_user,
    user_by_key_or_login,
    user_by_request_key,
    user_with_key,
)
from wandb_nb.server.http.file_urls import read_upload_token
from wandb_nb.server.http.request_body import (
    limited_body,
    parse_json,
    parse_post,
    read_body,
    read_json,
    sequence_number,
)
from wandb_nb.server.http.services import discard_blobs, services_of
from wandb_nb.server.http.stored_body import spend_bytes, store_body
from wandb_nb.server.http.stored_response import stored_response
from wandb_nb.server.protocol import filestream, graphql_executor
from wandb_nb.server.protocol.artifacts.artifact_routes import ARTIFACT_ROUTES
from wandb_nb.server.protocol.staged_uploads import add_staged
from wandb_nb.server.protocol.uploaded_files import add_file, may_upload, upload_user
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.project_store import find_project
from wandb_nb.server.storage.shared.run_changes import announce_change
from wandb_nb.server.storage.storage_errors import NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User

_MAX_FILE = 5 << 30
_MAX_ACCOUNT_REQUEST, _MAX_LENGTH_DIGITS = 64 << 10, 18
_MAX_TELEMETRY = 1 << 20
_INVALID_ADDRESS = "permission denied: this upload address has expired, or its run or user may no longer use it"


async def graphql_route(request: Request) -> Response:
    """`POST /graphql`."""
    if "authorization" not in request.headers and services_of(request).anonymous.enabled:
        return await _create_anonymous_account(request)
    user = await user_by_request_key(request)
    services = services_of(request)
    services.key_limits.check_queries(user.login)
    payload = await read_json(request)
    await spend_bytes(services, user, _size(request, payload))
    base = str(request.base_url).rstrip("/")
    sequence = sequence_number(request)
    arguments = (services, user, base, payload, sequence)
    if _is_mutation(payload):  # runs never wait for those who read
        async with services.post_turns.turn(user.id):
            status, answer = await run_in_threadpool(_answer_graphql, *arguments)
    else:
        status, answer = await services.pages.run(user.id, _answer_graphql, *arguments)
    return Response(answer, status, media_type="application/json")


async def _create_anonymous_account(request: Request) -> Response:
    """Answer the one mutation that needs no key.

    Raises:
        AuthenticationError: The request is another one.
        PermissionDeniedError: There are too many accounts.

    """
    payload = parse_json(await read_body(request, _MAX_ACCOUNT_REQUEST))
    query = payload.get("query") if isinstance(payload, dict) else None
    if not (_is_mutation(payload) and "createAnonymousEntity" in str(query)):
        raise AuthenticationError("the API key is missing; this server gives an anonymous account to who asks for one")
    address = request.client.host if request.client else ""
    account, key = await run_in_threadpool(_create_account, services_of(request), address)
    api_key = {"id": str(account), "name": key}
    return JSONResponse({"data": {"createAnonymousEntity": {"apiKey": api_key}}}, headers={"Cache-Control": "no-store"})


def _create_account(services: Services, address: str) -> tuple[int, str]:
    with services.database.write() as connection:
        return services.anonymous.create(connection, address)


def _size(request: Request, content: Any) -> int:
    """Return the size of a request's body, without what it takes to find out where the client has sent it."""
    length = request.headers.get("content-length", "")
    packed = "content-encoding" in request.headers
    is_known = length.isdecimal() and len(length) <= _MAX_LENGTH_DIGITS and not packed
    return int(length) if is_known else len(str(content))


def _is_mutation(payload: Any) -> bool:
    query = payload.get("query") if isinstance(payload, dict) else None
    return isinstance(query, str) and query.lstrip().startswith("mutation")


def _answer_graphql(services: Services, user: User, *arguments: Any) -> tuple[int, str]:
    start = time.thread_time()
    try:
        status, answer = graphql_executor.execute_request(services, user, *arguments)
        return status, graphql_executor.dumps(answer)
    finally:
        services.key_limits.spend_query(user.login, time.thread_time() - start)


class _AppliedPost(NamedTuple):
    """A post that was applied: its answer, how many lines it has of each stream, and whether its run has new files."""

    answer: dict[str, Any]
    line_counts: dict[str, int]
    run_uid: str
    has_files: bool


async def file_stream(request: Request) -> Response:
    """`POST /files/<entity>/<project>/<run>/file_stream`: answers after the commit."""
    key, user = await recent_user(request)
    body = await read_body(request)
    services, path, sequence = services_of(request), dict(request.path_params), sequence_number(request)
    await spend_bytes(services, user, len(body))
    async with services.post_turns.turn(user.id, (path["entity"], path["project"])):
        post = await run_in_threadpool(_apply_post, services, key, path, body, sequence)
    if post.has_files and services.signed is not None:  # which may take long, and delays no other post
        await run_in_threadpool(add_staged, services, post.run_uid)
    services.metrics.count_lines(post.line_counts)
    return JSONResponse(post.answer)


def _apply_post(
    services: Services, key: str, path: dict[str, str], content: bytes, sequence: int | None
) -> _AppliedPost:
    body = parse_post(content)
    history = filestream.prepare_history(body)
    with services.database.write() as connection:
        run = _find_run(connection, user_with_key(connection, key), path, for_writing=True)
        answer = filestream.apply_post(connection, run, body, sequence, history)
        announce_change(connection, run)
    has_files = bool(body.get("uploaded") or body.get("complete"))
    return _AppliedPost(answer, filestream.line_counts(body), run.uid, has_files)


def _add_staged_files(services: Services, user: User, path: dict[str, str]) -> None:
    """Add what the client of the run sent straight to the store."""
    with services.database.read() as connection:
        run = _find_run(connection, user, path)
    add_staged(services, run.uid)


def _find_run(connection: Connection, user: User, path: dict[str, str], *, for_writing: bool = False) -> Any:
    project = find_project(connection, user, path["entity"], path["project"])
    run = run_store.find_run(connection, project, path["run"]) if project is not None else None
    if project is None or run is None:
        raise NotFoundError("there is no such run on this server")
    if for_writing:
        run_store.check_right(user, run, project.right)
    return run


async def upload(request: Request) -> Response:
    """`PUT /upload/<token>`: the address itself is the permission."""
    services = services_of(request)
    target = read_upload_token(services.signer, request.path_params["token"])
    if target is None or not await run_in_threadpool(may_upload, services, target):
        raise PermissionDeniedError(_INVALID_ADDRESS)
    owner = await run_in_threadpool(upload_user, services, target)
    stored = await store_body(request, owner, _MAX_FILE)
    unused = await run_in_threadpool(add_file, services, target, stored)
    if unused is not None:
        await run_in_threadpool(discard_blobs, services, [unused])
    return JSONResponse({})


async def download(request: Request) -> Response:
    """`GET /files/<entity>/<project>/<run>/<name>`."""
    user = await user_by_key_or_login(request)
    row = await run_in_threadpool(_file, services_of(request), user, dict(request.path_params))
    media_type = mimetypes.guess_type(row.name)[0] or "application/octet-stream"
    return await stored_response(request, row, row.name.rpartition("/")[2], media_type)


def _file(services: Services, user: User, path: dict[str, str]) -> Any:
    with services.database.read() as connection:
        row = run_store.find_file(connection, _find_run(connection, user, path), path["name"])
    if row is None and services.signed is not None:  # it may have arrived just now
        _add_staged_files(services, user, path)
        with services.database.read() as connection:
            row = run_store.find_file(connection, _find_run(connection, user, path), path["name"])
    if row is None:
        raise NotFoundError("the run has no such file, or you may not see it")
    return row


async def telemetry(request: Request) -> Response:
    """`POST /sdk/otel/…`: official clients report on themselves; this is read and discarded."""
    async for _ in limited_body(request, _MAX_TELEMETRY):
        pass
    return JSONResponse({})


ROUTES = [
    *ARTIFACT_ROUTES,
    Route("/graphql", graphql_route, methods=["POST"]),
    Route("/files/{entity}/{project}/{run}/file_stream", file_stream, methods=["POST"]),
    Route("/files/{entity}/{project}/{run}/{name:anything}", download),
    Route("/upload/{token}", upload, methods=["PUT"]),
    Route("/sdk/otel/{rest:path}", telemetry, methods=["POST"]),
]
