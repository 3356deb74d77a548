"""The manifest of a version: which files it has, and the digest over all of them."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from typing import TYPE_CHECKING

from wandb_nb.store.format.artifact_record import STORAGE_POLICY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.store.format.artifact_record import ManifestEntry

MANIFEST_FILE, INCREMENTAL_MANIFEST_FILE = "wandb_manifest.json", "wandb_manifest.incremental.json"
_HEADER = "wandb-artifact-manifest-v1\n"


def manifest_digest(entries: Mapping[str, ManifestEntry]) -> str:
    """Return the digest of a version: the MD5 over the paths and digests of its files, in the order of their paths."""
    digest = hashlib.md5(_HEADER.encode(), usedforsecurity=False)
    for path, entry in sorted(entries.items()):
        digest.update(f"{path}:{entry.digest}\n".encode())
    return digest.hexdigest()


def manifest_json(entries: Mapping[str, ManifestEntry]) -> str:
    """Return the manifest as its file has it, without paths of this machine."""
    contents = {
        path: {"digest": entry.digest, "size": entry.size, **({"ref": entry.ref} if entry.ref else {})}
        for path, entry in sorted(entries.items())
    }
    policy = {"storagePolicy": STORAGE_POLICY, "storagePolicyConfig": {"storageLayout": "V2"}}
    return json.dumps({"version": 1, **policy, "contents": contents})


def object_name(digest: str) -> str:
    """Return the file name of a content by its *digest*, MD5 in base64."""
    return b64decode(digest).hex()
