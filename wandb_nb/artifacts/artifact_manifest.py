"""`Artifact.manifest`: the files of a version by their path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.artifacts.artifact_entry import ArtifactEntry


@dataclass(frozen=True)
class ArtifactManifest:
    """The files of a version by their path, and the manifest's JSON."""

    entries: Mapping[str, ArtifactEntry]
    content: dict[str, Any]

    def to_manifest_json(self) -> dict[str, Any]:
        """Return the manifest as a JSON object."""
        return self.content

    def get_entry_by_path(self, path: str) -> ArtifactEntry | None:
        """Return the entry of the file *path*, None if there is none."""
        return self.entries.get(path)

    def get_entries_in_directory(self, directory: str) -> list[ArtifactEntry]:
        """Return the entries below *directory*."""
        return [entry for path, entry in self.entries.items() if path.startswith(f"{directory.rstrip('/')}/")]

    def __len__(self) -> int:
        return len(self.entries)
