"""One file of an artifact, as users see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import ArtifactStateError

if TYPE_CHECKING:
    import os

    from wandb_nb.store.format.artifact_record import ManifestEntry


@dataclass(frozen=True)
class ArtifactEntry:
    """A file of an artifact: its path there, MD5 in base64, size in bytes; *ref* is the address of a reference."""

    path: str
    digest: str
    size: int
    ref: str | None = None
    _parent: Any = field(default=None, repr=False, compare=False)
    _content: str = field(default="", repr=False, compare=False)

    @property
    def name(self) -> str:
        """The path in the artifact."""
        return self.path

    @property
    def local_path(self) -> str | None:
        """Where the content of a draft's file is on this machine."""
        return self._content or None

    def parent_artifact(self) -> Any:
        """Return the artifact."""
        return self._parent

    def ref_target(self) -> str:
        """Return the address that a reference points to.

        Raises:
            ArtifactStateError: It is not a reference.

        """
        if self.ref is None:
            raise ArtifactStateError(f"{self.path} is a file, not a reference: call download()")
        return self.ref

    def download(self, root: str | os.PathLike[str] | None = None, skip_cache: bool | None = None, **_: Any) -> str:  # noqa: ARG002 -- the documented signature
        """Download this file below *root*, by default where `Artifact.download()` puts it, and return its path.

        Raises:
            ArtifactStateError: The artifact was not logged.
            ArtifactError: The content is damaged, or a link is in the way.
            StoreError: The content cannot be read or the file not written.

        """
        path: str = self._parent.download_file(self.path, root)
        return path


def public_entry(path: str, entry: ManifestEntry, parent: object) -> ArtifactEntry:
    """Return *entry* as users see it, a file of the artifact *parent*."""
    return ArtifactEntry(path, entry.digest, entry.size, entry.ref or None, parent, entry.local_path)
