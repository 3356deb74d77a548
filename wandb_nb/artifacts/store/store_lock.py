"""Locks between the processes and threads that use the artifact store; a killed process leaves none behind."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.writing.file_lock import wait_for_flock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.005
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


@contextmanager
def locked(path: Path, *, shared: bool = False, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock file *path* during the block; several may hold it *shared*.

    Raises:
        StoreError: Another process holds it for longer than *wait_seconds*.
        OSError: The file cannot be made.

    """
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        if not wait_for_flock(descriptor, wait_seconds, _POLL_SECONDS, shared=shared):
            raise StoreError(f"another process is using the artifact store ({path}): try again when it has ended")
        yield
    finally:
        os.close(descriptor)
