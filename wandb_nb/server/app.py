"""The application: routes, common headers, and errors in the form that clients read."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse

from wandb_nb.errors import AuthenticationError, Error
from wandb_nb.server import health
from wandb_nb.server.http.browser_policy import content_policy, is_own_request
from wandb_nb.server.monitoring.request_observer import RequestObserver
from wandb_nb.server.protocol import api
from wandb_nb.server.storage.storage_errors import (
    BadLineError,
    BusyError,
    NotFoundError,
    PermissionDeniedError,
    TooLargeError,
    TooManyRequestsError,
    TooSlowError,
)
from wandb_nb.server.web import routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wandb_nb.server.http.services import Services

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (AuthenticationError, 401),
    (PermissionDeniedError, 403),
    (TooLargeError, 413),
    (TooSlowError, 408),
    (BusyError, 503),
    (TooManyRequestsError, 429),
    (BadLineError, 400),
    (Error, 400),
)
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": content_policy().encode(),
}


def create_app(
    services: Services, hosts: Iterable[str] = (), log: Callable[[str], object] | None = None
) -> RequestObserver:
    """Return the ASGI application of *services*, which answers only to the loopback names, this host and *hosts*.

    *log* gets a line of JSON for each request.
    """
    addresses = [*health.ROUTES, *api.ROUTES, *routes.ROUTES]
    handlers: dict[Any, Any] = {kind: _error_response for kind, _ in _STATUS}
    handlers |= {HTTPException: _http_error, ClientDisconnect: _incomplete_request}
    app = Starlette(routes=addresses, exception_handlers=handlers)
    app.state.services = services
    app.state.hosts = LOOPBACK | {host.lower() for host in hosts} | {socket.gethostname().lower()}
    return RequestObserver(_Guard(app), addresses, services.metrics, log)


class _Guard:
    """Refuses requests for other hosts or from other origins, and adds the common headers to each answer."""

    def __init__(self, app: Starlette) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from starlette.requests import Request  # above, the name is for types only

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] += [pair for pair in _HEADERS.items() if pair[0] not in own]
            await send(message)

        scope["app"] = self.app
        inner: ASGIApp = self.app
        if not is_own_request(Request(scope)):
            inner = PlainTextResponse("This server does not answer to this host name or origin.\n", 421)
        await inner(scope, receive, with_headers)


async def _error_response(_: Request, error: Exception) -> Response:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    return JSONResponse({"error": str(error)}, status, _retry_header(error))


def _retry_header(error: Exception) -> dict[str, str] | None:
    if isinstance(error, TooManyRequestsError):
        return {"Retry-After": str(error.wait_seconds)}
    return {"Retry-After": "5"} if isinstance(error, BusyError) else None


async def _incomplete_request(_: Request, __: Exception) -> Response:
    """Discard an incomplete request; its client is gone and does not read this."""
    return JSONResponse({"error": "the request ended before its body"}, 400)


async def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = {404: "there is nothing at this address", 405: "this address does not accept this method"}
    return JSONResponse({"error": text.get(status, "the server could not answer this request")}, status)
