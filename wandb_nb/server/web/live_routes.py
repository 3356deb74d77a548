"""What an open page follows: events when something changed, and the messages for its charts."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from wandb_nb.errors import UsageError
from wandb_nb.server.http.authentication import logged_in_user
from wandb_nb.server.http.browser_policy import NO_STORE
from wandb_nb.server.http.services import services_of
from wandb_nb.server.live.sampling import sampled_message, system_message
from wandb_nb.server.storage.storage_errors import BusyError
from wandb_nb.server.web.render import requested_project, requested_run
from wandb_nb.view.message.row_range import RangeRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from wandb_nb.server.storage.users import User
    from wandb_nb.view.message.run_message import Message

_REFRESH_SECONDS = 30.0  # a page refreshes without changes too: ages grow, silent runs crash
_BATCH_SECONDS = 0.25  # changes within this time are one event
_MAX_POINTS = 4_000
_MAX_DIGITS = 9


async def run_events(request: Request) -> Response:
    """`GET …/runs/<run>/events`: a server-sent event `change` whenever the run changes."""
    return await _events(request, requested_run, request.path_params["run"])


async def project_events(request: Request) -> Response:
    """`GET /<entity>/<project>/events`: server-sent events `change` with the names of the changed runs."""
    return await _events(request, lambda *parts: (requested_project(*parts), None), None)


async def _events(request: Request, find: Callable[..., tuple[Any, Any]], run: str | None) -> Response:
    user = await logged_in_user(request)
    if user is None:
        return JSONResponse({"error": "log in first"}, 403)

    def project() -> Any:
        with services_of(request).database.read() as connection:
            return find(connection, request, user)[0]

    project_id = (await run_in_threadpool(project)).id
    headers = {**NO_STORE, "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _change_events(request, project_id, run, project), media_type="text/event-stream", headers=headers
    )


async def _change_events(
    request: Request, project: int, run: str | None, check_access: Callable[[], Any]
) -> AsyncIterator[str]:
    """Yield events until the server ends, the page is closed, or its user may no longer see what it shows."""
    with services_of(request).subscriptions.subscribe(project, run) as subscription:
        # The first event makes the page load what changed before it subscribed.
        yield f"retry: 2000\n\n{_event([])}"
        while (changed := await subscription.wait(_REFRESH_SECONDS)) is not None:
            try:
                await run_in_threadpool(check_access)
                if await logged_in_user(request) is None:  # the key was renewed or revoked
                    return
            except (UsageError, BusyError):  # without a database the page is closed, and connects again
                return
            yield _event(sorted(changed))
            await asyncio.sleep(_BATCH_SECONDS)


def _event(changed: list[str]) -> str:
    return f"event: change\ndata: {json.dumps(changed)}\n\n"


async def data(request: Request) -> Response:
    """`GET …/data?cursor=`: the message of the run's page."""
    cache = services_of(request).run_cache
    return await _message(request, lambda row: cache.message(row, request.query_params.get("cursor", "")))


async def row_range(request: Request) -> Response:
    """`GET …/range?request=`: the rows of a part of the x axis, for charts that zoom."""
    cache, text = services_of(request).run_cache, request.query_params.get("request", "")
    return await _message(request, lambda row: cache.range(row, _parse_range(text)))


def _parse_range(text: str) -> RangeRequest:
    try:
        return RangeRequest.parse(text)
    except ValueError as error:
        raise UsageError(f"the parameter `request` is not a range of rows: {error}") from error


async def sampled(request: Request) -> Response:
    """`GET …/sampled?points=&cursor=`: a message with at most *points* points of each metric."""
    query = request.query_params
    text = query.get("points", "600")
    points = int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else 0
    points = max(2, min(points, _MAX_POINTS))
    database = services_of(request).database
    return await _message(request, lambda row: sampled_message(database, row, points, query.get("cursor", "")))


async def system_data(request: Request) -> Response:
    """`GET …/system/data?cursor=`: the system metrics as a message."""
    database, cursor = services_of(request).database, request.query_params.get("cursor", "")
    return await _message(request, lambda row: system_message(database, row, _MAX_POINTS, cursor))


async def _message(request: Request, make: Callable[[Any], Message]) -> Response:
    user = await logged_in_user(request)
    if user is None:
        return JSONResponse({"error": "log in first"}, 403)
    body = await services_of(request).pages.run(user.id, _make_message, request, user, make)
    return Response(body, media_type="application/octet-stream", headers=NO_STORE)


def _make_message(request: Request, user: User, make: Callable[[Any], Message]) -> bytes:
    with services_of(request).database.read() as connection:
        _, row = requested_run(connection, request, user)
    return make(row).to_bytes()
