"""A proxy that applies a script of network faults to requests and answers."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

DRIP_BYTES = 60
DRIP_PAUSE_S = 0.0005


class Fault(NamedTuple):
    """A fault of one request.

    Before the server sees the request: "status" answers *status*; "reset" drops the connection after the head;
    "half" forwards half of the body and drops both sides; "silent" waits for *seconds*, then drops it.

    After the server's work: "lost" drops the answer, "cut" forwards half of it. "late" drops the connection and
    forwards the request after *seconds*; "twice" forwards it two times, "again" a second time after *seconds*.

    "drip" forwards request and answer byte by byte. "outage" drops every connection for *seconds*.
    """

    kind: str
    status: int = 500
    headers: dict[str, str] = {}  # noqa: RUF012 -- never changed
    seconds: float = 0.0


class Request(NamedTuple):
    """A received request: *kind* is "graphql", "file_stream", "upload" or another first part of the path."""

    kind: str
    head: bytes
    length: int


class FaultProxy:
    """Listens on loopback inside `with` and forwards requests to *port*.

    *script* gets the number of the request, from 1, and its kind, and returns its fault; one thread at a time calls it.
    All requests in progress are forwarded before `with` ends.
    """

    def __init__(self, port: int, script: Callable[[int, str], Fault | None]) -> None:
        self._port, self._script = port, script
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.count = 0
        self.met: list[str] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._down_until = 0.0
        self._threads: list[threading.Thread] = []
        self._clients: set[socket.socket] = set()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for client in self._clients:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _start(self, action: Callable[..., None], *arguments: object) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=action, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._clients.add(client)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        try:
            with client.makefile("rb") as reader, suppress(OSError, ValueError):
                while time.monotonic() >= self._down_until and (request := _read_request(reader)) is not None:
                    if not self._apply_fault(client, reader, request):
                        break
        finally:
            with self._lock:
                self._clients.discard(client)
            _drop(client)

    def _apply_fault(self, client: socket.socket, reader: BinaryIO, request: Request) -> bool:
        """Apply the fault of the request; return whether the connection stays open."""
        with self._lock:
            self.count += 1
            fault = self._script(self.count, request.kind) or Fault("none")
            self.met.append(fault.kind)
        if fault.kind in ("reset", "outage", "half"):
            if fault.kind == "half":
                self._forward(request.head, reader.read(request.length // 2), whole=False)
            self._down_until = time.monotonic() + (fault.seconds if fault.kind == "outage" else 0)
            return False
        body = reader.read(request.length)
        if fault.kind == "status":
            client.sendall(_answer(fault))
            return True
        if fault.kind in ("late", "again"):
            self._start(self._pass_later, request.head, body, fault.seconds)
        if fault.kind == "twice":
            self._forward(request.head, body)
        if fault.kind == "silent":
            self._closing.wait(fault.seconds)
        return fault.kind not in ("late", "silent") and self._forward_with_answer(
            client, request.head + body, fault.kind
        )

    def _forward_with_answer(self, client: socket.socket, request: bytes, kind: str) -> bool:
        """Forward *request* and return the answer; return whether the connection stays open."""
        answer = self._forward(request, b"", slowly=kind == "drip")
        if not answer or kind == "lost":
            return False
        if kind == "drip":
            _drip(client, answer)
        else:
            client.sendall(answer[: len(answer) // 2] if kind == "cut" else answer)
        return kind != "cut"

    def _pass_later(self, head: bytes, body: bytes, seconds: float) -> None:
        self._closing.wait(seconds)
        self._forward(head, body)

    def _forward(self, head: bytes, body: bytes, *, whole: bool = True, slowly: bool = False) -> bytes:
        """Return the server's answer, or None without a server."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=30) as server:
                if slowly:
                    _drip(server, head + body)
                else:
                    server.sendall(head + body)
                if not whole:
                    return b""
                with server.makefile("rb") as reader:
                    return _read_answer(reader)
        except (OSError, ValueError):
            return b""


def _read_request(reader: BinaryIO) -> Request | None:
    head = _read_head(reader)
    if not head:
        return None
    path = head.split(b" ", 2)[1].decode()
    kind = "file_stream" if path.endswith("/file_stream") else path.split("/")[1]
    return Request(kind, head, _length(head))


def _read_answer(reader: BinaryIO) -> bytes:
    head = _read_head(reader)
    body = reader.read(_length(head))
    if not head or len(body) < _length(head):
        raise OSError("the server went away")
    return head + body


def _read_head(reader: BinaryIO) -> bytes:
    lines = []
    while line := reader.readline():
        lines.append(line)
        if line == b"\r\n":
            return b"".join(lines)
    return b""


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _answer(fault: Fault) -> bytes:
    body = b'{"errors": [{"message": "scripted"}]}'
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **fault.headers}
    lines = [f"HTTP/1.1 {fault.status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _drip(target: socket.socket, data: bytes) -> None:
    """Send the beginning byte by byte, then the rest in small pieces."""
    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(min(DRIP_BYTES, len(data))):
        target.sendall(data[at : at + 1])
        time.sleep(DRIP_PAUSE_S)  # as on a slow line
    rest = data[DRIP_BYTES:]
    piece = max(1, len(rest) // 20)
    for at in range(0, len(rest), piece):
        target.sendall(rest[at : at + piece])
        time.sleep(DRIP_PAUSE_S)  # the same


def _drop(client: socket.socket) -> None:
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
