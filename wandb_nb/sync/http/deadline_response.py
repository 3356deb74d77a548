"""Responses of `http.client` that no server can hold for longer than the socket's timeout, by sending single bytes."""

from __future__ import annotations

import http.client
import io
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer


class DeadlineResponse(http.client.HTTPResponse):
    """A response of the server, or of a proxy to CONNECT. The socket's timeout limits the header and each `read1()`."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._input = _DeadlineInput(sock, self.fp.detach())
        self.fp = io.BufferedReader(self._input)
        self._input.start()  # the answer to CONNECT is read without `begin()`

    def begin(self) -> None:
        """Read the header."""
        with self._deadline():
            super().begin()

    def read1(self, n: int = -1) -> bytes:
        """Return what has arrived of the body."""
        with self._deadline():
            return super().read1(n)

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        self._input.start()
        try:
            yield
        finally:
            self._input.deadline = None


class _DeadlineInput(io.RawIOBase):
    """What arrives at *sock*, through its own file *raw*. After `start()` all reads together may take its timeout."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock, self._raw = sock, raw
        self.deadline: float | None = None

    def start(self) -> None:
        timeout = self._sock.gettimeout()
        self.deadline = None if timeout is None else time.monotonic() + timeout

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if self.deadline is None:
            return self._raw.readinto(buffer)
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("timed out")
        timeout = self._sock.gettimeout()
        self._sock.settimeout(remaining)
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(timeout)

    def close(self) -> None:
        self._raw.close()
        super().close()
