"""Downloads of run files, in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import CommError, RefusedError
from wandb_nb.sync.http.network import CONNECT_TIMEOUT_SECONDS
from wandb_nb.sync.http.operations import authorization
from wandb_nb.sync.http.transport import MIN_ERROR_STATUS, certificate_check, new_session

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.sync.http.network import Network

CHUNK_BYTES = 1 << 20
READ_TIMEOUT_SECONDS = 60.0


def download(network: Network, url: str, target: Path) -> None:
    """Write the file at *url* to *target*, completely or not at all.

    The key is sent to the server of *network* only.

    Raises:
        CommError: The file cannot be fetched or written.
    """
    url = urljoin(network.base_url + "/", url)
    same_server = urlsplit(url)[:2] == urlsplit(network.base_url)[:2]
    try:
        with (
            new_session(network) as http,
            http.get(
                url,
                headers=authorization(network.key) if same_server else {},
                verify=certificate_check(network),
                timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
                stream=True,
            ) as answer,
        ):
            if answer.status_code >= MIN_ERROR_STATUS:
                raise RefusedError(f"HTTP {answer.status_code} for the file {target.name}", answer.status_code)
            target.parent.mkdir(parents=True, exist_ok=True)
            with replacement(target) as unfinished, unfinished.open("wb") as file:
                for chunk in answer.iter_content(CHUNK_BYTES):
                    file.write(chunk)
    except OSError as error:  # the errors of requests are OSErrors as well
        raise CommError(f"cannot download the file {target.name} ({type(error).__name__})") from error
