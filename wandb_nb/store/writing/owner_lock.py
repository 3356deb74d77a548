"""Who owns a run directory: a lock that the kernel drops when its process ends, however that ends."""

from __future__ import annotations

import json
import os
import socket
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import LOGS

_LARGEST = 4096  # bytes of a lock file that are read


class OwnerLock:
    """The owner's mark on *run_dir*: `logs/owner.lock`, which tells host, pid and start time of the process.

    The file is locked with a POSIX record lock, which forked children do not inherit and which ends with the process.
    Threads may use it.  Nobody in the owning process may open the file: closing it would drop the lock, and
    `owner_alive` therefore doesn't.
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
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
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
        _held.add(self)

    def release(self) -> None:
        """Give the lock up; the file stays and names its last owner.  Releasing twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            _held.discard(self)

    def owns(self, path: Path) -> bool:
        """Tell whether this is the lock file at *path*, held by this process."""
        with suppress(OSError):
            return self._fd >= 0 and os.path.samestat(os.fstat(self._fd), path.stat())
        return False

    def _after_fork(self) -> None:
        # The descriptor is of no use here: record locks stay with the parent.
        self.release()


_held: weakref.WeakSet[OwnerLock] = weakref.WeakSet()


def owner_alive(run_dir: str | os.PathLike[str]) -> bool | None:
    """Tell whether the process that writes *run_dir* lives; None when that cannot be known from this host.

    A directory without a lock file has no owner.  A run file given instead of its directory means the directory.
    """
    path = _lock_file(run_dir)
    if any(lock.owns(path) for lock in list(_held)):
        return True
    try:
        with path.open("rb") as file:
            owner = _parse(file.read(_LARGEST))
            if owner.get("host") != socket.gethostname():
                return None
            locked = _locked(file.fileno())
    except FileNotFoundError:
        return False
    except OSError:  # not ours to read
        return None
    return _lives(owner) if locked is None else locked


def _lock_file(run_dir: str | os.PathLike[str]) -> Path:
    folder = Path(run_dir)
    return (folder if folder.suffix != ".wandb" else folder.parent) / LOGS / "owner.lock"


def _parse(text: bytes) -> dict[str, Any]:
    try:
        owner = json.loads(text)
    except ValueError:  # a lock file that was cut short
        return {"host": socket.gethostname()}
    return owner if isinstance(owner, dict) else {}


def _myself() -> dict[str, Any]:
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": _started(os.getpid())}


def _lock(fd: int) -> None:
    with suppress(ImportError):  # Windows: the pid is checked instead
        import fcntl

        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except PermissionError as error:  # some systems say EACCES where others say EAGAIN
            raise BlockingIOError(*error.args) from error


def _locked(fd: int) -> bool | None:
    """Tell whether another process holds the lock of the open file *fd*; None where locks don't work."""
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
    """Judge by pid and start time, where there are no locks."""
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
    """Return when process *pid* started, in the kernel's own count, where the kernel tells: pids are used again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _forked_child() -> None:
    for lock in list(_held):
        lock._after_fork()  # noqa: SLF001 - the module's own class


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked_child)
