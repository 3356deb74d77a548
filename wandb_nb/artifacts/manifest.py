"""The manifest of a version: which files it has, and the digest over all of them."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.artifact_names import check_path
from wandb_nb.errors import ArtifactError
from wandb_nb.store.format.artifact_record import STORAGE_POLICY, ManifestEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST_FILES = {
    "FULL": "wandb_manifest.json",
    "INCREMENTAL": "wandb_manifest.incremental.json",
    "PATCH": "wandb_manifest.patch.json",
}
"""The names of manifests on a server by their type; a patch is a part of a version that several runs write."""
_HEADER = "wandb-artifact-manifest-v1\n"
_DIGEST_BYTES = 16


def manifest_digest(entries: Mapping[str, ManifestEntry]) -> str:
    """Return the digest of a version: the MD5 over the paths and digests of its files, in the order of their paths."""
    digest = hashlib.md5(_HEADER.encode(), usedforsecurity=False)
    for path, entry in sorted(entries.items()):
        digest.update(f"{path}:{entry.digest}\n".encode())
    return digest.hexdigest()


def manifest_json(entries: Mapping[str, ManifestEntry]) -> str:
    """Return the manifest as its file has it, without paths of this machine.

    The text is joined from one line per file: 100,000 objects of the JSON package would take 50 MB.
    """
    lines = ", ".join(f"{quoted(path)}: {_entry_json(entry)}" for path, entry in sorted(entries.items()))
    return json.dumps(manifest_object({}))[:-2] + lines + "}}"


def manifest_object(entries: Mapping[str, ManifestEntry]) -> dict[str, Any]:
    """Return the manifest as a JSON object, without paths of this machine."""
    contents = {
        path: {"digest": entry.digest, "size": entry.size, **({"ref": entry.ref} if entry.ref else {})}
        for path, entry in sorted(entries.items())
    }
    policy = {"storagePolicy": STORAGE_POLICY, "storagePolicyConfig": {"storageLayout": "V2"}}
    return {"version": 1, **policy, "contents": contents}


def read_manifest(text: str | bytes, artifact: str) -> dict[str, ManifestEntry]:
    """Return the files of *artifact* by their path, from a manifest that somebody else may have written.

    Raises:
        ArtifactError: It is not a manifest, or an entry leads out of the artifact or has no digest; it is named.

    """
    try:
        contents = json.loads(text)["contents"].items()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArtifactError(f"the manifest of {artifact} is damaged: log that version again") from error
    return {path: _read_entry(path, content, artifact) for path, content in contents}


def object_name(digest: str) -> str:
    """Return the file name of a content by its *digest*, MD5 in base64. Raises ValueError if it is not one."""
    return b64decode(digest).hex()


def _entry_json(entry: ManifestEntry) -> str:
    ref = f', "ref": {quoted(entry.ref)}' if entry.ref else ""
    return f'{{"digest": {quoted(entry.digest)}, "size": {entry.size}{ref}}}'


def _read_entry(path: str, content: Any, artifact: str) -> ManifestEntry:
    if check_path(path) != path:
        raise ArtifactError(f"the manifest of {artifact} has the path {path!r}, which is not possible: do not use it")
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        digest, size, ref = content["digest"], content.get("size", 0), content.get("ref", "")
        texts = isinstance(digest, str) and isinstance(ref, str) and isinstance(size, int) and size >= 0
        if texts and (ref or len(b64decode(digest, validate=True)) == _DIGEST_BYTES):
            return ManifestEntry(digest, size, ref=ref)
    raise ArtifactError(f"the manifest of {artifact} has no valid digest and size for {path!r}: do not use it")
