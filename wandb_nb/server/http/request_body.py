"""The bounded body of a request."""

from __future__ import annotations

import json
import time
import zlib
from typing import TYPE_CHECKING, Any

from anyio import fail_after
from starlette.concurrency import run_in_threadpool

from wandb_nb.errors import UsageError
from wandb_nb.server.http.connection_limits import body_seconds
from wandb_nb.server.storage.lines.fast_json import parse_fast
from wandb_nb.server.storage.storage_errors import TooLargeError, TooSlowError
from wandb_nb.untrusted_json import is_too_deep, parse_value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

MAX_BODY = 32 << 20  # clients send up to 10 MiB in one request
_MAX_INLINE_JSON = 100_000  # bytes, which take about a millisecond
_SEQUENCE_HEADER = "x-wandb-nb-order"
_MAX_SEQUENCE_DIGITS = 15
_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """Return the whole body, decompressed.

    Raises:
        TooLargeError: It is larger than *limit* bytes, before or after decompression.
        UsageError: It is not the gzip that its headers promise.

    """
    body = bytearray()
    async for chunk in limited_body(request, limit):
        body += chunk
    if request.headers.get("content-encoding", "").lower() == "gzip":
        return await run_in_threadpool(decompress, bytes(body), limit)
    return bytes(body)


async def limited_body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yield the body in chunks as they arrive.

    Raises:
        TooLargeError: It is larger than *limit* bytes, or its headers announce that it will be.
        TooSlowError: It arrives too slowly.

    """
    length = request.headers.get("content-length", "0")
    total = int(length) if length.isdecimal() and len(length) <= _MAX_SEQUENCE_DIGITS else 0
    if total > limit:
        raise TooLargeError(f"the body of {total} bytes is larger than the limit of {limit} bytes")
    total = 0
    async for chunk in _timely_chunks(request):
        total += len(chunk)
        if total > limit:
            raise TooLargeError(f"the body is larger than the limit of {limit} bytes")
        yield chunk


def announced_size(request: Request) -> int:
    """Return the size of a body that is sent at once.

    Raises:
        TooLargeError: The client does not announce it.

    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or len(length) > _MAX_SEQUENCE_DIGITS:
        raise TooLargeError("the size of the file is not announced")
    return int(length)


async def _timely_chunks(request: Request) -> AsyncIterator[bytes]:
    chunks, begin, received = request.stream(), time.monotonic(), 0
    while True:
        try:
            with fail_after(begin + body_seconds(received) - time.monotonic()):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise TooSlowError(
                f"the body arrives too slowly: {received} bytes in {body_seconds(received):.0f} s"
            ) from error
        received += len(chunk)
        yield chunk


def decompress(body: bytes, limit: int) -> bytes:
    """Return the content of the gzip *body*, never decompressing more than *limit* bytes.

    Raises:
        TooLargeError: It decompresses to more than *limit* bytes.
        UsageError: It is not gzip.

    """
    decompressor = zlib.decompressobj(_GZIP)
    try:
        data = decompressor.decompress(body, limit + 1)
    except zlib.error as error:
        raise UsageError(f"the body is not valid gzip: {error}") from error
    if len(data) > limit:
        raise TooLargeError(f"the body decompresses to more than the limit of {limit} bytes")
    return data


async def read_json(request: Request) -> Any:
    """Return the normalised JSON value of the body; a large one is parsed in a thread.

    Raises:
        TooLargeError: The body is too large.
        UsageError: It is not JSON, or nests too deep.

    """
    body = await read_body(request)
    return parse_json(body) if len(body) < _MAX_INLINE_JSON else await run_in_threadpool(parse_json, body)


def parse_post(body: bytes) -> Any:
    """Return the normalised JSON value of *body*, a post with lines.

    Raises:
        UsageError: It is not JSON, or nests too deep.

    """
    value = parse_fast(body)
    return parse_json(body) if value is None or is_too_deep(value) else value


def parse_json(body: bytes) -> Any:
    """Return the normalised JSON value of *body*, which may contain NaN.

    Raises:
        UsageError: It is not JSON, or nests too deep.

    """
    try:
        return parse_value(body.decode(json.detect_encoding(body), "replace"))
    except ValueError as error:
        raise UsageError(f"the body is {error}") from error


def sequence_number(request: Request) -> int | None:
    """Return the number by which this package's client orders its requests for a run; None from other clients."""
    text = request.headers.get(_SEQUENCE_HEADER, "")
    return int(text) if text.isdecimal() and len(text) <= _MAX_SEQUENCE_DIGITS else None
