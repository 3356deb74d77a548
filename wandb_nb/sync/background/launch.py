"""Finds the background process of this user process by its lock, or starts it; takes milliseconds.

Loads nothing slow, since the user's process imports it. A run is handed over by a small file (see `request_folder`),
so a process that is started again finds it there.
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
from wandb_nb.store.runs.sync_progress import DONE, REFUSED, WAITING, load_progress
from wandb_nb.sync.background import request_folder
from wandb_nb.sync.background.environment_export import export_environment
from wandb_nb.sync.background.request_folder import ANSWER_SUFFIX, LOG, REQUEST_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings import Resolved

__all__ = [
    "DONE",
    "REFUSED",
    "REMEDIES",
    "WAITING",
    "BackgroundProcess",
    "SyncStatus",
    "account_name",
    "create_anonymous_account",
    "export_environment",
    "register_directly",
    "sync_status",
]

MAX_ACCOUNT_RETRIES = 1
"""Repetitions of a request whose answer somebody waits for."""
POLL_SECONDS, RESTART_CHECK_SECONDS = 0.02, 1.0
_PACKAGES = str(Path(__file__).parents[3])
# Ignores signals meant for the user's program from the start, and loads no modules from the user's working directory.
# The package is made without its `__init__`: what a user's program needs takes 50 ms to load.
_CODE = """\
import signal, sys, types
for name in ("SIGINT", "SIGHUP"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
sys.path[:] = [path for path in sys.path if path]
sys.path.append(sys.argv[1])
package = sys.modules["wandb_nb"] = types.ModuleType("wandb_nb")
package.__path__ = [sys.argv[1] + "/wandb_nb"]
from wandb_nb.sync.background.process_start import start
start(sys.argv[2])
"""
REMEDIES = (
    "Check that the Python at sys.executable starts and that the data folder is writable, use "
    "Settings(start_method='thread') where no process may be started, or mode='offline' and send the run later."
)


class _Process(subprocess.Popen[bytes]):
    """A process that may outlive the object: it continues after the user's program ends."""

    was_serving = False
    """Whether it was seen to hold the lock of its folder."""

    def __del__(self) -> None:
        if getattr(self, "pid", None) is not None:  # else it could not be started
            self.poll()


_processes: dict[Path, _Process] = {}


class SyncStatus(NamedTuple):
    """How far a run has been sent; `state` and the rest as in `store.runs.sync_progress.SyncProgress`."""

    state: str = ""
    registered: bool = False
    url: str = ""
    entity: str = ""
    project: str = ""
    name: str = ""
    answered: bool = False
    rows: int = 0
    message: str = ""
    status: int = 0
    problems: tuple[str, ...] = ()
    renumbering: str = ""
    saves_code: bool = False
    offset: int = 0
    files_left: int = 0
    bytes_left: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more will be sent."""
        return self.state in (DONE, REFUSED)


def sync_status(run_file: Path) -> SyncStatus:
    """Return how far the run of *run_file* has been sent; the default before the first attempt."""
    progress = load_progress(run_file)
    if progress is None:
        return SyncStatus()
    return SyncStatus(
        state=progress.state,
        registered=progress.registered,
        url=progress.url,
        entity=progress.entity,
        project=progress.project,
        name=progress.name,
        answered=progress.answered,
        rows=progress.rows,
        message=progress.message,
        status=progress.status,
        problems=tuple(map(str, progress.problems)),
        renumbering=progress.renumbering,
        saves_code=progress.saves_code,
        offset=progress.offset,
        files_left=progress.files_left,
        bytes_left=progress.bytes_left,
    )


class BackgroundProcess:
    """Sends the runs of this process, with the settings in *variables* (environment variables `WANDB_*`).

    *data_folder* is the user's data directory. With *use_thread* a thread of this process does the work.
    """

    def __init__(self, data_folder: Path, variables: Mapping[str, str], *, use_thread: bool = False) -> None:
        identity = json.dumps(sorted(variables.items())).encode()
        self._variables, self._use_thread = dict(variables), use_thread
        self._folder = data_folder / "sync" / f"{os.getpid()}-{hashlib.sha256(identity).hexdigest()[:12]}"

    def prepare(self) -> None:
        """Start the process before there is a run.

        Raises:
            InitStartError: It cannot be started.
        """
        try:
            self._make_folder()
        except OSError as error:
            raise _no_folder(error) from error
        self.ensure_running()

    def add_run(self, run_file: Path) -> None:
        """Have the run of *run_file* sent until its end.

        Raises:
            InitStartError: The process cannot be started.
        """
        try:
            self._make_folder()
            request_folder.add_run(self._folder, run_file)
        except OSError as error:
            raise _no_folder(error) from error
        self.ensure_running()

    def ensure_running(self) -> bool:
        """Start the process unless it runs; return whether it had to be started.

        Raises:
            InitStartError: It cannot be started.
        """
        if self._use_thread:
            from wandb_nb.sync.background.service import start_thread  # loads the HTTP client into this process

            return start_thread(self._folder, self._variables)
        process = _processes.get(self._folder)
        if request_folder.is_served(self._folder):
            if process is not None:
                process.was_serving = True
            return False
        if process is not None and not process.was_serving and process.poll() is None:
            return False  # it is about to take the lock
        self._spawn()
        return True

    def request(self, content: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """Return the answer to a request (see `background_requests`); empty after *timeout_seconds*.

        Raises:
            InitStartError: The process cannot be started.
        """
        path = self._folder / f"{secrets.token_hex(8)}{REQUEST_SUFFIX}"
        answer_path = path.with_suffix(ANSWER_SUFFIX)
        try:
            self._make_folder()
            request_folder.write_json(path, content)
            if not self._await_file(answer_path, timeout_seconds):
                return {}
            answer: dict[str, Any] = json.loads(answer_path.read_text("utf-8"))
        except OSError as error:
            raise _no_folder(error) from error
        finally:
            path.unlink(missing_ok=True)
            answer_path.unlink(missing_ok=True)
        return answer

    def _await_file(self, path: Path, timeout_seconds: float) -> bool:
        """Wait for *path*, restarting the process if it died; False after *timeout_seconds*."""
        deadline, next_check = time.monotonic() + timeout_seconds, 0.0
        while not path.exists():
            if time.monotonic() > deadline:
                return False
            if time.monotonic() > next_check:
                next_check = time.monotonic() + RESTART_CHECK_SECONDS
                self.ensure_running()
            if failure := self.failure():
                raise InitStartError(f"the background process failed at its start ({failure}). {REMEDIES}")
            time.sleep(POLL_SECONDS)
        return True

    def cancel_run(self, run_file: Path) -> None:
        """Cancel syncing of the run of *run_file*; unsent data stays local."""
        request_folder.remove_run(self._folder, run_file)

    def is_running(self) -> bool:
        """Return whether a process serves the runs. Call it rarely: the check takes the lock for a moment."""
        return request_folder.is_served(self._folder)

    def failure(self) -> str | None:
        """Return why the process failed; None while it runs or after it ended normally."""
        process = _processes.get(self._folder)
        if process is None or process.poll() in (None, 0):
            return None
        with suppress(OSError):
            last = (self._folder / LOG).read_text("utf-8", "replace").strip().splitlines()[-1:]
            return f"exit code {process.returncode}" + "".join(f": {line}" for line in last)
        return f"exit code {process.returncode}"

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _spawn(self) -> None:
        if not sys.executable:
            raise InitStartError(f"there is no Python to start the background process with. {REMEDIES}")
        command = [sys.executable, "-c", _CODE, _PACKAGES, str(self._folder)]
        try:
            with (self._folder / LOG).open("ab") as log:
                # In its own session it survives Ctrl-C, a closed terminal and the end of the shell.
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
            raise InitStartError(f"the background process could not be started ({error}). {REMEDIES}") from error
        previous = _processes.pop(self._folder, None)
        if previous is not None:
            previous.poll()
        _processes[self._folder] = process


def register_directly(run_file: Path, settings: Resolved, timeout_seconds: float) -> None:
    """Try once to register a new run from this process, where that is simple; see `sync_status` for the outcome."""
    from wandb_nb.sync.background import direct_registration  # loads what sends runs, but not requests

    direct_registration.register_directly(run_file, settings, timeout_seconds)


def create_anonymous_account(settings: Resolved) -> str:
    """Return the key of a new anonymous account; empty if the server gives none."""
    from wandb_nb.sync.background import anonymous_account  # loads what sends requests

    return anonymous_account.create_anonymous_account(settings)


def account_name(settings: Resolved) -> str:
    """Return the name of the account that the key in *settings* belongs to.

    Raises:
        AuthenticationError: The server does not accept the key.
        CommError: The server does not answer.
    """
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import GraphQLClient
    from wandb_nb.sync.http.transport import RequestSender, connect  # loads the HTTP client

    network = Network.from_settings(settings).with_fewer_retries(MAX_ACCOUNT_RETRIES)
    viewer = GraphQLClient(network, RequestSender(connect(network), threading.Event())).viewer()
    if not viewer:
        raise AuthenticationError(f"{settings.base_url} has no account for this key: call wandb_nb.login()")
    return str(viewer.get("username") or viewer.get("entity") or "")


def _no_folder(error: OSError) -> InitStartError:
    return InitStartError(f"the background process has no usable folder ({error}). {REMEDIES}")


def _forget_processes() -> None:
    """Leave the parent's processes alone in a forked child."""
    _processes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_processes)
