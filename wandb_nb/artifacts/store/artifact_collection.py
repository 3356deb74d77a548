"""The versions of one artifact name on disk.

    collection.json                      entity, project, name, type
    v0.manifest.json, v1.…               the files of a version
    v0.<digest>.json, v1.…               what else is known of it; a version exists from the moment this file does
    v2.deleted                           a version that was deleted: its number is never used again
    aliases/<alias>.json                 the number of a version
    lock                                 held by the process that adds, changes or deletes a version

Each file is replaced as a whole, so readers need no lock.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from wandb_nb.artifacts.manifest import manifest_json, read_manifest
from wandb_nb.artifacts.store.safe_names import safe_name
from wandb_nb.artifacts.store.store_lock import locked
from wandb_nb.artifacts.store.stored_version import MAX_VERSION_BYTES, read_version, version_json
from wandb_nb.artifacts.version_name import LATEST
from wandb_nb.atomic_file import write_text
from wandb_nb.errors import ArtifactError, StoreError
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from wandb_nb.artifacts.store.stored_version import StoredVersion
    from wandb_nb.store.format.artifact_record import ManifestEntry

DESCRIPTION_FILE = "collection.json"
MAX_MANIFEST_BYTES = 1 << 30
_MAX_SMALL_BYTES = 1 << 16
_ENTRY = re.compile(r"v([0-9]{1,18})\.([0-9a-f]{32})\.json")
_DELETED = re.compile(r"v([0-9]{1,18})\.deleted")


class ArtifactCollection:
    """The versions of an artifact name below *folder*."""

    def __init__(self, folder: Path, entity: str, project: str, name: str, type: str = "") -> None:  # noqa: A002 -- as in Artifact
        self.folder = folder
        self.entity, self.project, self.name, self.type = entity, project, name, type

    @classmethod
    def read(cls, folder: Path) -> ArtifactCollection:
        """Return the collection in *folder*; raise OSError, ValueError, KeyError or TypeError if there is none."""
        content = json.loads(read_file(folder / DESCRIPTION_FILE, _MAX_SMALL_BYTES))
        return cls(folder, *(str(content[name]) for name in ("entity", "project", "name", "type")))

    @property
    def path(self) -> str:
        """Entity (where known), project and name, joined by slashes."""
        return "/".join(part for part in (self.entity, self.project, self.name) if part)

    # -- reading

    def indexes(self) -> dict[int, str]:
        """Return the digests of all versions by their number, in the order of the numbers."""
        return dict(sorted((int(match[1]), match[2]) for name in self._names() if (match := _ENTRY.fullmatch(name))))

    def versions(self) -> list[StoredVersion]:
        """Return all versions, oldest first."""
        entries = (self.version(index, digest) for index, digest in self.indexes().items())
        return [entry for entry in entries if entry is not None]

    def version(self, index: int, digest: str | None = None) -> StoredVersion | None:
        """Return version *index*; None if there is none, or its file is damaged."""
        digest = digest or self.indexes().get(index)
        if digest is None:
            return None
        try:
            return read_version(read_file(self._entry(index, digest), MAX_VERSION_BYTES))
        except (OSError, ValueError, TypeError):
            return None

    def manifest(self, index: int, *, touch: bool = True) -> dict[str, ManifestEntry]:
        """Return the files of version *index* by their path; with *touch* this is a use of the version.

        Raises:
            ArtifactError: The manifest is damaged, or names a path that leads out of the artifact.
            StoreError: It cannot be read.

        """
        file = self.folder / f"v{index}.manifest.json"
        try:
            text = read_file(file, MAX_MANIFEST_BYTES)
        except OSError as error:
            raise StoreError(
                f"the manifest of {self.path}:v{index} cannot be read: {error}; delete that version"
            ) from error
        if touch:
            with suppress(OSError):
                os.utime(file)
        return read_manifest(text, f"{self.path}:v{index}")

    def last_used(self, index: int) -> float:
        """Return when the manifest of version *index* was used last, in unix seconds."""
        try:
            return (self.folder / f"v{index}.manifest.json").stat().st_mtime
        except OSError:
            return 0.0

    def aliases(self) -> dict[str, int]:
        """Return the number of the version that each alias names, without those of deleted versions."""
        indexes = self.indexes()
        pairs = dict(self._aliases())
        return {alias: index for alias, index in sorted(pairs.items()) if index in indexes}

    def aliases_of(self, index: int) -> list[str]:
        """Return the aliases of version *index*, "latest" first."""
        names = [alias for alias, other in self.aliases().items() if other == index]
        return sorted(names, key=lambda name: (name != LATEST, name))

    # -- changing

    def add(
        self, version: StoredVersion, entries: Mapping[str, ManifestEntry], aliases: Iterable[str]
    ) -> tuple[StoredVersion, bool]:
        """Add *version* with its files, and give it *aliases*; return it with its number, and whether it is new.

        Where a version has the same digest, that one gets the aliases, and no number is used.

        Raises:
            StoreError: Another process holds the lock for minutes.
            OSError: The store cannot be written.

        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self.folder / "lock"):
            self._describe(version.type)
            same = self._with_digest(version.digest)
            if is_new := same is None:
                version = replace(version, index=self._next_index())
                write_text(self.folder / f"{version.version}.manifest.json", manifest_json(entries))
                self._write(version)
            else:
                version = same
            for alias in aliases:
                self._set_alias(alias, version.index)
        return version, is_new

    def update(self, index: int, **changes: Any) -> StoredVersion:
        """Store *changes* of version *index*, and return it; ArtifactError if it was deleted, else errors as `add`."""
        with locked(self.folder / "lock"):
            version = self.version(index)
            if version is None:
                raise ArtifactError(f"the artifact {self.path}:v{index} was deleted: use another version")
            version = replace(version, **changes)
            self._write(version)
        return version

    def set_aliases(self, index: int, aliases: Iterable[str]) -> None:
        """Give version *index* these aliases and take all others from it. StoreError or OSError as `add`."""
        wanted = set(aliases)
        with locked(self.folder / "lock"):
            for alias in set(self.aliases_of(index)) - wanted:
                self._alias_file(alias).unlink(missing_ok=True)
            for alias in sorted(wanted):
                self._set_alias(alias, index)

    def delete(self, index: int) -> None:
        """Delete version *index* and its aliases; its number is not used again. StoreError or OSError as `add`."""
        with locked(self.folder / "lock"):
            aliases = self.aliases_of(index)
            (self.folder / f"v{index}.deleted").touch(0o600)
            digest = self.indexes().get(index)
            if digest is not None:
                self._entry(index, digest).unlink(missing_ok=True)
            (self.folder / f"v{index}.manifest.json").unlink(missing_ok=True)
            for alias in aliases:
                self._alias_file(alias).unlink(missing_ok=True)

    def _describe(self, kind: str) -> None:
        """Write the collection's own file unless it is there; its type is that of the first version."""
        if not (self.folder / DESCRIPTION_FILE).exists():
            content = {"entity": self.entity, "project": self.project, "name": self.name, "type": kind}
            write_text(self.folder / DESCRIPTION_FILE, json.dumps(content))

    def _with_digest(self, digest: str) -> StoredVersion | None:
        indexes = [index for index, other in self.indexes().items() if other == digest]
        return next((entry for index in reversed(indexes) if (entry := self.version(index, digest))), None)

    def _next_index(self) -> int:
        matches = (_ENTRY.fullmatch(name) or _DELETED.fullmatch(name) for name in self._names())
        return max((int(match[1]) for match in matches if match), default=-1) + 1

    def _write(self, version: StoredVersion) -> None:
        write_text(self._entry(version.index, version.digest), version_json(version))

    def _entry(self, index: int, digest: str) -> Path:
        return self.folder / f"v{index}.{digest}.json"

    def _alias_file(self, alias: str) -> Path:
        return self.folder / "aliases" / f"{safe_name(alias)}.json"

    def _set_alias(self, alias: str, index: int) -> None:
        file = self._alias_file(alias)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        write_text(file, json.dumps({"alias": alias, "version": index}))

    def _aliases(self) -> Iterable[tuple[str, int]]:
        for file in (self.folder / "aliases").glob("*.json"):
            with suppress(OSError, ValueError, KeyError, TypeError):  # deleted meanwhile, or damaged
                content = json.loads(read_file(file, _MAX_SMALL_BYTES))
                yield str(content["alias"]), int(content["version"])

    def _names(self) -> list[str]:
        try:
            return os.listdir(self.folder)  # noqa: PTH208 -- names only
        except OSError:
            return []
