"""The contents of a run's artifacts in the folder of the run, each stored once under its digest."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, BinaryIO

from wandb_nb.artifacts.manifest import object_name
from wandb_nb.store.format.layout import ARTIFACTS, OBJECTS
from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from pathlib import Path


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
