"""The embedded server as a separate process: find, start and stop it, and store its key.

Imports none of the packages that the server needs.
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
    from collections.abc import Iterator, Mapping

LOCK, LOG, URL = "serving.lock", "server.log", "url"
FOLDER, PUBLIC_URL = "WANDB_NB_SERVER_DIR", "WANDB_NB_SERVER_URL"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_PACKAGES = str(Path(__file__).parents[2])
_CODE = "import sys; sys.path.append(sys.argv.pop(1)); from wandb_nb.cli import main; main()"


def default_folder() -> Path:
    """Return the default data folder of the server: the one that the environment names, or the user's own."""
    return Path(os.environ.get(FOLDER) or Registry().folder / "server")


class _ServerProcess(subprocess.Popen[bytes]):
    """A process that outlives the object, and this process; Popen's own class warns that it is still running."""

    def __del__(self) -> None:
        if getattr(self, "pid", None) is not None:  # else it could not be started
            self.poll()


def start(folder: Path, port: int) -> str:
    """Return the address of the server on *folder*, starting it at *port* (0: any free one) if it is not running.

    It runs until `stop`, independently of this process.

    Raises:
        UsageError: It did not start; the message has the last line that it printed.

    """
    if pid_of(folder) is not None:
        return url_of(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-c", _CODE, _PACKAGES, "server", "--port", str(port), "--dir", str(folder)]
    with (folder / LOG).open("wb") as log:
        process = _ServerProcess(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
    deadline = time.monotonic() + _START_SECONDS
    while pid_of(folder) is None or not (folder / URL).exists():
        if process.poll() is not None or time.monotonic() > deadline:
            last_line = (folder / LOG).read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise UsageError(f"the server did not start: {''.join(last_line) or 'no output'} (see {folder / LOG})")
        time.sleep(0.05)
    return url_of(folder)


def stop(folder: Path) -> bool:
    """Shut the server on *folder* down cleanly; return False if none is running."""
    pid = pid_of(folder)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while pid_of(folder) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    return True


@contextmanager
def server_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of the server on *folder*, by which others find it.

    Raises:
        UsageError: Another server is running on *folder*.

    """
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if try_flock(fd) is False:
            raise UsageError(f"a server is already running on {folder}; its address is in {folder / URL}")
        (folder / URL).unlink(missing_ok=True)  # of an earlier start
        os.ftruncate(fd, 0)
        os.write(fd, str(os.getpid()).encode())
        yield
    finally:
        os.close(fd)


def pid_of(folder: Path) -> int | None:
    """Return the id of the process that serves *folder*, None if there is none."""
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
    """Return the last address of the server on *folder*."""
    return (folder / URL).read_text("utf-8").strip()


def public_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address under which users see the server, if the operator has set one, as behind a proxy."""
    return environ.get(PUBLIC_URL, "").rstrip("/")


def store_key(folder: Path) -> tuple[str, Path]:
    """Store the first user's key in the netrc file; return the server's address and that file.

    Runs are not sent to this server until the user selects it.

    Raises:
        StoreError: The server was never started.

    """
    try:
        key, url = (folder / "key").read_text("utf-8").strip(), url_of(folder)
    except OSError as error:
        raise StoreError(f"there is no server key in {folder}; start the server once with `wandb-nb server`") from error
    return url, netrc.store(machine(url), key)
