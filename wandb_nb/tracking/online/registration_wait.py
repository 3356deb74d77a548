"""The wait of `init()` for the server's first answer: the run is registered, refused, or sent later.

A new run is registered by this process itself if that is simple. Else, and if the first attempt fails, the sync process
does it with its repetitions, and its progress is watched.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wandb_nb.errors import InitStartError, LaunchError
from wandb_nb.sync.background import launch
from wandb_nb.tracking.online.server_lookup import refusal

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.settings import Resolved
    from wandb_nb.sync.background.launch import BackgroundProcess, SyncStatus

POLL_INTERVAL_SECONDS = 0.02
INTERRUPTED = "was not waited for any longer (Ctrl-C)"


class RegistrationWait:
    """Waits for the registration of the run of *run_file*, which *background* sends."""

    def __init__(self, run_file: Path, background: BackgroundProcess, settings: Resolved) -> None:
        self._file, self._background, self._settings = run_file, background, settings
        self._began = time.monotonic()
        self._last_answer = self._began

    def run(self, *, is_new: bool) -> str:
        """Have the run sent; return why the server has not registered it, empty once it has.

        A run that *is_new* continues no other one. Ctrl-C ends the wait.

        Raises:
            LaunchError: The server does not permit the run (NotLoggedInError for a key that it does not accept).
            InitStartError: The sync process does not start, or does not answer within `x_service_wait`.

        """
        try:
            if is_new:
                self._register_directly()
            if self._status().state != launch.REFUSED:
                self._background.add_run(self._file)
            return self._await_registration() or self._await_process()
        except KeyboardInterrupt:
            self._background.add_run(self._file)
            return INTERRUPTED

    def _register_directly(self) -> None:
        seconds = min(self._settings.unreachable_timeout, self._settings.init_timeout)
        launch.register_directly(self._file, self._settings, seconds)

    def _await_registration(self) -> str:
        """Return why the wait for the registration ended without it; empty if it is done."""
        while not (status := self._status()).registered:
            if status.state == launch.REFUSED:
                error = refusal(status.status, status.message, self._settings)
                if isinstance(error, LaunchError):
                    raise error
                return f"refused the run: {status.message}"
            if status.state:
                if reason := self._gave_up(status):
                    return reason
            else:
                self._check_process()
            time.sleep(POLL_INTERVAL_SECONDS)
        return ""

    def _gave_up(self, status: SyncStatus) -> str:
        """Return why a server that does not register the run is not waited for any longer, else an empty text."""
        now, settings = time.monotonic(), self._settings
        if status.answered:
            self._last_answer = now
        limits = {"init_timeout": self._began, "unreachable_timeout": self._last_answer}
        for name, since in limits.items():
            if now - since > (limit := getattr(settings, name)):
                detail = f" ({status.message})" if status.message else ""
                return f"did not answer within {limit:g} s ({name}){detail}"
        return ""

    def _await_process(self) -> str:
        """Wait until the sync process has begun to serve the run that is registered."""
        while not self._background.is_running():
            self._check_process()
            time.sleep(POLL_INTERVAL_SECONDS / 4)
        return ""

    def _check_process(self) -> None:
        """Raise InitStartError if the sync process has ended, or has not begun within `x_service_wait`."""
        if failure := self._background.failure():
            raise InitStartError(f"the background process ended immediately ({failure}). {launch.REMEDIES}")
        seconds = min(self._settings.x_service_wait, self._settings.init_timeout)
        if time.monotonic() - self._began > seconds and not self._background.is_running():
            raise InitStartError(f"the background process did not answer within {seconds:g} s. {launch.REMEDIES}")

    def _status(self) -> SyncStatus:
        return launch.sync_status(self._file)
