"""Versions of servers that were downloaded whole, so that they are found by their names without the server.

`downloaded/<entity>/<project>/<name>/v3.json` has the version, its aliases at the time and its files. The contents are
those of the store; no version of this machine needs them, so a clean-up may delete them, and then the version is gone.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.manifest import manifest_json, read_manifest
from wandb_nb.artifacts.store.safe_names import safe_name
from wandb_nb.artifacts.store.stored_version import StoredVersion, read_version, version_json
from wandb_nb.atomic_file import write_text
from wandb_nb.errors import ArtifactError
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wandb_nb.artifacts.store.artifact_store import ArtifactStore
    from wandb_nb.artifacts.version_name import VersionName
    from wandb_nb.store.format.artifact_record import ManifestEntry

_MAX_BYTES = 1 << 30
_FIELDS = frozenset(item.name for item in fields(StoredVersion))


@dataclass(frozen=True)
class DownloadedVersion(StoredVersion):
    """A version of a server, with the server's id of it, and its aliases and files when it was downloaded."""

    node_id: str = ""
    aliases: tuple[str, ...] = ()
    manifest: str = ""

    @property
    def record_id(self) -> str:
        """The server's id."""
        return self.node_id


class DownloadedVersions:
    """The downloaded versions whose contents *store* has."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._folder = store.folder / "downloaded"

    def add(self, version: StoredVersion, entries: Mapping[str, ManifestEntry], aliases: Iterable[str]) -> None:
        """Store what describes *version*; nothing where the store cannot be written."""
        content = {
            "version": json.loads(version_json(version)),
            "node_id": version.record_id,
            "aliases": list(aliases),
            "manifest": manifest_json(entries),
        }
        folder = self._folder.joinpath(*map(safe_name, (version.entity, version.project, version.name)))
        with suppress(OSError), self._store.adding():  # StoreError is an OSError
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_text(folder / f"{version.version}.json", json.dumps(content))

    def find(self, name: VersionName) -> DownloadedVersion | None:
        """Return the version that *name* names, of several the one downloaded last; None if there is none."""
        parts = (safe_name(part) if part is not None else "*" for part in (name.entity, name.project, name.name))
        files = self._folder.glob("/".join((*parts, "v*.json")))
        for file in sorted(files, key=_modified, reverse=True):
            version = _read(file)
            if version is not None and name.alias in (version.version, *version.aliases) and self._is_whole(version):
                return version
        return None

    def _is_whole(self, version: DownloadedVersion) -> bool:
        try:
            entries = read_manifest(version.manifest, version.qualified_name)
        except ArtifactError:
            return False
        contents = (self._store.contents.path(entry.digest) for entry in entries.values() if not entry.ref)
        return all(map(os.path.isfile, contents))


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _read(file: Path) -> DownloadedVersion | None:
    """Return the version in *file*; None if it is gone or damaged."""
    try:
        content: dict[str, Any] = json.loads(read_file(file, _MAX_BYTES))
        version = read_version(json.dumps(content["version"]))
        values = {name: getattr(version, name) for name in _FIELDS}
        aliases = tuple(map(str, content["aliases"]))
        node_id, manifest = str(content["node_id"]), str(content["manifest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return DownloadedVersion(**values, node_id=node_id, aliases=aliases, manifest=manifest)
