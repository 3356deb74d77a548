"""Advisory locks on open files, where the system and the file system have them."""

from __future__ import annotations

import time


def try_flock(fd: int, *, shared: bool = False) -> bool | None:
    """Lock the open file *fd* until it is closed; return False if another process holds it, None if locks fail.

    Unlike the owner's record lock, forked children inherit it and it belongs to the open file, so that threads of one
    process exclude each other too. Never blocks.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return None
    return True


def wait_for_flock(fd: int, seconds: float, poll_seconds: float, *, shared: bool = False) -> bool:
    """Return whether the lock was taken within *seconds*; True where the system has no such locks."""
    deadline = time.monotonic() + seconds
    while try_flock(fd, shared=shared) is False:
        if time.monotonic() > deadline:
            return False
        time.sleep(poll_seconds)
    return True
