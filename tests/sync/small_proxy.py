"""A small HTTP proxy: forwards plain requests, tunnels others, and records its requests.

It connects to this machine whatever host is asked for: clients reach this machine's own names without a proxy.
"""

from __future__ import annotations

import http.client
import select
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from threaded_server import ThreadedServer

if TYPE_CHECKING:
    from collections.abc import Iterable


class SmallProxy(ThreadedServer):
    """Serves inside `with`; `asked` has method, target and proxy authorization of each request."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.asked: list[tuple[str, str, str | None]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SmallProxy

    def do_CONNECT(self) -> None:
        self._note()
        port = int(self.path.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as upstream:
            self.send_response(200)
            self.end_headers()
            self._tunnel(upstream)
        self.close_connection = True

    def do_POST(self) -> None:
        self._note()
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        upstream = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
        upstream.request(self.command, target.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        self._answer(answer.status, answer.getheaders(), content)

    def do_PUT(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Suppress output."""

    def _answer(self, status: int, headers: Iterable[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("server", "date"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _note(self) -> None:
        with self.server.lock:
            self.server.asked.append((self.command, self.path, self.headers.get("Proxy-Authorization")))

    def _tunnel(self, upstream: socket.socket) -> None:
        ends = {self.connection: upstream, upstream: self.connection}
        while True:
            for end in select.select(list(ends), [], [], 30)[0]:
                data = end.recv(1 << 16)
                if not data:
                    return
                ends[end].sendall(data)
