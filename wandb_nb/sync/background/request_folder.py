"""The folder through which a user process and its background process talk.

It holds the lock of the serving process, one `.json` file for each run to send, which stays until the run is on the
server, and `.ask` and `.answer` files for requests that wait for an answer. Loads quickly: the user's process uses it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.atomic_file import write_text
from wandb_nb.store.writing.file_lock import try_flock

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCK, LOG = "lock", "service.log"
LOCK_TIMEOUT_SECONDS, LOCK_POLL_SECONDS = 0.5, 0.02
REQUEST_SUFFIX, ANSWER_SUFFIX = ".ask", ".answer"


def try_lock(folder: Path) -> int | None:
    """Return the lock of *folder* as a descriptor to close; None if another process has it."""
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    if try_flock(fd) is False:
        os.close(fd)
        return None
    return fd  # on a system without locks two processes may serve one folder; each run has a lock of its own


def acquire_lock(folder: Path) -> int | None:
    """Take the lock of *folder*, waiting a moment because checks for it hold it briefly; None if a process has it."""
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while (lock := try_lock(folder)) is None and time.monotonic() < deadline:
        time.sleep(LOCK_POLL_SECONDS)
    return lock


def is_served(folder: Path) -> bool:
    """Return whether a process serves *folder*, by its lock."""
    fd = try_lock(folder)
    if fd is None:
        return True
    os.close(fd)
    return False


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write *content* to *path*, completely or not at all."""
    write_text(path, json.dumps(content))


def add_run(folder: Path, run_file: Path) -> None:
    """Ask for the run of *run_file* to be sent."""
    write_json(_run_request(folder, run_file), {"run_file": str(run_file)})


def remove_run(folder: Path, run_file: Path) -> None:
    """Withdraw the request to send the run of *run_file*; unsent data stays local."""
    with suppress(OSError):  # a folder that cannot exist holds no request either
        _run_request(folder, run_file).unlink(missing_ok=True)


def requested_runs(folder: Path) -> dict[Path, Path]:
    """Return the runs to send: request file → run file. Unreadable requests are left out."""
    runs: dict[Path, Path] = {}
    for request in sorted(folder.glob("*.json")):
        with suppress(OSError, ValueError, TypeError, KeyError):
            runs[request] = Path(json.loads(request.read_text("utf-8"))["run_file"])
    return runs


def remove_run_everywhere(data_folder: Path, run_file: Path) -> None:
    """Make the background processes of this user stop sending *run_file*; *data_folder* is the user's data."""
    for folder in (data_folder / "sync").glob("*"):
        for request, requested_file in requested_runs(folder).items():
            if requested_file == run_file:
                request.unlink(missing_ok=True)


def _run_request(folder: Path, run_file: Path) -> Path:
    return folder / f"{hashlib.sha256(str(run_file).encode()).hexdigest()[:16]}.json"
