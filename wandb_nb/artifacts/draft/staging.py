"""Copies of the files of a draft, so that what happens to the originals before it is logged does not change it.

Each process has one folder, whose lock it holds until it ends, and each draft a folder in that. A folder whose lock is
free is of a killed process and can be deleted.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.artifacts.store.file_copies import copy_blocks, copy_file
from wandb_nb.store.format.artifact_record import ManifestEntry
from wandb_nb.store.writing.file_lock import try_flock

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "wandb-artifact-"
_LOCK = "lock"


class StagingFolder:
    """The folder of one draft, made when needed and deleted with this object."""

    def __init__(self) -> None:
        self._number = 0
        self._folder: str | None = None

    def new_path(self) -> str:
        """Return the path of a file that does not exist yet. Raises OSError if its folder cannot be made."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(dir=_process_folder())
            weakref.finalize(self, _delete, self._folder, os.getpid())
        self._number += 1
        return os.path.join(self._folder, str(self._number))  # noqa: PTH118 -- texts: there may be 100,000

    def copy(self, source: str | Path) -> ManifestEntry:
        """Return the entry of a copy of *source*. Raises OSError if none can be made, as on a full disk."""
        with self._new_file() as copy:
            return ManifestEntry(*copy_file(source, copy), copy)

    def copy_unchecked(self, entry: ManifestEntry) -> ManifestEntry:
        """Return the entry of a copy of the file of *entry*, whose digest the caller knows; errors as `copy`."""
        with self._new_file() as copy:
            copy_blocks(entry.local_path, copy)
        return ManifestEntry(entry.digest, entry.size, copy)

    @contextmanager
    def _new_file(self) -> Iterator[str]:
        """Yield the path of a new file, which is removed after an OSError."""
        path = self.new_path()
        try:
            yield path
        except OSError:
            Path(path).unlink(missing_ok=True)
            raise

    def has(self, path: str) -> bool:
        """Return whether *path* is a file of this folder."""
        return self._folder is not None and path.startswith(self._folder)

    def write(self, data: bytes) -> str:
        """Return the path of a file with *data*. Raises OSError if it cannot be written."""
        path = self.new_path()
        Path(path).write_bytes(data)
        return path


class _ProcessFolders:
    """The folders of this process by the folder that they are in, each with its open lock."""

    def __init__(self) -> None:
        self._process = 0
        self._folders: dict[Path, str] = {}

    def folder(self, parent: Path) -> str:
        if self._process != os.getpid():  # also after a fork: the parent's folders are the parent's
            self._process, self._folders = os.getpid(), {}
        if parent not in self._folders or not os.path.isdir(self._folders[parent]):  # noqa: PTH112 -- as above
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
            lock = os.open(Path(folder, _LOCK), os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            try_flock(lock)
            self._folders[parent] = folder
            weakref.finalize(self, _delete, folder, os.getpid())
        return self._folders[parent]


_process_folders = _ProcessFolders()


def staging_parent() -> Path:
    """Return the folder that the folders of processes are in: `WANDB_DATA_DIR`, else one of the artifact store."""
    chosen = os.environ.get("WANDB_DATA_DIR")
    return Path(chosen) if chosen else ArtifactStore().folder / "staging"


def abandoned_folders() -> Iterator[Path]:
    """Yield the folders of processes that have ended, after a kill for example."""
    for folder in staging_parent().glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR)
        except OSError:  # being made, or another's
            continue
        try:
            if try_flock(lock):
                yield folder
        finally:
            os.close(lock)


def _process_folder() -> str:
    try:
        return _process_folders.folder(staging_parent())
    except OSError:  # no home, or one that cannot be written
        if os.environ.get("WANDB_DATA_DIR"):
            raise
        return _process_folders.folder(Path(tempfile.gettempdir()))


def _delete(folder: str, process: int) -> None:
    """Delete *folder*, in the process that made it only: a forked child has a copy of the object."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
