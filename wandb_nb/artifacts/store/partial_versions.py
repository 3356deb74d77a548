"""Parts of versions that several runs write: one manifest for each part, until the version is finished."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from wandb_nb.artifacts.manifest import manifest_object, read_manifest
from wandb_nb.atomic_file import write_text
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from wandb_nb.store.format.artifact_record import ManifestEntry

MAX_PART_BYTES = 1 << 30
_DIGITS = 32


class PartialVersions:
    """The parts below *folder*. Processes may use one folder concurrently."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, version: str, part_id: str, entries: Mapping[str, ManifestEntry], aliases: Iterable[str]) -> None:
        """Store a part of *version*, any text that its writers have in common. Raises OSError."""
        folder = self._of(version)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = {**manifest_object(entries), "aliases": list(aliases)}
        write_text(folder / f"{part_id}.json", json.dumps(content))

    @contextmanager
    def merged(self, version: str) -> Iterator[tuple[dict[str, ManifestEntry], list[str]]]:
        """Give the files and aliases of all parts of *version*, which are removed at the end of the block.

        Of two files with one path, that of the part written last counts.

        Raises:
            OSError: A part cannot be read; ArtifactError if it is damaged.

        """
        parts = sorted(self._of(version).glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        entries: dict[str, ManifestEntry] = {}
        aliases: list[str] = []
        for part in parts:
            entries.update(_read(part))
            aliases += json.loads(read_file(part, MAX_PART_BYTES)).get("aliases", ())
        yield entries, list(dict.fromkeys(aliases))
        for part in parts:
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
