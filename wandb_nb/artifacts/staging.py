"""Copies of the files of a draft, so that what happens to the originals before it is logged does not change it."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from wandb_nb.data.media_content import MediaContent


class StagingFolder:
    """A temporary folder below *parent* (the system's by default), made when needed and deleted with this object."""

    def __init__(self, parent: str | None = None) -> None:
        self._parent, self._number = parent, 0
        self._folder: Path | None = None

    def new_path(self) -> Path:
        """Return the path of a file that does not exist yet.

        Raises:
            OSError: The folder cannot be made.

        """
        if self._folder is None:
            if self._parent:
                Path(self._parent).mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix="wandb-artifact-", dir=self._parent))
            weakref.finalize(self, _delete, self._folder, os.getpid())
        self._number += 1
        return self._folder / str(self._number)

    def copy(self, source: Path) -> MediaContent:
        """Return a copy of *source*; *source* itself where no copy can be made, as on a full disk."""
        try:
            copy = self.new_path()
        except OSError:
            return MediaContent(path=source)
        try:
            shutil.copyfile(source, copy)
        except OSError:
            copy.unlink(missing_ok=True)
            return MediaContent(path=source)
        return MediaContent(path=copy)


def _delete(folder: Path, process: int) -> None:
    """Delete *folder*, in the process that made it only: a forked child has a copy of the object."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
