"""Downloads of files, in constant memory, bounded time and the free space of the disk.

An answer that is broken off after a good piece is continued where it ended, if the server gave an ETag, so that a large
file survives the restart of its server.
"""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import urljoin

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import CommError, RefusedError
from wandb_nb.sync.http.network import CONNECT_TIMEOUT_SECONDS
from wandb_nb.sync.http.operations import authorization
from wandb_nb.sync.http.origin import is_same_origin, may_redirect
from wandb_nb.sync.http.response_body import BrokenAnswerError, iter_raw
from wandb_nb.sync.http.transport import MIN_ERROR_STATUS, SERVER_ERROR, certificate_check, new_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import requests

    from wandb_nb.sync.http.network import Network

READ_TIMEOUT_SECONDS = 60.0
MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
MAX_UNSIZED_BYTES = 1 << 30
"""Of a file whose size the server does not announce."""
MIN_SECONDS, MIN_BYTES_PER_SECOND = 600.0, 10_000
MIN_PROGRESS_BYTES = 1 << 20
"""What an answer must have brought to be continued."""
CONTINUE_WAITS_SECONDS = (0.1, 1.0, 2.0, 4.0, 8.0, 16.0)
_PARTIAL_CONTENT = 206
_AWAY = (429, 502, 503, 504)


class Digest(Protocol):
    """An object of hashlib."""

    def update(self, data: bytes, /) -> None:
        """Add *data* to what the digest is of."""


def download(network: Network, url: str, target: Path, digest: Digest | None = None) -> None:
    """Write the file at *url* to *target*, completely or not at all; *digest* gets its content, too.

    The key is sent to the server of *network* only, also when it redirects to another one.

    Raises:
        CommError: The file cannot be fetched or written.
    """
    try:
        with new_session(network) as http:
            request = partial(_open, http, network, urljoin(network.base_url + "/", url))
            with _first_answer(request) as answer:
                if answer.status_code >= MIN_ERROR_STATUS:
                    raise RefusedError(f"HTTP {answer.status_code} for the file {target.name}", answer.status_code)
                target.parent.mkdir(parents=True, exist_ok=True)
                with replacement(target) as unfinished, unfinished.open("wb") as file:
                    _receive(request, answer, _max_bytes(answer, target), file, digest)
    except OSError as error:  # the errors of requests are OSErrors as well
        raise CommError(f"cannot download the file {target.name} ({type(error).__name__})") from error


def _first_answer(request: Callable[[], requests.Response]) -> requests.Response:
    """Return the answer to *request*, repeated for half a minute while the server or its store is away or busy."""
    from requests.exceptions import ConnectionError as NoConnectionError
    from requests.exceptions import SSLError

    for seconds in CONTINUE_WAITS_SECONDS:
        try:
            answer = request()
        except SSLError:
            raise
        except NoConnectionError:
            pass  # such as a refused connection while it starts again
        else:
            if answer.status_code not in _AWAY:
                return answer
            answer.close()
        time.sleep(seconds)
    return request()


def _receive(
    request: Callable[[Mapping[str, str]], requests.Response],
    answer: requests.Response,
    max_bytes: int,
    file: BinaryIO,
    digest: Digest | None,
) -> None:
    """Write the body of *answer* to *file*, with that of further answers to *request* where it is broken off."""
    deadline = time.monotonic() + MIN_SECONDS + max_bytes / MIN_BYTES_PER_SECOND
    etag = answer.headers.get("ETag", "")
    with ExitStack() as stack:
        while True:
            start = file.tell()
            try:
                for chunk in iter_raw(answer, max_bytes - start, deadline - time.monotonic()):
                    file.write(chunk)
                    if digest is not None:
                        digest.update(chunk)
            except BrokenAnswerError:
                if file.tell() - start < MIN_PROGRESS_BYTES or not etag.startswith('"'):
                    raise
            else:
                return
            answer = stack.enter_context(_continued(request, file.tell(), etag))


def _continued(request: Callable[[Mapping[str, str]], requests.Response], start: int, etag: str) -> requests.Response:
    """Return the answer to *request* from *start* on.

    Raises:
        BrokenAnswerError: The server does not answer for half a minute, or has no such file with *etag* any more.
    """
    for seconds in CONTINUE_WAITS_SECONDS:
        time.sleep(seconds)
        with suppress(OSError):  # such as a refused connection while the server starts again
            answer = request({"Range": f"bytes={start}-", "If-Range": etag})
            if answer.status_code == _PARTIAL_CONTENT and answer.headers.get("Content-Range", "").startswith(
                f"bytes {start}-"
            ):
                return answer
            answer.close()
            if answer.status_code < SERVER_ERROR:
                break
    raise BrokenAnswerError("the answer was broken off, and the server does not continue it")


def _open(
    http: requests.Session, network: Network, url: str, headers: Mapping[str, str] | None = None
) -> requests.Response:
    """Return the answer to a request for *url*, after at most five redirects."""
    for _ in range(MAX_REDIRECTS):
        own = authorization(network.key) if is_same_origin(url, network.base_url) else {}
        answer = http.get(
            url,
            headers={**own, **(headers or {})},
            verify=certificate_check(network),
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            stream=True,
            allow_redirects=False,  # requests would send another host's netrc password after a redirect
        )
        if answer.status_code not in REDIRECTS:
            return answer
        answer.close()
        location = urljoin(url, answer.headers.get("Location", ""))
        if not may_redirect(url, location):
            raise RefusedError(
                "the server redirects the download to an address without TLS; its operator has to give its store TLS",
                answer.status_code,
            )
        url = location
    raise RefusedError(f"the server redirects the download more than {MAX_REDIRECTS} times", answer.status_code)


def _max_bytes(answer: requests.Response, target: Path) -> int:
    """Return how many bytes to accept: the announced size, if the disk has room for it."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise CommError(f"the file {target.name} is packed, which was not asked for: it could unpack to any size")
    announced = answer.headers.get("Content-Length", "")
    size = int(announced) if announced.isdecimal() and len(announced) < len(str(1 << 63)) else None
    free = shutil.disk_usage(target.parent).free
    if size is not None and size > free:
        raise CommError(f"the file {target.name} has {size} bytes, and the disk has {free} left")
    return min(free, MAX_UNSIZED_BYTES) if size is None else size
