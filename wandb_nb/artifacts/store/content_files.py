"""Contents by their digest: each stored once, read-only, and whole from the moment it has its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wandb_nb.artifacts.manifest import object_name
from wandb_nb.artifacts.store.file_copies import copy_file
from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READ_ONLY = 0o444


class ContentFiles:
    """The contents below *folder*, as `<2 digits>/<MD5 in hexadecimal>`. Processes may use one folder concurrently."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folders: set[str] = set()

    def path(self, digest: str) -> Path:
        """Return where the content with *digest*, MD5 in base64, is or would be."""
        name = object_name(digest)
        return self.folder / name[:2] / name

    def move_in(self, file: str | Path, digest: str) -> Path:
        """Move *file*, whose content has *digest* and which nobody else changes, here; return its new path.

        Raises:
            OSError: The store cannot be written, or there is no such file.

        """
        target = self._target(digest)
        if os.path.lexists(target):
            os.utime(target)  # the time of its last use
            if os.fspath(file) != str(target):
                os.unlink(file)  # noqa: PTH108 -- texts: there may be 100,000
            return target
        os.chmod(file, READ_ONLY)  # noqa: PTH101 -- as above
        try:
            os.rename(file, target)  # noqa: PTH104 -- as above
        except OSError:  # another file system
            self._copy_in(file, digest, target)
        return target

    def copy_in(self, file: str | Path, digest: str) -> Path:
        """Copy *file* here unless its content is here already, and return the path of the copy.

        Raises:
            ArtifactError: Its content does not have *digest* any more.
            OSError: The store cannot be written, or the file cannot be read.

        """
        target = self._target(digest)
        if not os.path.lexists(target):
            self._copy_in(file, digest, target)
        return target

    def files(self) -> Iterator[os.DirEntry[str]]:
        """Yield the files of all contents; their names are the digests in hexadecimal."""
        for folder in os.scandir(self.folder) if self.folder.is_dir() else ():
            if folder.is_dir(follow_symlinks=False):
                yield from os.scandir(folder.path)

    def _target(self, digest: str) -> Path:
        target = self.path(digest)
        if target.parent.name not in self._folders:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folders.add(target.parent.name)
        return target

    def _copy_in(self, file: str | Path, digest: str, target: Path) -> None:
        unfinished = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
        try:
            if copy_file(file, unfinished)[0] != digest:
                raise ArtifactError(f"{file} has changed since it was added: add it again")
            unfinished.chmod(READ_ONLY)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
