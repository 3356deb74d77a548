"""`RequestObserver`: measures every request, for the metrics and for the log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wandb_nb.server.monitoring.finished_request import UNKNOWN_ROUTE, FinishedRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.routing import Route
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wandb_nb.server.monitoring.request_metrics import RequestMetrics


class RequestObserver:
    """The application *app* with measured requests; *log*, if given, gets a line of JSON for each."""

    def __init__(
        self, app: ASGIApp, routes: Iterable[Route], metrics: RequestMetrics, log: Callable[[str], object] | None = None
    ) -> None:
        self.app = app
        self._paths = {route.endpoint: route.path for route in routes}
        self._metrics, self._log = metrics, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = FinishedRequest(scope["method"])

        async def counted_receive() -> Message:
            message = await receive()
            request.received += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            request.status = message.get("status", request.status)
            request.sent += len(message.get("body", b""))
            await send(message)

        self._metrics.begin()
        began = time.perf_counter()
        try:
            await self.app(scope, counted_receive, counted_send)
        finally:
            request.seconds = time.perf_counter() - began
            self._end(request, scope)

    def _end(self, request: FinishedRequest, scope: Scope) -> None:
        request.route = self._paths.get(scope.get("endpoint", self), UNKNOWN_ROUTE)
        self._metrics.end(request)
        if self._log is not None:
            self._log(request.line())
