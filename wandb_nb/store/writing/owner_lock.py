"""The owner of a run directory: a lock that the kernel releases when its process ends in any way."""

from __future__ import annotations

import json
import os
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import LOGS
from wandb_nb.surroundings import host_name
from wandb_nb.untrusted_file import open_descriptor, open_file

_MAX_LOCK_BYTES = 4096  # bytes of a lock file that are read


class OwnerLock:
    """The lock of *run_dir*: `logs/owner.lock`, with host, pid and start time of the owner.

    The file is locked with a POSIX record lock, which forked children do not inherit and which ends with the process.
    Thread-safe. The owning process must not open the file again, since closing it would release the lock.
    """

    def __init__(self, run_dir: str | os.PathLike[str]) -> None:
        self._path = _lock_file(run_dir)
        self._fd = -1

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            StoreError: Another living process owns the run directory, or the file cannot be written.

        """
        if self._fd >= 0:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fd = open_descriptor(self._path, os.O_RDWR | os.O_CREAT, below=self._path.parents[1])
        except OSError as error:
            raise StoreError(f"the owner's lock {self._path} cannot be written: {error.strerror or error}") from error
        try:
            _lock(fd)
            os.ftruncate(fd, 0)
            os.write(fd, json.dumps(_myself()).encode())
        except BlockingIOError as error:
            os.close(fd)
            raise StoreError(f"another process is writing the run in {self._path.parent.parent}") from error
        except OSError:  # a full disk, or a file system without locks: readers see no owner, the run goes on
            pass
        self._fd = fd
        _locks.add(self)

    def release(self) -> None:
        """Release the lock. The file stays and names its last owner. Releasing twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            _locks.discard(self)

    def owns(self, path: Path) -> bool:
        """Return whether this process holds the lock file at *path*."""
        with suppress(OSError):
            return self._fd >= 0 and os.path.samestat(os.fstat(self._fd), path.stat())
        return False

    def _after_fork(self) -> None:
        # The descriptor is useless here: record locks stay with the parent.
        self.release()


_locks: weakref.WeakSet[OwnerLock] = weakref.WeakSet()


def owner_alive(run_dir: str | os.PathLike[str]) -> bool | None:
    """Return whether the process that writes *run_dir* is alive; None if this host cannot determine it.

    A directory without a lock file has no owner. *run_dir* may also be the run file in the directory.
    """
    path = _lock_file(run_dir)
    if any(lock.owns(path) for lock in list(_locks)):
        return True
    try:
        with open_file(path, below=path.parents[1]) as file:
            owner = _parse(file.read(_MAX_LOCK_BYTES))
            if owner.get("host") != host_name():
                return None
            locked = _locked(file.fileno())
    except FileNotFoundError:
        return False
    except OSError:  # not readable by this user, or a link, a FIFO or the like
        return None
    return _lives(owner) if locked is None else locked


def _lock_file(run_dir: str | os.PathLike[str]) -> Path:
    folder = Path(run_dir)
    return (folder if folder.suffix != ".wandb" else folder.parent) / LOGS / "owner.lock"


def _parse(text: bytes) -> dict[str, Any]:
    try:
        owner = json.loads(text)
    except (ValueError, RecursionError):  # a lock file that was cut short, or is none
        return {"host": host_name()}
    return owner if isinstance(owner, dict) else {}


def _myself() -> dict[str, Any]:
    return {"host": host_name(), "pid": os.getpid(), "started": _started(os.getpid())}


def _lock(fd: int) -> None:
    with suppress(ImportError):  # Windows: the pid is checked instead
        import fcntl

        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except PermissionError as error:  # some systems say EACCES where others say EAGAIN
            raise BlockingIOError(*error.args) from error


def _locked(fd: int) -> bool | None:
    """Return whether another process holds the lock of the open file *fd*; None if locks do not work."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:
        return None
    return False


def _lives(owner: dict[str, Any]) -> bool | None:
    """Return whether *owner* is alive by pid and start time, for systems without locks."""
    pid = owner.get("pid")
    if not isinstance(pid, int) or os.name == "nt":  # os.kill would end the process there
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return owner.get("started") == _started(pid)


def _started(pid: int) -> str | None:
    """Return when process *pid* started, in the kernel's own count, if available: pids are reused."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _forked_child() -> None:
    for lock in list(_locks):
        lock._after_fork()  # noqa: SLF001 - the module's own class


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked_child)
