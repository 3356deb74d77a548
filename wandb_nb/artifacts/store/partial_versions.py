"""Parts of versions that several runs write: one manifest for each part, until the version is finished."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from wandb_nb.artifacts.manifest import manifest_json, read_manifest
from wandb_nb.atomic_file import write_text
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wandb_nb.store.format.artifact_record import ManifestEntry

MAX_PART_BYTES = 1 << 30
_DIGITS = 32


class PartialVersions:
    """The parts below *folder*. Processes may use one folder concurrently."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, version: str, client_id: str, entries: dict[str, ManifestEntry]) -> None:
        """Store a part of *version*, any text that its writers have in common. Raises OSError."""
        folder = self._of(version)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_text(folder / f"{client_id}.json", manifest_json(entries))

    def merged(self, version: str) -> dict[str, ManifestEntry]:
        """Return the files of all parts of *version*; of two with one path, that of the part written last.

        Raises:
            OSError: A part cannot be read; ArtifactError if it is damaged.

        """
        entries: dict[str, ManifestEntry] = {}
        for part in sorted(self._of(version).glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
            entries.update(_read(part))
        return entries

    def remove(self, version: str) -> None:
        """Remove the parts of *version*, which is finished."""
        for part in self._of(version).glob("*"):
            part.unlink(missing_ok=True)
        with suppress(OSError):  # a writer has just added one
            self._of(version).rmdir()

    def manifests(self) -> Iterator[dict[str, ManifestEntry]]:
        """Yield the files of every part. Errors as `merged`."""
        for part in self._folder.glob("*/*.json"):
            with suppress(FileNotFoundError):  # finished meanwhile
                yield _read(part)

    def _of(self, version: str) -> Path:
        return self._folder / sha256(version.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]


def _read(part: Path) -> dict[str, ManifestEntry]:
    return read_manifest(read_file(part, MAX_PART_BYTES), f"a part in {part}")
