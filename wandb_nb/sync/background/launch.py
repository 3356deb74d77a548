"""The background process of this user process: found by its lock file, else started; a few milliseconds, never more.

Imports nothing that takes long, since the user's process does.  A run is handed over by a small file in the process's
folder, which stays until the run is on the server: whoever starts the process again finds it there.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.errors import AuthenticationError, InitStartError
from wandb_nb.store.writing.file_lock import try_flock
from wandb_nb.sync.background.environment_export import variables
from wandb_nb.sync.upload import progress as cursors
from wandb_nb.sync.upload.progress import DONE, REFUSED, WAITING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings import Resolved

__all__ = ["DONE", "REFUSED", "REMEDIES", "WAITING", "BackgroundProcess", "SyncStatus", "account", "sent", "variables"]

LOCK, LOG = "lock", "service.log"
_REPETITIONS = 1
"""How often a server is asked again by somebody who waits for the answer."""
QUESTION, ANSWER = ".ask", ".answer"
POLL_EVERY_S, KEEP_EVERY_S = 0.02, 1.0
_PACKAGES = str(Path(__file__).parents[3])
# Signals meant for the user's program pass by from the first moment on, and the folder that this one was started in
# must not lend the process its modules.
_CODE = """\
import signal, sys
for name in ("SIGINT", "SIGHUP"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
sys.path[:] = [path for path in sys.path if path]
sys.path.append(sys.argv[1])
from wandb_nb.sync.background.service import main
main(sys.argv[2])
"""
REMEDIES = (
    "Check that the Python at sys.executable starts and that the data folder can be written, give "
    "Settings(start_method='thread') where no process may be started, or mode='offline' and send the run later."
)


class _Process(subprocess.Popen[bytes]):
    """A process that is meant to outlive the object: it goes on when the user's program ends."""

    served = False
    """Whether it was seen at work."""

    def __del__(self) -> None:
        self.poll()


_started: dict[Path, _Process] = {}


class SyncStatus(NamedTuple):
    """How far a run is, as the background process wrote it down; `state` as in `cursor`."""

    state: str = ""
    begun: bool = False
    url: str = ""
    rows: int = 0
    message: str = ""
    status: int = 0
    problems: tuple[str, ...] = ()
    saves_code: bool = False
    offset: int = 0
    files_left: int = 0
    bytes_left: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more will be sent."""
        return self.state in (DONE, REFUSED)


def sent(run_file: Path) -> SyncStatus:
    """Return how far the run of *run_file* is; nothing is known while nothing was tried."""
    known = cursors.load(run_file)
    if known is None:
        return SyncStatus()
    return SyncStatus(
        state=known.state,
        begun=known.begun,
        url=known.url,
        rows=known.rows,
        message=known.message,
        status=known.status,
        problems=tuple(map(str, known.problems)),
        saves_code=known.saves_code,
        offset=known.offset,
        files_left=known.files_left,
        bytes_left=known.bytes_left,
    )


class BackgroundProcess:
    """What sends the runs of this process with the settings in *variables*, environment variables of `WANDB_*`.

    *data* is the user's data directory.  With *thread* the work is done in this process, by a thread.
    """

    def __init__(self, data: Path, variables: Mapping[str, str], *, thread: bool = False) -> None:
        told = json.dumps(sorted(variables.items())).encode()
        self._variables, self._thread = dict(variables), thread
        self._folder = data / "sync" / f"{os.getpid()}-{hashlib.sha256(told).hexdigest()[:12]}"

    def prepare(self) -> None:
        """Start what sends, without a run yet.  InitStartError where nothing can be started."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InitStartError(f"The background process has no folder ({error}). {REMEDIES}") from error
        self.keep()

    def take(self, run_file: Path) -> None:
        """Have the run of *run_file* sent, from now to its end.  InitStartError where nothing can be started."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            put(self._request(run_file), {"run_file": str(run_file)})
        except OSError as error:
            raise InitStartError(f"The background process has no folder ({error}). {REMEDIES}") from error
        self.keep()

    def keep(self) -> bool:
        """Start what sends, if it is not there (any more); return whether it had to be started.

        InitStartError where that fails.
        """
        if self._thread:
            from wandb_nb.sync.background.service import (
                start_thread,  # the HTTP client comes with it, into this process
            )

            return start_thread(self._folder, self._variables)
        process = _started.get(self._folder)
        if serving(self._folder):
            if process is not None:
                process.served = True
            return False
        if process is not None and not process.served and process.poll() is None:
            return False  # it is on its way to the lock
        self._spawn()
        return True

    def ask(self, question: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Have the server asked *question* (see `questions`) and return its answer; empty after *timeout* seconds.

        InitStartError where nothing can be started that asks.
        """
        path = self._folder / f"{secrets.token_hex(8)}{QUESTION}"
        said = path.with_suffix(ANSWER)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            put(path, question)
            deadline, next_keep = time.monotonic() + timeout, 0.0
            while not said.exists():
                if time.monotonic() > deadline:
                    return {}
                if time.monotonic() > next_keep:
                    next_keep = time.monotonic() + KEEP_EVERY_S
                    self.keep()
                if failure := self.failure():
                    raise InitStartError(f"The background process ended at once ({failure}). {REMEDIES}")
                time.sleep(POLL_EVERY_S)
            answered: dict[str, Any] = json.loads(said.read_text("utf-8"))
        except OSError as error:
            raise InitStartError(f"The background process has no folder ({error}). {REMEDIES}") from error
        finally:
            path.unlink(missing_ok=True)
            said.unlink(missing_ok=True)
        return answered

    def withdraw(self, run_file: Path) -> None:
        """Take the run of *run_file* back: what is not sent yet stays here."""
        with suppress(OSError):  # where there can be no folder there is no request either
            self._request(run_file).unlink(missing_ok=True)

    def serves(self) -> bool:
        """Tell whether something sends the runs now.  To be asked seldom: looking takes the lock for a moment."""
        return serving(self._folder)

    def failure(self) -> str | None:
        """Return why the process ended, where it ended badly; None where it lives or ended well."""
        process = _started.get(self._folder)
        if process is None or process.poll() in (None, 0):
            return None
        with suppress(OSError):
            last = (self._folder / LOG).read_text("utf-8", "replace").strip().splitlines()[-1:]
            return f"exit code {process.returncode}" + "".join(f": {line}" for line in last)
        return f"exit code {process.returncode}"

    def _request(self, run_file: Path) -> Path:
        return self._folder / f"{hashlib.sha256(str(run_file).encode()).hexdigest()[:16]}.json"

    def _spawn(self) -> None:
        if not sys.executable:
            raise InitStartError(f"There is no Python to start the background process with. {REMEDIES}")
        command = [sys.executable, "-c", _CODE, _PACKAGES, str(self._folder)]
        try:
            with (self._folder / LOG).open("ab") as log:
                # A session of its own: Ctrl-C, a closed terminal and an ending shell are not meant for it.
                process = _Process(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    cwd=self._folder,
                    env={**os.environ, **self._variables},
                    start_new_session=True,
                )
        except OSError as error:
            raise InitStartError(f"The background process could not be started ({error}). {REMEDIES}") from error
        earlier = _started.pop(self._folder, None)
        if earlier is not None:
            earlier.poll()
        _started[self._folder] = process


def account(settings: Resolved) -> str:
    """Return the name of the account that the key in *settings* belongs to, as the server says.

    AuthenticationError where the server does not accept the key, CommError where it does not answer.
    """
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import GraphQLClient  # the HTTP client comes with it
    from wandb_nb.sync.http.transport import Sender, connect

    way = Network.of(settings).impatient(_REPETITIONS)
    viewer = GraphQLClient(way, Sender(connect(way), threading.Event())).viewer()
    if not viewer:
        raise AuthenticationError(f"{settings.base_url} knows no account of this key.")
    return str(viewer.get("username") or viewer.get("entity") or "")


def serving(folder: Path) -> bool:
    """Tell whether a process serves *folder*, by its lock."""
    fd = take_lock(folder)
    if fd is None:
        return True
    os.close(fd)
    return False


def take_lock(folder: Path) -> int | None:
    """Return the lock of *folder* as a descriptor to close, None where somebody else has it."""
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    if try_flock(fd) is False:
        os.close(fd)
        return None
    return fd  # without locks two processes may serve one folder; each run has a lock of its own


def take_back(data: Path, run_file: Path) -> None:
    """Have no background process of this user send the run of *run_file* any more; *data* is the data directory."""
    for folder in (data / "sync").glob("*"):
        for request, requested in requests(folder).items():
            if requested == run_file:
                request.unlink(missing_ok=True)


def put(path: Path, content: Mapping[str, Any]) -> None:
    """Write *content* as JSON to *path*, whole or not at all."""
    unfinished = path.with_suffix(f"{path.suffix}.new")
    unfinished.write_text(json.dumps(content), "utf-8")
    unfinished.replace(path)


def requests(folder: Path) -> dict[Path, Path]:
    """Return the runs to be sent: request file → run file.  What cannot be read is left out."""
    found: dict[Path, Path] = {}
    for request in sorted(folder.glob("*.json")):
        with suppress(OSError, ValueError, TypeError, KeyError):
            found[request] = Path(json.loads(request.read_text("utf-8"))["run_file"])
    return found


def _forget_in_child() -> None:
    """Leave the parent's process alone in a forked child."""
    _started.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
