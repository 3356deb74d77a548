"""Clients that send or read slowly do not occupy connections; real sockets against a real server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
import uvicorn
from visiting import UPLOAD

from wandb_nb.server.app import create_app
from wandb_nb.server.http import connection_limits
from wandb_nb.server.http.connection_limits import LimitedProtocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Client

SHORT, SIZE = 0.5, 64 << 20


@pytest.fixture
def address(client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Return the address of a server with short time limits."""
    for name in ("HEADER_SECONDS", "BODY_SECONDS", "SEND_SECONDS"):
        monkeypatch.setattr(connection_limits, name, SHORT)
    monkeypatch.setattr(connection_limits, "MIN_BODY_RATE", 1 << 20)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(client.services), http=LimitedProtocol, ws="none", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(30)


def seconds_until_closed(connection: socket.socket, piece: bytes) -> float:
    """Send *piece* repeatedly; return after how many seconds the server closes the connection."""
    start = time.monotonic()
    connection.settimeout(0.1)
    while time.monotonic() - start < 20:
        with contextlib.suppress(socket.timeout):
            try:
                connection.sendall(piece)
                if not connection.recv(65536):
                    break
            except OSError as error:
                if isinstance(error, socket.timeout):
                    continue
                break
    return time.monotonic() - start


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b""),
        (b"GET / HT", b""),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"x: y\r\n"),
        (b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b""),
        (b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n", b"x"),
        (b"POST /none HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n", b"x"),
    ],
    ids=["silent", "half a line", "endless headers", "idle", "body after a refusal", "body without a reader"],
)
def test_half_sent_requests_end(address: tuple[str, int], first: bytes, piece: bytes) -> None:
    """A connection that never completes its request is closed, even while single bytes arrive."""
    with socket.create_connection(address) as connection:
        connection.sendall(first)
        assert seconds_until_closed(connection, piece) < 10


@pytest.mark.parametrize(
    "first",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx: ",
        b"POST /none HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx: ",
    ],
    ids=["address", "header", "header after the body"],
)
def test_endless_headers_are_refused(address: tuple[str, int], monkeypatch: pytest.MonkeyPatch, first: bytes) -> None:
    """A connection whose header does not end is closed before it fills the memory, however quickly it is sent."""
    monkeypatch.setattr(connection_limits, "HEADER_SECONDS", 60.0)
    sent = 0
    with socket.create_connection(address) as connection:
        connection.settimeout(30)
        connection.sendall(first)
        with contextlib.suppress(ConnectionError):  # the server closes it
            while sent < 32 << 20:
                sent += connection.send(b"x" * 65536)
    assert sent < 32 << 20


def test_a_long_header_is_accepted(address: tuple[str, int]) -> None:
    """A header of 32 KiB, and many requests over one connection, are no endless header."""
    with closing(HTTPConnection(*address, timeout=30)) as connection:
        for _ in range(5):
            connection.request("GET", "/healthz", headers={"x": "y" * 32768})
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"ok\n")


@pytest.mark.parametrize("piece", [b"", b"x"])
def test_slow_bodies_end(address: tuple[str, int], client: Client, piece: bytes) -> None:
    """A body that stops, or is slower than the lowest rate, is answered with 408."""
    head = f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {client.headers['Authorization']}\r\n"
    with socket.create_connection(address) as connection:
        connection.sendall(f"{head}Content-Length: 99999\r\n\r\n".encode() + b"x")
        connection.settimeout(0.1)
        answer, start = b"", time.monotonic()
        while not answer and time.monotonic() - start < 20:
            connection.sendall(piece)
            with contextlib.suppress(socket.timeout):
                answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_unread_answers_end(address: tuple[str, int], client: Client) -> None:
    """A client that does not read a requested large file is disconnected before the end."""
    client.upsert("a")
    (file,) = client.query(UPLOAD, run="a", files=["big"])["createRunFiles"]["files"]
    assert client.send("PUT", file["uploadUrl"], content=b"x" * SIZE).status_code == 200
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        head = (
            f"GET /files/local/p/a/big HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {client.headers['Authorization']}"
        )
        connection.sendall(f"{head}\r\n\r\n".encode())
        time.sleep(SHORT * 6)
        connection.settimeout(10)
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(1 << 20):
                received += len(piece)
    assert received < SIZE
