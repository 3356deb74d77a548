"""A file from a server onto the disk, in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from wandb_nb.errors import CommError, RefusedError
from wandb_nb.sync.http.network import CONNECT_TIMEOUT_S
from wandb_nb.sync.http.operations import authorization
from wandb_nb.sync.http.transport import ERRORS_FROM, certificates, session

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.sync.http.network import Network

CHUNK = 1 << 20
READ_TIMEOUT_S = 60.0


def download(network: Network, url: str, target: Path) -> None:
    """Put what lies at *url* at *target*, whole or not at all; the key goes to the server itself only.

    CommError where it cannot be had or written.
    """
    url = urljoin(network.base_url + "/", url)
    own = urlsplit(url)[:2] == urlsplit(network.base_url)[:2]
    unfinished = target.with_name(f".{target.name[:100]}.part")
    try:
        with (
            session(network) as http,
            http.get(
                url,
                headers=authorization(network.key) if own else {},
                verify=certificates(network),
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                stream=True,
            ) as answer,
        ):
            if answer.status_code >= ERRORS_FROM:
                raise RefusedError(f"HTTP {answer.status_code} for the file {target.name}", answer.status_code)
            target.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                for chunk in answer.iter_content(CHUNK):
                    file.write(chunk)
        unfinished.replace(target)
    except OSError as error:  # those of requests are OSErrors as well
        raise CommError(f"the file {target.name} could not be fetched ({type(error).__name__})") from error
    finally:
        unfinished.unlink(missing_ok=True)
