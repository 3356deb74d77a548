"""The application: routes, what every answer carries, and errors in the form that clients read."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse

from wandb_nb.errors import AuthenticationError, Error
from wandb_nb.server import web
from wandb_nb.server.http.browser_policy import content_policy
from wandb_nb.server.http.requests import is_ours
from wandb_nb.server.live.run_cache import RunCache
from wandb_nb.server.protocol import api
from wandb_nb.server.storage.file_store import TooLargeError
from wandb_nb.server.storage.line_store import BadLineError
from wandb_nb.server.storage.users import PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wandb_nb.server.http.services import Services

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (api.NotFoundError, 404),
    (AuthenticationError, 401),
    (PermissionDeniedError, 403),
    (TooLargeError, 413),
    (BadLineError, 400),
    (Error, 400),
)
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": content_policy().encode(),
}


def create_app(services: Services, hosts: Iterable[str] = ()) -> _Guard:
    """Return the ASGI application of *services*, which answers under the loopback names and *hosts* only."""
    handlers: dict[Any, Any] = {kind: _told for kind, _ in _STATUS}
    handlers |= {HTTPException: _http_error, ClientDisconnect: _half}
    app = Starlette(routes=[*api.ROUTES, *web.ROUTES], exception_handlers=handlers)
    app.state.services, app.state.live = services, RunCache(services.database)
    app.state.hosts = LOOPBACK | {host.lower() for host in hosts} | {socket.gethostname().lower()}
    return _Guard(app)


class _Guard:
    """Turns away what was not meant for this server, and gives each answer its headers."""

    def __init__(self, app: Starlette) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from starlette.requests import Request  # the name is for types above

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] += [pair for pair in _HEADERS.items() if pair[0] not in own]
            await send(message)

        scope["app"] = self.app
        inner: ASGIApp = self.app
        if not is_ours(Request(scope)):
            inner = PlainTextResponse("This host name or origin is not this server's.\n", 421)
        await inner(scope, receive, with_headers)


async def _told(_: Request, error: Exception) -> Response:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    return JSONResponse({"error": str(error)}, status)


async def _half(_: Request, __: Exception) -> Response:
    """Do nothing with half a request; nobody is there to read this."""
    return JSONResponse({"error": "The request ended before its body did."}, 400)


async def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    return JSONResponse({"error": text.get(status, "The request could not be answered.")}, status)
