"""A transport over one connection of `http.client`, for the requests that `init()` waits for.

It loads in a fifth of the time of `requests`, which the background process uses for everything else, and only does the
simplest case: plain HTTP without a proxy, as for a server on this machine.
"""

from __future__ import annotations

import http.client
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wandb_nb.sync.http.deadline_response import DeadlineResponse
from wandb_nb.sync.http.network import CONNECT_TIMEOUT_SECONDS, LOOPBACK_HOSTS
from wandb_nb.sync.http.response_body import MAX_ANSWER_SECONDS, iter_bounded, join_body
from wandb_nb.sync.http.transport import Response, common_headers, unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.transport import Request, Transport


@contextmanager
def direct_transport(network: Network) -> Iterator[Transport | None]:
    """Yield a transport over one kept-alive connection, for one thread; None where that takes more than plain HTTP."""
    parts = urlsplit(network.base_url)
    if parts.scheme != "http" or not parts.hostname or (parts.hostname not in LOOPBACK_HOSTS and _has_proxy(network)):
        yield None
        return
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.response_class = DeadlineResponse
    common = common_headers(network)

    def transport(request: Request) -> Response:
        try:
            return _send(connection, common, request)
        except (http.client.HTTPException, OSError, ValueError) as error:
            connection.close()
            raise unreachable(request, error) from error

    with closing(connection):
        yield transport


def _has_proxy(network: Network) -> bool:
    from urllib.request import getproxies  # what requests asks, the system's settings included

    return bool(network.proxies or getproxies())


def _send(connection: http.client.HTTPConnection, common: dict[str, str], request: Request) -> Response:
    seconds = request.timeout_seconds or MAX_ANSWER_SECONDS
    if connection.sock is None:
        connection.timeout = min(CONNECT_TIMEOUT_SECONDS, seconds)
        connection.connect()
    connection.sock.settimeout(seconds)
    target = request.url.partition("://")[2].partition("/")[2]
    connection.request(request.method, f"/{target}", request.body, {**common, **request.headers})
    with closing(connection.getresponse()) as answer:
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, headers, join_body(iter_bounded(answer.read1), headers.get("content-encoding")))
