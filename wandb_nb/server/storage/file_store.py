"""`FileStore`: the bytes of uploaded files. A folder serves here; an object store can take its place."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, NamedTuple, Protocol

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import Error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class TooLargeError(Error):
    """A body is larger than the server takes."""


class StoredFile(NamedTuple):
    """A file that was written: its name in the store, its size in bytes, the MD5 of its bytes in hex."""

    blob: str
    size: int
    md5: str


class FileStore(Protocol):
    """Keeps bytes under names that it gives itself, so that no name of a user ever becomes a path."""

    async def write(self, chunks: AsyncIterator[bytes], limit: int) -> StoredFile:
        """Keep *chunks*; all is on disk on return, and nothing is kept after an error. TooLargeError above *limit*."""

    def path(self, blob: str) -> Path:
        """Return a local file that holds *blob*."""

    def delete(self, blob: str) -> None:
        """Forget *blob*; one that is not there is no error."""


class FolderStore:
    """Files in *folder*, in sub-folders by the first two letters of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, chunks: AsyncIterator[bytes], limit: int) -> StoredFile:
        """Write beside the final place and rename, so that a broken upload leaves nothing that looks whole."""
        blob = secrets.token_hex(16)
        target = self.path(blob)
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with replacement(target, durable=True) as partial, partial.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLargeError(f"The file is larger than {limit} bytes, which this server takes at most.")
                digest.update(chunk)
                file.write(chunk)
        return StoredFile(blob, size, digest.hexdigest())

    def path(self, blob: str) -> Path:
        """Return where *blob* lies."""
        return self._folder / blob[:2] / blob

    def delete(self, blob: str) -> None:
        """Remove *blob*."""
        self.path(blob).unlink(missing_ok=True)
