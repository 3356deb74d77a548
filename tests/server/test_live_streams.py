"""The streams of many open pages do not keep the server from accepting rows."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from waiting import scaled

if TYPE_CHECKING:
    from visiting import Site

STREAMS = 200


def test_many_streams_do_not_stop_ingestion(site: Site) -> None:
    """While 200 pages follow a run, rows are accepted and each page is notified of them."""
    cookie, host = site.login(), urlsplit(site.url).netloc
    request = f"GET /local/p/runs/grow/events HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n".encode()
    address = (host.partition(":")[0], int(host.partition(":")[2]))
    streams = [socket.create_connection(address, timeout=scaled(30)) for _ in range(STREAMS)]
    try:
        for stream in streams:
            stream.sendall(request)
        for stream in streams:
            received(stream, b"data: []")
        start = time.monotonic()
        site.grow(10)
        assert time.monotonic() - start < scaled(10)
        for stream in streams:
            received(stream, b'data: ["grow"]')
    finally:
        for stream in streams:
            stream.close()
    site.grow(10)


def received(stream: socket.socket, words: bytes) -> None:
    """Read until *words* arrive."""
    text = b""
    while words not in text:
        part = stream.recv(65536)
        assert part, text
        text += part
