"""References over http and https: what a server calls the content at an address, and the content itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from wandb_nb.errors import ArtifactError
from wandb_nb.store.format.artifact_record import ManifestEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from requests import Response

TIMEOUT_SECONDS = 30.0
_CHUNK_BYTES = 1 << 20
_AS_IT_IS = {"Accept-Encoding": "identity"}  # as it is stored, without compression
_GONE = frozenset((404, 410))


def http_entry(address: str, ref: str) -> ManifestEntry:
    """Return the entry for *address*: its ETag as digest, else *ref*, the address without secrets, and its size.

    Raises:
        ArtifactError: The server does not answer, or refuses.

    """
    with _opened(address, f"add_reference({ref!r})", "give checksum=False to store the address only") as response:
        length = response.headers.get("Content-Length", "")
        return ManifestEntry(_etag(response) or ref, int(length) if length.isdigit() else 0, ref=ref)


def fetch_http(name: str, entry: ManifestEntry, target: Path) -> bool:
    """Copy the content of *entry*, the file *name*, to *target*; return False if the server has it no more.

    Raises:
        ArtifactError: The server does not answer, or has another content now.
        OSError: *target* cannot be written.

    """
    with _opened(entry.ref, f"the reference {name}", "try again later", may_be_gone=True) as response:
        if response.status_code in _GONE:
            return False
        if entry.digest not in (_etag(response), entry.ref):
            raise ArtifactError(f"the reference {name} to {entry.ref} has changed: log the artifact again")
        with target.open("xb") as file:
            for chunk in response.iter_content(_CHUNK_BYTES):
                file.write(chunk)
                if entry.size and file.tell() > entry.size:
                    raise ArtifactError(f"the reference {name} has become larger: log the artifact again")
            if entry.size and file.tell() < entry.size:
                raise ArtifactError(f"the reference {name} ended early: try again")
    return True


@contextmanager
def _opened(address: str, what: str, remedy: str, *, may_be_gone: bool = False) -> Iterator[Response]:
    """Yield the answer to a GET of *address*, whose body is not read yet."""
    import requests  # many artifacts have no references

    try:
        with requests.get(address, stream=True, timeout=TIMEOUT_SECONDS, headers=_AS_IT_IS) as response:
            if not (response.ok or (may_be_gone and response.status_code in _GONE)):
                raise ArtifactError(f"{what}: the server answers {response.status_code}; {remedy}")
            yield response
    except requests.RequestException as error:
        raise ArtifactError(f"{what}: the server does not answer ({type(error).__name__}); {remedy}") from error


def _etag(response: Response) -> str:
    return response.headers.get("ETag", "").strip('"')
