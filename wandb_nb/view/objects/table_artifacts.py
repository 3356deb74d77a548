"""The files of artifacts that a run logged, in its directory: all rows of tables, and the media in their cells."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from wandb_nb.lru import LRUDict
from wandb_nb.store.format.layout import ARTIFACTS, MANIFESTS, OBJECTS
from wandb_nb.untrusted_file import open_file, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_ADDRESS = re.compile(r"wandb-client-artifact://([A-Za-z0-9]{1,128})/([^\0\\]{1,500})")
_PATH = re.compile(rf"{ARTIFACTS}/([A-Za-z0-9]{{1,128}})/(.+)", re.DOTALL)
_MAX_MANIFEST_BYTES = 64 << 20
_MAX_MANIFESTS = 4


def artifact_file(address: Any) -> str:
    """Return `artifacts/<client id>/<path>` for the *address* of a file in an artifact; empty for anything else."""
    match = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    return f"{ARTIFACTS}/{match[1]}/{match[2]}" if match else ""


def artifact_folder(path: str) -> str:
    """Return `artifacts/<client id>` for the *path* of a file in an artifact; empty for any other path."""
    match = _PATH.fullmatch(path)
    return f"{ARTIFACTS}/{match[1]}" if match else ""


class TableArtifacts:
    """Opens files of the artifacts of tables; a few manifests stay in memory. Not thread-safe."""

    def __init__(self) -> None:
        self._manifests: LRUDict[Path, Mapping[str, str]] = LRUDict(_MAX_MANIFESTS)

    def open(self, path: str, folders: Iterable[Path]) -> BinaryIO | None:
        """Open *path*, `artifacts/<client id>/<path in it>`, in the first of the run's *folders* that has it."""
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        for folder in folders:
            with suppress(OSError, ValueError):
                digest = self._digests(folder / ARTIFACTS / MANIFESTS / f"{match[1]}.json", folder).get(match[2])
                if digest is not None:
                    name = b64decode(digest, validate=True).hex()
                    return open_file(folder / ARTIFACTS / OBJECTS / name, below=folder)
        return None

    def _digests(self, manifest: Path, folder: Path) -> Mapping[str, str]:
        """Return the digest of each file in an artifact by its path. A manifest never changes once it is there."""
        if manifest not in self._manifests:
            value = json.loads(read_file(manifest, _MAX_MANIFEST_BYTES, below=folder))
            contents = value.get("contents") if isinstance(value, dict) else None
            entries = contents.items() if isinstance(contents, dict) else ()
            digests = {path: entry.get("digest") for path, entry in entries if isinstance(entry, dict)}
            self._manifests[manifest] = {path: one for path, one in digests.items() if isinstance(one, str)}
        return self._manifests[manifest]
