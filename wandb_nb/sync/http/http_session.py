"""A `requests` session that no server can hold for longer than its timeouts, by sending single bytes or a redirect."""

from __future__ import annotations

import http.client
import io
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer


class HTTPSession(requests.Session):
    """A session whose timeout limits the header as a whole and each part of the body; it follows no redirects."""

    def __init__(self) -> None:
        super().__init__()
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: for a redirect requests would read the body, of any size, even if it is not to be followed."""


class _Adapter(HTTPAdapter):
    """Makes connections whose responses are `_Response`s, with and without a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _limit_responses(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            _limit_responses(manager)
        return manager


def _limit_responses(manager: Any) -> None:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _limited_pool(pool) for scheme, pool in pools.items()}


def _limited_pool(pool: Any) -> type:
    """Return a subclass of a pool's class (plain, TLS or SOCKS) whose connections make `_Response`s."""
    connection = type(pool.ConnectionCls.__name__, (pool.ConnectionCls,), {"response_class": _Response})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


class _Response(http.client.HTTPResponse):
    """A response of the server, or of a proxy to CONNECT. The socket's timeout limits the header and each `read1()`."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._input = _DeadlineInput(sock, self.fp.detach())
        self.fp = io.BufferedReader(self._input)
        self._input.start()  # the answer to CONNECT is read without `begin()`

    def begin(self) -> None:
        with self._deadline():
            super().begin()

    def read1(self, n: int = -1) -> bytes:
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
