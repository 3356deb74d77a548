"""Downloads of run files, in constant memory, bounded time and the free space of the disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import CommError, RefusedError
from wandb_nb.sync.http.network import CONNECT_TIMEOUT_SECONDS
from wandb_nb.sync.http.operations import authorization
from wandb_nb.sync.http.origin import is_same_origin, may_redirect
from wandb_nb.sync.http.response_body import iter_raw
from wandb_nb.sync.http.transport import MIN_ERROR_STATUS, certificate_check, new_session

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from wandb_nb.sync.http.network import Network

READ_TIMEOUT_SECONDS = 60.0
MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
MAX_UNSIZED_BYTES = 1 << 30
"""Of a file whose size the server does not announce."""
MIN_SECONDS, MIN_BYTES_PER_SECOND = 600.0, 10_000


def download(network: Network, url: str, target: Path) -> None:
    """Write the file at *url* to *target*, completely or not at all.

    The key is sent to the server of *network* only, also when it redirects to another one.

    Raises:
        CommError: The file cannot be fetched or written.
    """
    try:
        with new_session(network) as http, _open(http, network, urljoin(network.base_url + "/", url)) as answer:
            if answer.status_code >= MIN_ERROR_STATUS:
                raise RefusedError(f"HTTP {answer.status_code} for the file {target.name}", answer.status_code)
            target.parent.mkdir(parents=True, exist_ok=True)
            with replacement(target) as unfinished, unfinished.open("wb") as file:
                max_bytes = _max_bytes(answer, target)
                for chunk in iter_raw(answer, max_bytes, MIN_SECONDS + max_bytes / MIN_BYTES_PER_SECOND):
                    file.write(chunk)
    except OSError as error:  # the errors of requests are OSErrors as well
        raise CommError(f"cannot download the file {target.name} ({type(error).__name__})") from error


def _open(http: requests.Session, network: Network, url: str) -> requests.Response:
    """Return the answer to a request for *url*, after at most five redirects."""
    for _ in range(MAX_REDIRECTS):
        answer = http.get(
            url,
            headers=authorization(network.key) if is_same_origin(url, network.base_url) else {},
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
            break
        url = location
    raise RefusedError("the server redirects the download to where it must not be fetched from", answer.status_code)


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
