"""Bodies of responses, read in bounded size and time, whatever a server sends."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import CommError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import requests

MAX_ANSWER_BYTES = 64 << 20
MAX_ANSWER_SECONDS = 300.0
CHUNK_BYTES = 1 << 16
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def read_body(answer: requests.Response, max_bytes: int = MAX_ANSWER_BYTES) -> bytes:
    """Return the unpacked body of *answer*.

    Raises:
        CommError: It has more than *max_bytes*, takes longer than five minutes, or is packed in an unknown way.
    """
    return join_body(iter_raw(answer, max_bytes, MAX_ANSWER_SECONDS), answer.headers.get("Content-Encoding"), max_bytes)


def join_body(chunks: Iterable[bytes], encoding: str | None, max_bytes: int = MAX_ANSWER_BYTES) -> bytes:
    """Return *chunks* of a body as one, unpacked as its `Content-Encoding` says.

    Raises:
        CommError: It has more than *max_bytes*, or is packed in an unknown way.
    """
    unpack = _Unpacker(encoding or "")
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        part = unpack(chunk, max_bytes - size)
        size += len(part)
        if size > max_bytes:
            raise _too_large(max_bytes)
        parts.append(part)
    return b"".join(parts)


def iter_raw(answer: requests.Response, max_bytes: int, max_seconds: float) -> Iterator[bytes]:
    """Yield the body of *answer* as it comes, packed or not.

    Raises:
        CommError: It has more than *max_bytes*, or takes longer than *max_seconds*.
        BrokenAnswerError: The connection ends before the answer does.
    """
    import urllib3

    try:
        yield from iter_bounded(lambda size: answer.raw.read1(size, decode_content=False), max_bytes, max_seconds)
    except urllib3.exceptions.HTTPError as error:
        raise BrokenAnswerError(f"the answer was broken off ({type(error).__name__})") from error


def iter_bounded(
    read1: Callable[[int], bytes], max_bytes: int = MAX_ANSWER_BYTES, max_seconds: float = MAX_ANSWER_SECONDS
) -> Iterator[bytes]:
    """Yield what *read1* returns until it is empty.

    Raises:
        CommError: It is more than *max_bytes*, or takes longer than *max_seconds*.
    """
    deadline = time.monotonic() + max_seconds
    size = 0
    while chunk := read1(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        if time.monotonic() > deadline:
            raise CommError(f"the answer took longer than {max_seconds:.0f} s")
        yield chunk


class BrokenAnswerError(CommError):
    """The connection ended before the answer did."""


class _Unpacker:
    """Unpacks gzip and deflate, which no server was asked for; some proxies do it all the same."""

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise CommError("the answer is packed in a way that was not asked for")
        self._unpacker: Any = zlib.decompressobj(_GZIP_OR_ZLIB) if name not in ("", "identity") else None

    def __call__(self, chunk: bytes, max_bytes: int) -> bytes:
        """Return *chunk* unpacked; if it is larger than *max_bytes*, one byte more of it."""
        if self._unpacker is None:
            return chunk
        try:
            data: bytes = self._unpacker.decompress(chunk, max_bytes + 1)
        except zlib.error as error:
            raise CommError("the answer cannot be unpacked") from error
        return data


def _too_large(max_bytes: int) -> CommError:
    return CommError(f"the answer has more than {max_bytes} bytes")
