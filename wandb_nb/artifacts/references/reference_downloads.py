"""The contents of references: what is at their addresses, if it is still what was referred to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wandb_nb.artifacts.references.bucket_references import SCHEMES, fetch_object
from wandb_nb.artifacts.references.file_uris import uri_path
from wandb_nb.artifacts.references.http_references import fetch_http
from wandb_nb.artifacts.references.reference_entries import HTTP
from wandb_nb.artifacts.store.file_copies import bytes_digest, copy_file
from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.store.format.artifact_record import ManifestEntry


def fetch_reference(name: str, entry: ManifestEntry, target: Path, *, allow_missing: bool) -> bool:
    """Copy what is at the address of *entry*, the file *name*, to *target*; return False if it is gone.

    Raises:
        ArtifactError: It is gone and must not be, has changed, or its scheme is not supported.

    """
    scheme = urlsplit(entry.ref).scheme
    fetch = _fetchers().get(scheme)
    if fetch is None:
        raise ArtifactError(f"the reference {name} to {entry.ref} cannot be downloaded: {scheme!r} is not supported")
    is_there = fetch(name, entry, target)
    if not is_there and not allow_missing:
        raise ArtifactError(f"the reference {name} to {entry.ref} is gone: give allow_missing_references=True")
    return is_there


def _fetchers() -> dict[str, Callable[[str, ManifestEntry, Path], bool]]:
    return {"file": _fetch_file, **dict.fromkeys(HTTP, fetch_http), **dict.fromkeys(SCHEMES, fetch_object)}


def _fetch_file(name: str, entry: ManifestEntry, target: Path) -> bool:
    path = uri_path(entry.ref)
    if not path.is_file():
        return False
    digest, _ = copy_file(path, target)
    if entry.digest not in (digest, bytes_digest(entry.ref.encode())):
        raise ArtifactError(f"the reference {name} points to {path}, which has changed: log the artifact again")
    return True
