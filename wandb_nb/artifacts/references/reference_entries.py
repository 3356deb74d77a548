"""Entries of an artifact that refer to a file or an address; the content stays where it is."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from wandb_nb.artifacts.artifact_names import check_path
from wandb_nb.artifacts.draft.folder_files import files_below
from wandb_nb.artifacts.references.bucket_references import SCHEMES, bucket_entries
from wandb_nb.artifacts.references.file_uris import uri_path
from wandb_nb.artifacts.references.http_references import http_entry
from wandb_nb.artifacts.store.file_copies import bytes_digest
from wandb_nb.capture.secrets.redact import Redactor
from wandb_nb.data.media_content import MediaContent
from wandb_nb.errors import ArtifactError
from wandb_nb.store.format.artifact_record import ManifestEntry

MAX_OBJECTS = 10_000_000
"""Files of a folder, where the caller gives no other limit."""
HTTP = frozenset(("http", "https"))
NAMED_BY_ADDRESS = HTTP | SCHEMES


def reference_entries(
    uri: str, name: str | None, *, checksum: bool, max_objects: int | None = None
) -> dict[str, ManifestEntry]:
    """Return the entries for *uri* by their path in the artifact: one, or one for each file of a folder.

    The digest of a file is its MD5, that of http, s3 and gs what the server calls the content (ETag). Without
    *checksum*, and for every other scheme, it is the address, and nothing is requested. Passwords in an address are
    removed.

    Raises:
        ArtifactError: *uri* is not an address, nothing is there, it cannot be read, or it needs a *name*.

    """
    scheme, limit = urlsplit(uri).scheme, max_objects or MAX_OBJECTS
    if not scheme or "://" not in uri:
        raise ArtifactError(f"add_reference({uri!r}) needs an address: give 'file://' and the path for a local file")
    if scheme == "file":
        return _files(uri, name, checksum=checksum, max_objects=limit)
    ref = Redactor(os.environ)(uri)
    if name is None and scheme not in NAMED_BY_ADDRESS:
        raise ArtifactError(f"add_reference({ref!r}) needs a name: addresses of {scheme!r} give none")
    base = name if name is not None else PurePosixPath(uri.partition("://")[2].partition("/")[2]).name
    if checksum and scheme in SCHEMES:
        return _bucket(uri, name, base, limit)
    entry = http_entry(uri, ref) if checksum and scheme in HTTP else ManifestEntry(ref, 0, ref=ref)
    return {check_path(base): entry}


def _bucket(uri: str, name: str | None, base: str, limit: int) -> dict[str, ManifestEntry]:
    entries = bucket_entries(uri, limit)
    if "" in entries:  # the object itself
        return {check_path(base): entries[""]}
    prefix = f"{check_path(name)}/" if name else ""
    return {check_path(prefix + path): entry for path, entry in entries.items()}


def _files(uri: str, name: str | None, *, checksum: bool, max_objects: int) -> dict[str, ManifestEntry]:
    top = uri_path(uri)
    if top.is_file():
        return {check_path(name or top.name): _file_entry(top, uri, checksum=checksum)}
    if not top.is_dir():
        raise ArtifactError(f"add_reference({uri!r}) finds no file or folder there: check the path")
    paths = list(islice(files_below(top), max_objects + 1))
    if len(paths) > max_objects:
        raise ArtifactError(f"add_reference({uri!r}) finds more than {max_objects} files: raise max_objects")
    prefix = f"{check_path(name)}/" if name else ""
    return {
        prefix + relative: _file_entry(Path(path), f"{uri.rstrip('/')}/{relative}", checksum=checksum)
        for relative, path in paths
    }


def _file_entry(path: Path, uri: str, *, checksum: bool) -> ManifestEntry:
    try:
        content = MediaContent(path=path)
        digest = content.md5 if checksum else bytes_digest(uri.encode())
        return ManifestEntry(digest, content.size, ref=uri)
    except OSError as error:
        raise ArtifactError(f"add_reference({uri!r}) cannot read {path}: {error}") from error
