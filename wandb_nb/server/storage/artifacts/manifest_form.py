"""Reads the manifest that a client sends. Nothing in it is trusted: paths, digests, sizes, numbers of entries."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.artifacts.manifest import manifest_digest
from wandb_nb.errors import UsageError
from wandb_nb.server.storage.artifacts.content_store import hex_digest
from wandb_nb.store.format.artifact_record import ManifestEntry
from wandb_nb.untrusted_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ENTRIES = 500_000
MAX_PATH = 1024
_MAX_DIGEST, _MAX_REF, _MAX_EXTRA, _MAX_SIZE = 1024, 8192, 65_536, 2**62
_SEPARATORS = re.compile(r"[/\\]")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SentManifest(NamedTuple):
    """The entries of a manifest by path, what each has besides, as JSON, and the digest over all of them."""

    entries: Mapping[str, ManifestEntry]
    extras: Mapping[str, str]
    digest: str


def read_manifest(data: bytes) -> SentManifest:
    """Return what the manifest *data* has; paths of the machine that sent it are left out.

    Raises:
        UsageError: It is not a manifest, or an entry is not possible.

    """
    try:
        manifest = parse_object(data.decode("utf-8", "replace"))
    except ValueError as error:
        raise UsageError(f"the manifest is {error}") from error
    listed = manifest.get("contents")
    if not isinstance(listed, dict):
        raise UsageError("the manifest has no object `contents`")
    if len(listed) > MAX_ENTRIES:
        raise UsageError(f"the manifest has more than {MAX_ENTRIES} files; make several artifacts")
    entries = {check_path(path): _read_entry(path, entry) for path, entry in listed.items()}
    extras = {path: _extra(path, entry["extra"]) for path, entry in listed.items() if entry.get("extra")}
    return SentManifest(entries, extras, manifest_digest(entries))


def check_path(path: str) -> str:
    """Return *path*, which stays below any folder that it is joined to, on every system.

    Raises:
        UsageError: It does not.

    """
    parts = _SEPARATORS.split(path)
    leads_out = not all(parts) or ".." in parts or "." in parts or _DRIVE.match(path)
    if len(path) > MAX_PATH or leads_out or _CONTROL.search(path):
        raise UsageError(
            f"the path {path[:80]!r} is not possible in an artifact: use a relative path without '..', of at most "
            f"{MAX_PATH} characters"
        )
    return path


def _read_entry(path: str, entry: Any) -> ManifestEntry:
    digest, size, ref = (entry.get(key) for key in ("digest", "size", "ref")) if isinstance(entry, dict) else [None] * 3
    if not isinstance(digest, str) or len(digest) > _MAX_DIGEST or "\n" in digest:
        raise UsageError(f"the entry {path[:80]!r} of the manifest has no usable digest")
    size = 0 if size is None else size
    if type(size) is not int or not 0 <= size <= _MAX_SIZE:
        raise UsageError(f"the entry {path[:80]!r} of the manifest has no usable size")
    if not ref:
        hex_digest(digest)
        return ManifestEntry(digest, size)
    if not isinstance(ref, str) or len(ref) > _MAX_REF or _CONTROL.search(ref):
        raise UsageError(f"the entry {path[:80]!r} of the manifest has no usable reference")
    return ManifestEntry(digest, size, ref=ref)


def _extra(path: str, extra: Any) -> str:
    text = json.dumps(extra)
    if not isinstance(extra, dict) or len(text) > _MAX_EXTRA:
        raise UsageError(f"the entry {path[:80]!r} of the manifest has an unusable `extra`")
    return text
