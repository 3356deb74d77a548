"""Limits for clients that send their requests slowly, send endless headers, or do not read the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

HEADER_SECONDS = 20.0
SEND_SECONDS = 60.0  # without progress
BODY_SECONDS = 60.0
MIN_BODY_RATE = 1024  # bytes per second, which a body must exceed after BODY_SECONDS
MAX_HEADER_BYTES = 64 << 10


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which closes a connection that sends no complete header or accepts no answer in time.

    The parser has no limit of its own for headers, before or after a body.
    """

    _header_timer: asyncio.TimerHandle | None = None
    _send_timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait_for_header()

    def data_received(self, data: bytes) -> None:
        """Process a part of a request."""
        self._header_bytes += len(data)
        super().data_received(data)
        if self._header_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self.send_400_response("The header of the request is too long.")
        self._wait_for_header()

    def on_body(self, body: bytes) -> None:
        """Pass on a part of the body; what came before it was no endless header."""
        self._header_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request; what follows is the next one."""
        self._header_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._wait_for_header()

    def pause_writing(self) -> None:
        """Begin to wait for the client to accept data."""
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        """End the wait for the client to accept data."""
        super().resume_writing()
        self._set_send_timer(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waits."""
        super().connection_lost(exc)
        self._set_header_timer(None)
        self._set_send_timer(None)

    def _wait_for_header(self) -> None:
        """Start the time limit if no request is being answered, and end it if one is."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._set_header_timer(None)
        elif self._header_timer is None:
            self._set_header_timer(self.loop.call_later(HEADER_SECONDS, self._close))

    def _close(self) -> None:
        self.transport.close()  # which first sends what is in the buffer, for as long as that takes
        self._watch_sending()

    def _watch_sending(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._set_send_timer(self.loop.call_later(SEND_SECONDS, self._abort_unless_below, waiting))

    def _abort_unless_below(self, waiting: int) -> None:
        if self.transport.get_write_buffer_size() >= waiting:
            self.transport.abort()
        else:
            self._watch_sending()

    def _set_header_timer(self, timer: asyncio.TimerHandle | None) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
        self._header_timer = timer

    def _set_send_timer(self, timer: asyncio.TimerHandle | None) -> None:
        if self._send_timer is not None:
            self._send_timer.cancel()
        self._send_timer = timer


def body_seconds(received_bytes: int) -> float:
    """Return how long a body may take of which *received_bytes* have arrived."""
    return BODY_SECONDS + received_bytes / MIN_BODY_RATE
