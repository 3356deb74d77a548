"""The contents of a run's artifacts in the folder of the run, each stored once under its digest."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from wandb_nb.artifacts.manifest import object_name
from wandb_nb.artifacts.store.file_copies import stream_digest
from wandb_nb.store.format.layout import ARTIFACTS, OBJECTS
from wandb_nb.store.runs.registry import user_folder
from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from wandb_nb.store.format.artifact_record import ManifestEntry


def object_path(directory: Path, digest: str) -> Path:
    """Return the path of the content with *digest* of the run in *directory*. Raises ValueError if it is not base64."""
    return directory / ARTIFACTS / OBJECTS / object_name(digest)


def open_object(directory: Path, digest: str) -> BinaryIO:
    """Open the content with *digest* of the run in *directory*, which may come from somebody else.

    Raises:
        OSError: The run directory has no such file.
    """
    try:
        path = object_path(directory, digest)
    except ValueError as error:
        raise OSError(errno.EINVAL, "is not a digest", digest) from error
    return open_file(path, directory)


def open_content(directory: Path, entry: ManifestEntry) -> BinaryIO:
    """Open the content of *entry* of the run in *directory*, or where the official client left it for its `sync`.

    Raises:
        OSError: Neither folder has it.
    """
    try:
        return open_object(directory, entry.digest)
    except FileNotFoundError:
        if Path(entry.local_path).parent != official_staging_folder():
            raise
    return _open_staged(entry)


def official_staging_folder() -> Path:
    """Return the folder in which the official client puts files of artifacts until they are sent."""
    return Path(os.environ.get("WANDB_DATA_DIR") or user_folder("wandb") or "/") / "artifacts" / "staging"


def _open_staged(entry: ManifestEntry) -> BinaryIO:
    """Open a file outside of the run directory, which must have the digest that the run file gives."""
    file = open_file(entry.local_path, official_staging_folder())
    if stream_digest(file)[0] != entry.digest:
        file.close()
        raise OSError(errno.EINVAL, "has changed since it was logged", entry.local_path)
    file.seek(0)
    return file
