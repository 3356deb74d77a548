"""What an open page follows: events that say that something changed, and the messages that its charts read."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from wandb_nb.errors import UsageError
from wandb_nb.server.http.requests import services_of, visitor
from wandb_nb.server.live import sampling
from wandb_nb.server.web.render import NOT_KEPT, project_of, run_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from wandb_nb.server.live.run_cache import RunCache
    from wandb_nb.server.storage.users import User
    from wandb_nb.view.message.run_message import Message

_TICK_S = 30.0  # a page is asked to look again though nothing was told: ages grow, silent runs crash
_PAUSE_S = 0.25  # what changes within it is one event
_MOST_POINTS = 4_000


async def run_events(request: Request) -> Response:
    """`GET …/runs/<run>/events`: server-sent events `change` whenever the run has changed."""
    return await _events(request, run_of, request.path_params["run"])


async def project_events(request: Request) -> Response:
    """`GET /<entity>/<project>/events`: server-sent events `change` with the ids of the runs that have changed."""
    return await _events(request, lambda *parts: (project_of(*parts), None), None)


async def _events(request: Request, named: Callable[..., tuple[Any, Any]], run: str | None) -> Response:
    user = await visitor(request)
    if user is None:
        return JSONResponse({"error": "Log in first."}, 403)

    def project() -> Any:
        with services_of(request).database.read() as connection:
            return named(connection, request, user)[0]

    known = await run_in_threadpool(project)
    headers = {**NOT_KEPT, "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(request, known.id, run, project), media_type="text/event-stream", headers=headers)


async def _told(request: Request, project: int, run: str | None, may_see: Callable[[], Any]) -> AsyncIterator[str]:
    """Yield events until the server ends, the page is gone, or its visitor may no longer see what it shows."""
    with services_of(request).changes.follow(project, run) as follower:
        yield f"retry: 2000\n\n{_event([])}"  # what changed before the page was listening is asked for now
        while (changed := await follower.changed(_TICK_S)) is not None:
            try:
                await run_in_threadpool(may_see)
            except UsageError:
                return
            if await visitor(request) is None:  # the key was renewed or revoked
                return
            yield _event(sorted(changed))
            await asyncio.sleep(_PAUSE_S)


def _event(changed: list[str]) -> str:
    return f"event: change\ndata: {json.dumps(changed)}\n\n"


async def data(request: Request) -> Response:
    """`GET …/data?cursor=`: a message, as the view reads it."""
    live: RunCache = request.app.state.live
    return await _message(request, lambda row: live.message(row, request.query_params.get("cursor", "")))


async def sampled(request: Request) -> Response:
    """`GET …/sampled?points=&cursor=`: a message with so many points of each metric at most, whatever the run has."""
    asked = request.query_params
    points = int(asked.get("points", "600")) if asked.get("points", "600").isdecimal() else 0
    points = max(2, min(points, _MOST_POINTS))
    database = services_of(request).database
    return await _message(request, lambda row: sampling.sampled(database, row, points, asked.get("cursor", "")))


async def system_data(request: Request) -> Response:
    """`GET …/system/data?cursor=`: the machine's metrics as a message."""
    database, cursor = services_of(request).database, request.query_params.get("cursor", "")
    return await _message(request, lambda row: sampling.system(database, row, _MOST_POINTS, cursor))


async def _message(request: Request, make: Callable[[Any], Message]) -> Response:
    user = await visitor(request)
    if user is None:
        return JSONResponse({"error": "Log in first."}, 403)
    body = await run_in_threadpool(_made, request, user, make)
    return Response(body, media_type="application/octet-stream", headers=NOT_KEPT)


def _made(request: Request, user: User, make: Callable[[Any], Message]) -> bytes:
    with services_of(request).database.read() as connection:
        _, row = run_of(connection, request, user)
    return make(row).to_bytes()
