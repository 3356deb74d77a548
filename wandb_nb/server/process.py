"""The embedded server as a process beside this one: found, started, stopped, logged in to.

Needs none of the server's packages itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.credentials import machine, netrc
from wandb_nb.errors import StoreError, UsageError
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.writing.file_lock import try_flock

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK, LOG, URL = "serving.lock", "server.log", "url"
_STARTS_WITHIN_S = 60.0
_STOPS_WITHIN_S = 30.0
_PACKAGES = str(Path(__file__).parents[2])
_CODE = "import sys; sys.path.append(sys.argv.pop(1)); from wandb_nb.cli import main; main()"


def default_folder() -> Path:
    """Return where the server keeps its data unless told otherwise."""
    return Registry().folder / "server"


def start(folder: Path, port: int) -> str:
    """Return the address of the server on *folder*, which is started at *port* (0: any) if it does not run yet.

    It goes on until `stop`, whatever becomes of this process.  UsageError, with the server's last words, where it
    does not start.
    """
    if pid_of(folder) is not None:
        return url_of(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-c", _CODE, _PACKAGES, "server", "--port", str(port), "--dir", str(folder)]
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - this very program
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while pid_of(folder) is None or not (folder / URL).exists():
        if process.poll() is not None or time.monotonic() > deadline:
            last = (folder / LOG).read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise UsageError(f"The server did not start: {''.join(last) or 'it says nothing'} ({folder / LOG})")
        time.sleep(0.05)
    return url_of(folder)


def stop(folder: Path) -> bool:
    """End the server on *folder* in order; False where none runs."""
    pid = pid_of(folder)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOPS_WITHIN_S
    while pid_of(folder) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    return True


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Be the server on *folder*, for others to find.  UsageError where another one is."""
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if try_flock(fd) is False:
            raise UsageError(f"A server runs on {folder} already: its address is in {folder / URL}.")
        (folder / URL).unlink(missing_ok=True)  # that of an earlier start
        os.ftruncate(fd, 0)
        os.write(fd, str(os.getpid()).encode())
        yield
    finally:
        os.close(fd)


def pid_of(folder: Path) -> int | None:
    """Return the number of the process that serves *folder*, None where none does."""
    try:
        fd = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        if try_flock(fd, shared=True) is not False:
            return None
        return int(os.read(fd, 20) or 0) or None
    finally:
        os.close(fd)


def url_of(folder: Path) -> str:
    """Return the address that the server on *folder* had last."""
    return (folder / URL).read_text("utf-8").strip()


def store_key(folder: Path) -> tuple[str, Path]:
    """Store the first user's key in the netrc file; return the server's address and that file.

    No run goes to that server until it is told to.  StoreError where the server was never started.
    """
    try:
        key, url = (folder / "key").read_text("utf-8").strip(), url_of(folder)
    except OSError as error:
        raise StoreError(f"There is no server's key in {folder}; start it once with `wandb-nb server`.") from error
    return url, netrc.store(machine(url), key)
