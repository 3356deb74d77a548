"""`FolderStore`: uploaded files in a folder of this machine."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from wandb_nb.atomic_file import replacement
from wandb_nb.server.storage.files.file_store import CHUNK_BYTES, BlobStatus, StoredFile, disk_errors, new_blob
from wandb_nb.server.storage.storage_errors import TooLargeError
from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

_UNFINISHED = "."  # how the names of unfinished files begin


class FolderStore:
    """Files in *folder*, in sub-folders named after the first two letters of each; the methods are `FileStore`'s."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, chunks: AsyncIterator[bytes], limit: int) -> StoredFile:
        """Write a partial file and rename it, so that a broken upload leaves no file that looks complete."""
        blob = new_blob()
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with self._created(blob) as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLargeError(f"the file is larger than the limit of {limit} bytes")
                digest.update(chunk)
                file.write(chunk)
        return StoredFile(blob, size, digest.hexdigest())

    def put(self, blob: str, file: BinaryIO) -> None:
        """Copy *file*."""
        with self._created(blob) as target:
            shutil.copyfileobj(file, target, CHUNK_BYTES)

    def join(self, parts: Sequence[StoredFile]) -> StoredFile:
        """Copy the files of *parts* into one."""
        blob = new_blob()
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with self._created(blob) as target:
            for chunk in chain.from_iterable(self.read(part.blob) for part in parts):
                size += len(chunk)
                digest.update(chunk)
                target.write(chunk)
        return StoredFile(blob, size, digest.hexdigest())

    def read(self, blob: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Open the file of *blob*."""
        chunks = _chunks(self._path(blob), start, end)
        next(chunks)
        return chunks

    def stat(self, blob: str) -> BlobStatus | None:
        """Look at the file of *blob*."""
        try:
            return _status(self._path(blob))
        except FileNotFoundError:
            return None

    def delete(self, blobs: Iterable[str]) -> None:
        """Remove the files of *blobs*."""
        for blob in blobs:
            self._path(blob).unlink(missing_ok=True)

    def list_blobs(self) -> Iterator[list[BlobStatus]]:
        """Yield the files of each sub-folder."""
        for paths in self._paths():
            yield [_status(path) for path in paths if not path.name.startswith(_UNFINISHED)]

    def delete_unfinished(self, before: float) -> int:
        """Remove partial files."""
        unfinished = [path for paths in self._paths() for path in paths if path.name.startswith(_UNFINISHED)]
        outdated = [path for path in unfinished if path.stat().st_mtime < before]
        for path in outdated:
            path.unlink(missing_ok=True)
        return len(outdated)

    def check(self) -> None:
        """Write a file that the system deletes."""
        self._folder.mkdir(exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(b"ready")

    def _path(self, blob: str) -> Path:
        return self._folder / blob[:2] / blob

    @contextmanager
    def _created(self, blob: str) -> Iterator[BinaryIO]:
        target = self._path(blob)
        with disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with replacement(target, private=True, durable=True) as partial, partial.open("wb") as file:
                yield file

    def _paths(self) -> Iterator[list[Path]]:
        """Yield the files of each sub-folder, after making them private: earlier versions let others read them."""
        for folder in sorted(self._folder.iterdir()) if self._folder.is_dir() else []:
            if folder.is_dir() and not folder.is_symlink():
                paths = [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
                for path, mode in ((folder, 0o700), *((path, 0o600) for path in paths)):
                    if path.stat().st_mode & 0o077:
                        path.chmod(mode)
                yield paths


def _status(path: Path) -> BlobStatus:
    status = path.stat()
    return BlobStatus(path.name, status.st_size, status.st_mtime)


def _chunks(path: Path, start: int, end: int | None) -> Iterator[bytes]:
    """Yield nothing when the file is open, so that it is closed even if nobody reads it, then its bytes."""
    left = sys.maxsize if end is None else max(0, end - start)
    with open_file(path) as file:
        file.seek(start)
        yield b""
        while chunk := file.read(min(CHUNK_BYTES, left)):
            left -= len(chunk)
            yield chunk
