"""The artifacts that one run logs: contents by digest and a manifest each, in the folder of the run.

`artifacts/objects/<MD5 in hexadecimal>` are the contents, each stored once; `artifacts/manifests/<client id>.json` says
which of them a version has. All of it is whole on disk before the record that names it.
"""

from __future__ import annotations

import secrets
import shutil
import string
from typing import TYPE_CHECKING

from wandb_nb.artifacts.manifest import manifest_digest, manifest_json
from wandb_nb.artifacts.object_files import FOLDER, object_path
from wandb_nb.atomic_file import replacement, write_text
from wandb_nb.data.artifact_contents import ArtifactContents, LoggedArtifact
from wandb_nb.data.media_content import MediaContent
from wandb_nb.errors import MediaError
from wandb_nb.store.format.artifact_record import ArtifactRecord, ManifestEntry, artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_ALPHABET = string.ascii_lowercase + string.digits
_MAX_ID = 128


class RunArtifacts:
    """Logs artifacts of the run *run_id* in its *directory*; *append* takes their records."""

    def __init__(self, directory: Path, append: Callable[[bytes], None], run_id: str) -> None:
        self.run_id = run_id
        self.project = self.entity = ""
        self._directory, self._append = directory, append

    def log(self, contents: ArtifactContents) -> LoggedArtifact:
        """Store a version and its record, and return its ids.

        Raises:
            MediaError: A file of it cannot be read or written.

        """
        try:
            stored = {path: self._stored(content) for path, content in contents.files.items()}
            entries = {**contents.references, **stored}
            logged = LoggedArtifact(_random_id(), _random_id())
            manifests = self._directory / FOLDER / "manifests"
            manifests.mkdir(parents=True, exist_ok=True)
            write_text(manifests / f"{logged.client_id}.json", manifest_json(entries))
        except OSError as error:
            raise MediaError(f"the artifact {contents.name} cannot be stored: {error}") from error
        record = ArtifactRecord(
            run_id=self.run_id,
            project=self.project,
            entity=self.entity,
            type=contents.type,
            name=contents.name,
            digest=manifest_digest(entries),
            client_id=logged.client_id,
            sequence_client_id=logged.sequence_client_id,
            incremental=contents.incremental,
            description=contents.description,
            metadata=contents.metadata,
            aliases=contents.aliases,
            tags=contents.tags,
            is_used=contents.is_used,
            entries=entries,
        )
        self._append(artifact(record))
        return logged

    def _stored(self, content: MediaContent) -> ManifestEntry:
        """Store *content* unless there is a file of its digest."""
        path = object_path(self._directory, content.md5)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacement(path) as unfinished:
                if content.data is None:
                    assert content.path is not None  # noqa: S101 -- one of the two is always there
                    shutil.copyfile(content.path, unfinished)
                    if MediaContent(path=unfinished).md5 != content.md5:
                        raise MediaError(f"{content.path} has changed since it was added: add it again")
                else:
                    unfinished.write_bytes(content.data)
        return ManifestEntry(content.md5, path.stat().st_size, str(path.absolute()))


def _random_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_MAX_ID))
