"""`FileStore`: the bytes of uploaded files, in a folder here; an object store could replace it."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, NamedTuple, Protocol

from wandb_nb.atomic_file import replacement
from wandb_nb.server.storage.storage_errors import TooLargeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


class StoredFile(NamedTuple):
    """A stored file: its name in the store, its size in bytes, the MD5 of its bytes in hex."""

    blob: str
    size: int
    md5: str


class FileStore(Protocol):
    """Stores bytes under names of its own, so that a user's file name never becomes a path."""

    async def write(self, chunks: AsyncIterator[bytes], limit: int) -> StoredFile:
        """Store *chunks*; they are on disk on return, and nothing remains after an error.

        Raises:
            TooLargeError: There are more than *limit* bytes.

        """

    def path(self, blob: str) -> Path:
        """Return a local file with the bytes of *blob*."""

    def delete(self, blob: str) -> None:
        """Delete *blob*; a missing one is not an error."""

    def folders(self) -> Iterator[list[Path]]:
        """Yield the files of each folder of the store, after making them private; unfinished ones are among them."""


class FolderStore:
    """Files in *folder*, in sub-folders named after the first two letters of each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, chunks: AsyncIterator[bytes], limit: int) -> StoredFile:
        """Write a partial file and rename it, so that a broken upload leaves no file that looks complete."""
        blob = secrets.token_hex(16)
        target = self.path(blob)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with replacement(target, private=True, durable=True) as partial, partial.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLargeError(f"the file is larger than the limit of {limit} bytes")
                digest.update(chunk)
                file.write(chunk)
        return StoredFile(blob, size, digest.hexdigest())

    def path(self, blob: str) -> Path:
        """Return the path of *blob*."""
        return self._folder / blob[:2] / blob

    def delete(self, blob: str) -> None:
        """Remove the file of *blob*."""
        self.path(blob).unlink(missing_ok=True)

    def folders(self) -> Iterator[list[Path]]:
        """Yield the files of each sub-folder, which earlier versions let others read."""
        for folder in sorted(self._folder.iterdir()) if self._folder.is_dir() else []:
            if folder.is_dir() and not folder.is_symlink():
                paths = [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
                for path, mode in ((folder, 0o700), *((path, 0o600) for path in paths)):
                    if path.stat().st_mode & 0o077:
                        path.chmod(mode)
                yield paths
