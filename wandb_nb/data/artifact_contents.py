"""What media put into an artifact: files by their path in it, to be stored by whoever logs the artifact."""

from __future__ import annotations

import re
import secrets
import string
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from wandb_nb.data.media_content import MediaContent
    from wandb_nb.store.format.artifact_record import ManifestEntry

MAX_DIGEST = 20
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]")
_LETTERS = string.ascii_letters + string.digits


class LoggedArtifact(NamedTuple):
    """The ids by which rows refer to a logged version, and to the newest one of its sequence."""

    client_id: str
    sequence_client_id: str


@dataclass(frozen=True)
class ArtifactContents:
    """A version to be logged: its name, its type, its files, and what else its record has.

    *metadata* is JSON. *entries* are references, and files whose content is on disk already. *ttl* is in seconds.
    """

    name: str
    type: str
    incremental: bool = False
    files: dict[str, MediaContent] = field(default_factory=dict)
    entries: dict[str, ManifestEntry] = field(default_factory=dict)
    description: str = ""
    metadata: str = ""
    aliases: tuple[str, ...] = ("latest",)
    tags: tuple[str, ...] = ()
    is_used: bool = False
    ttl: int = 0
    distributed_id: str = ""
    is_final: bool = True
    """Whether no other writer of *distributed_id* follows."""

    def add(self, content: MediaContent, folder: str, suffix: str) -> str:
        """Add a media file under a name made of its digest, and return its path in the artifact."""
        path = f"media/{folder}/{b64decode(content.md5).hex()[:MAX_DIGEST]}.{suffix}"
        self.files[path] = content
        return path


class ArtifactWriter(Protocol):
    """Logs artifacts of a run."""

    @property
    def run_id(self) -> str:
        """The id of the run."""

    def log(self, contents: ArtifactContents) -> LoggedArtifact:
        """Store the files and the record of a version, and return its ids."""


def artifact_name(run_id: str, key: str, prefix: str = "") -> str:
    """Return the name of the artifact behind *key*: a name of allowed characters, made unique where some are lost."""
    allowed = _FORBIDDEN.sub("", key)
    unique = "" if allowed == key else "-" + "".join(secrets.choice(_LETTERS) for _ in range(6))
    return f"run-{run_id}-{prefix}{allowed}{unique}"
