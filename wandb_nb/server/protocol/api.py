"""The routes that clients of W&B's protocol call."""

from __future__ import annotations

import mimetypes
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from wandb_nb.errors import UsageError
from wandb_nb.server.http.browser_policy import SANDBOX
from wandb_nb.server.http.file_urls import UPLOAD
from wandb_nb.server.http.requests import body_of, bounded, caller, order_of, services_of, someone
from wandb_nb.server.protocol import filestream, graphql
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.tables import files

if TYPE_CHECKING:
    from starlette.requests import Request

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.file_store import StoredFile
    from wandb_nb.server.storage.users import User

_LARGEST_FILE = 5 << 30
_LARGEST_TELEMETRY = 1 << 20
FILE_HEADERS = {"Content-Security-Policy": SANDBOX, "X-Content-Type-Options": "nosniff"}


class NotFoundError(UsageError):
    """Nothing is there for this user."""


async def graphql_route(request: Request) -> Response:
    """`POST /graphql`."""
    user = await caller(request)
    asked = filestream.parse(await body_of(request))
    base = str(request.base_url).rstrip("/")
    order = order_of(request)
    status, answer = await run_in_threadpool(graphql.answer, services_of(request), user, base, asked, order)
    return Response(graphql.dumps(answer), status, media_type="application/json")


async def file_stream(request: Request) -> Response:
    """`POST /files/<entity>/<project>/<run>/file_stream`: answered when all is committed."""
    user = await caller(request)
    body = filestream.parse(await body_of(request))
    path, order = dict(request.path_params), order_of(request)
    answer = await run_in_threadpool(_take, services_of(request), user, path, body, order)
    return JSONResponse(answer)


def _take(services: Services, user: User, path: dict[str, str], body: Any, order: int | None) -> dict[str, Any]:
    with services.database.write() as connection:
        found = _run(connection, user, path)
        run = run_store.run_for_writing(connection, user, found.id)
        answer = filestream.take(connection, run, body, order)
    services.changes.tell(run)
    return answer


def _run(connection: Any, user: User, path: dict[str, str]) -> Any:
    project = run_store.find_project(connection, user, path["entity"], path["project"])
    run = run_store.find_run(connection, project, path["run"]) if project is not None else None
    if run is None:
        raise NotFoundError("There is no such run on this server.")
    return run


async def upload(request: Request) -> Response:
    """`PUT /upload/<signed>`: the address itself is the permission."""
    services = services_of(request)
    facts = services.signer.read(UPLOAD, request.path_params["signed"])
    if facts is None:
        return JSONResponse({"error": "This upload address is not valid, or no longer."}, 403)
    stored = await services.store.write(bounded(request, _LARGEST_FILE), _LARGEST_FILE)
    old = await run_in_threadpool(_keep, services, facts, stored)
    if old is not None:
        await run_in_threadpool(services.store.delete, old)
    return JSONResponse({})


def _keep(services: Services, facts: list[Any], stored: StoredFile) -> str | None:
    """Make *stored* the file that its address means, *facts*; return the blob that is no longer needed."""
    number, name, announced = facts
    which = (files.c.run_id == number, files.c.name == name)
    with services.database.write() as connection:
        run = run_store.run_by_number(connection, number)
        if run is None:
            return stored.blob  # deleted while its file came
        old = connection.execute(select(files).where(*which)).first()
        if old is not None and old.announced > announced:
            return stored.blob  # it was under way while a newer one came
        connection.execute(delete(files).where(*which))
        values = {**stored._asdict(), "updated": time.time(), "announced": announced}
        connection.execute(insert(files).values(run_id=number, name=name, **values))
    services.changes.tell(run)
    return None if old is None else str(old.blob)


async def download(request: Request) -> Response:
    """`GET /files/<entity>/<project>/<run>/<name>`."""
    user = await someone(request)
    row = await run_in_threadpool(_file, services_of(request), user, dict(request.path_params))
    kind = mimetypes.guess_type(row.name)[0] or "application/octet-stream"
    path = services_of(request).store.path(row.blob)
    return FileResponse(path, media_type=kind, filename=row.name.rpartition("/")[2], headers=FILE_HEADERS)


def _file(services: Services, user: User, path: dict[str, str]) -> Any:
    with services.database.read() as connection:
        run = _run(connection, user, path)
        which = (files.c.run_id == run.id, files.c.name == path["name"])
        row = connection.execute(select(files).where(*which)).first()
    if row is None or (run_store.is_private_file(row.name) and not run.member):
        raise NotFoundError("The run has no such file, or you may not see it.")
    return row


async def telemetry(request: Request) -> Response:
    """`POST /sdk/otel/…`: official clients report on themselves; it is taken and thrown away."""
    async for _ in bounded(request, _LARGEST_TELEMETRY):
        pass
    return JSONResponse({})


ROUTES = [
    Route("/graphql", graphql_route, methods=["POST"]),
    Route("/files/{entity}/{project}/{run}/file_stream", file_stream, methods=["POST"]),
    Route("/files/{entity}/{project}/{run}/{name:anything}", download),
    Route("/upload/{signed}", upload, methods=["PUT"]),
    Route("/sdk/otel/{rest:path}", telemetry, methods=["POST"]),
]
