"""A stored file as the answer to a request: whole, or the range that the client asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from wandb_nb.server.http.browser_policy import FILE_HEADERS, NO_STORE
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.storage_errors import NotFoundError

if TYPE_CHECKING:
    from starlette.requests import Request

    from wandb_nb.server.storage.files.file_store import StoredFile

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PARTIAL, _UNSATISFIABLE = 206, 416
_BROWSER_HEADERS = frozenset({"cookie", "sec-fetch-mode", "sec-fetch-site"})


async def stored_response(request: Request, file: StoredFile, name: str, media_type: str) -> Response:
    """Return *file* as a download called *name*, which no browser executes.

    Raises:
        NotFoundError: The store has lost it.
        BusyError: The store does not answer.

    """
    headers = {**FILE_HEADERS, "ETag": f'"{file.md5}"', "Accept-Ranges": "bytes"}
    headers["Content-Disposition"] = attachment(name)
    start, end = _requested_range(request, file)
    if start >= end and (start, end) != (0, file.size):
        return Response(status_code=_UNSATISFIABLE, headers={**headers, "Content-Range": f"bytes */{file.size}"})
    status = 200
    if (start, end) != (0, file.size):
        status, headers["Content-Range"] = _PARTIAL, f"bytes {start}-{end - 1}/{file.size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    url = await run_in_threadpool(_direct_url, request, file, headers["Content-Disposition"])
    if url is not None:
        return RedirectResponse(url, 307, NO_STORE)
    try:
        chunks = await run_in_threadpool(services_of(request).store.read, file.blob, start, end)
    except FileNotFoundError as error:
        raise NotFoundError("this file is no longer on this server; send it again") from error
    return StreamingResponse(iterate_in_threadpool(chunks), status, headers, media_type)


def _direct_url(request: Request, file: StoredFile, disposition: str) -> str | None:
    """Return the address of *file* in the store for a program; pages may not fetch from other origins."""
    signed = services_of(request).signed
    if signed is None or not signed.is_for(str(request.url)) or _BROWSER_HEADERS & set(request.headers.keys()):
        return None
    return signed.download_url(file.blob, disposition)


def attachment(name: str) -> str:
    """Return the value of Content-Disposition for a file to be stored as *name*."""
    quoted = quote(name, safe="")
    return f'attachment; filename="{name}"' if quoted == name else f"attachment; filename*=utf-8''{quoted}"


def _requested_range(request: Request, file: StoredFile) -> tuple[int, int]:
    """Return start and end of the range that the client asks for; the whole file if that is not one valid range."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or request.headers.get("if-range", f'"{file.md5}"') != f'"{file.md5}"':
        return 0, file.size
    first, last = match.groups()
    if first:
        return int(first), min(int(last) + 1, file.size) if last else file.size
    return (max(0, file.size - int(last)), file.size) if last else (0, file.size)
