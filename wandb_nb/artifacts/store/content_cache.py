"""Contents of downloaded versions in the artifact store, so that the next download needs no server.

No version of this machine needs them, so a clean-up deletes those that were used least recently.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.artifacts.store.file_copies import copy_file

if TYPE_CHECKING:
    from wandb_nb.artifacts.store.artifact_store import ArtifactStore


class ContentCache:
    """Copies of contents in *store*. It never raises: without a store that can be written there is no cache."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    def copy(self, digest: str, target: str) -> bool:
        """Copy the content with *digest* to the new file *target*; return False if there is no whole one."""
        source = self._store.contents.path(digest)
        with suppress(OSError):
            if copy_file(source, target)[0] == digest:
                os.utime(source)  # the time of its last use
                return True
        with suppress(OSError):
            os.unlink(target)  # noqa: PTH108 -- texts: there may be 100,000
        return False

    def add(self, file: str, digest: str) -> None:
        """Store a copy of the new *file*, whose content was just found to have *digest*."""
        with suppress(OSError), self._store.adding():  # StoreError is an OSError
            self._store.contents.copy_unchecked(file, digest)
