"""Contents by their digest: each stored once, read-only, and whole from the moment it has its name."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.artifacts.manifest import object_name
from wandb_nb.artifacts.store.file_copies import copy_blocks, copy_file
from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_ONLY = 0o444


class ContentFiles:
    """The contents below *folder*, as `<2 digits>/<MD5 in hexadecimal>`. Processes may use one folder concurrently."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._top = folder, str(folder)
        self._folders: set[str] = set()

    def path(self, digest: str) -> str:
        """Return where the content with *digest*, MD5 in base64, is or would be."""
        name = object_name(digest)
        return f"{self._top}/{name[:2]}/{name}"

    def move_in(self, file: str, digest: str) -> str:
        """Move *file*, whose content has *digest* and which nobody else changes, here; return its new path.

        Raises:
            ArtifactError: Its content does not have *digest* any more.
            OSError: The store cannot be written, or there is no such file.

        """
        target = self._target(digest)
        if os.path.lexists(target):
            os.utime(target)  # the time of its last use
            if file != target:
                os.unlink(file)  # noqa: PTH108 -- texts: there may be 100,000
            return target
        os.chmod(file, READ_ONLY)  # noqa: PTH101 -- as above
        try:
            os.rename(file, target)  # noqa: PTH104 -- as above
        except OSError:  # another file system
            _copy_in(file, digest, Path(target))
        return target

    def copy_in(self, file: str, digest: str) -> None:
        """Store a copy of *file*, which has the content with *digest*; errors as `move_in`."""
        _copy_in(file, digest, Path(self._target(digest)))

    def copy_unchecked(self, file: str, digest: str) -> None:
        """Store a copy of *file*, of which the caller has just computed *digest*. Raises OSError as `move_in`."""
        with _unfinished(Path(self._target(digest))) as unfinished:
            copy_blocks(file, unfinished)

    def files(self) -> Iterator[os.DirEntry[str]]:
        """Yield the files of all contents; their names are the digests in hexadecimal."""
        for folder in os.scandir(self.folder) if self.folder.is_dir() else ():
            if folder.is_dir(follow_symlinks=False):
                yield from os.scandir(folder.path)

    def _target(self, digest: str) -> str:
        target = self.path(digest)
        folder = os.path.dirname(target)  # noqa: PTH120 -- as above
        if folder not in self._folders:
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folders.add(folder)
        return target


def _copy_in(file: str, digest: str, target: Path) -> None:
    with _unfinished(target) as unfinished:
        if copy_file(file, unfinished)[0] != digest:
            raise ArtifactError(f"{file} has changed since it was added: add it again")


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """Yield the path of a new file, which then becomes the content *target*."""
    unfinished = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    try:
        yield unfinished
        unfinished.chmod(READ_ONLY)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
