"""The connection between a run and the sync process: start it, check it, wait for it.

The sync process sends the run and writes its progress beside the run file, where it is read here.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from wandb_nb.errors import CommError, InitStartError
from wandb_nb.formatting import size
from wandb_nb.host import command
from wandb_nb.store.format.layout import run_id
from wandb_nb.sync.background import launch
from wandb_nb.tracking.online.registration_wait import INTERRUPTED, POLL_INTERVAL_SECONDS, RegistrationWait
from wandb_nb.tracking.online.server_lookup import (
    no_answer_remedies,
    sync_process,
    unanswering_servers,
)
from wandb_nb.tracking.terminal.progress_bar import ProgressBar

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.settings import Resolved
    from wandb_nb.sync.background.launch import SyncStatus
    from wandb_nb.tracking.session.notices import Notice

CHECK_INTERVAL_SECONDS = 1.0
PROGRESS_DELAY_SECONDS = 0.5
UNREACHABLE_WAIT_SECONDS = 3.0
"""How long `finish()` waits for an unreachable server where online mode was not requested explicitly."""


class SyncHandle:
    """Has the run of *run_file* sent by the sync process.

    Only `prepare` and `begin` raise. Only `begin` and `finish` wait.
    """

    def __init__(self, run_file: Path, settings: Resolved, notice: Notice) -> None:
        self._file, self._settings, self._notice = run_file, settings, notice
        self._pid = os.getpid()
        self._explicit = settings.is_explicit("mode")
        self._background: launch.BackgroundProcess | None = None
        self._next_check = 0.0
        self.url: str | None = None
        """The address of the run's page, once the run is on the server."""

    def prepare(self) -> None:
        """Start the sync process, early, before threads of this package compete for the interpreter.

        Raises:
            AuthenticationError: There is no key.
            InitStartError: The process cannot be started, and online mode was requested explicitly.

        """
        background = sync_process(self._settings)
        try:
            background.prepare()
        except InitStartError as error:
            self._report_not_started(error)
        else:
            self._background = background

    def begin(self, *, is_new: bool) -> SyncStatus | None:
        """Have the run sent from now on, after `prepare`; return its status once the server has registered it.

        None where it will be sent later, which is reported: the server does not answer, refuses it for another reason
        than permissions, or has not answered an earlier run of this process; or there is no sync process. A run that
        *is_new* continues no other.

        Raises:
            LaunchError: The server does not permit the run (NotLoggedInError for a key that it does not accept).
            CommError: The server does not answer where online mode was requested explicitly.
            InitStartError: The same for a sync process that does not start, or not answer within `x_service_wait`.

        """
        if self._background is None:
            return None
        try:
            return self._begin(self._background, is_new=is_new)
        except BaseException as error:
            if isinstance(error, InitStartError) and not self._explicit:
                self._report_not_started(error)
                return None
            self._background.cancel_run(self._file)
            raise

    def _report_not_started(self, error: InitStartError) -> None:
        """Report that the run is not sent now; raise *error* where that was requested explicitly."""
        if self._explicit:
            raise error
        later = command(f"sync {run_id(self._file)}")
        self._notice(f"{error} The run continues and is stored on disk; '{later}' sends it.", "online-start")

    def _begin(self, background: launch.BackgroundProcess, *, is_new: bool) -> SyncStatus | None:
        server = self._settings.base_url
        if server in unanswering_servers and not self._explicit:
            background.add_run(self._file)
            return None
        reason = RegistrationWait(self._file, background, self._settings).run(is_new=is_new)
        status = launch.sync_status(self._file)
        if not reason:
            unanswering_servers.discard(server)
            self.url = status.url
            return status
        is_refused = status.state == launch.REFUSED
        if self._explicit:
            error = CommError(f"{server} {reason}{'' if is_refused else f': {no_answer_remedies()}'}")
            error.interrupted = reason == INTERRUPTED
            raise error
        if is_refused:
            self._report_news(status)
        else:
            unanswering_servers.add(server)
            self._notice(f"{server} {reason}; the run is stored on disk and sent later", "online-waiting")
        return None

    def check(self) -> None:
        """Report sync news, each once, and restart the sync process if it is gone. Never blocks."""
        now = time.monotonic()
        if now < self._next_check or os.getpid() != self._pid:
            return
        self._next_check = now + CHECK_INTERVAL_SECONDS
        self._report_news(launch.sync_status(self._file))
        self._ensure_running()

    def saves_code(self, *, wait: bool) -> bool | None:
        """Return whether the account wants code saved; None while that is not known.

        With *wait* the server gets as much time as `finish` gives an unreachable one.
        """
        until = time.monotonic() + (UNREACHABLE_WAIT_SECONDS if wait else 0.0)
        while not (status := launch.sync_status(self._file)).registered:
            if (
                self._background is None
                or status.finished
                or status.state == launch.WAITING
                or time.monotonic() >= until
            ):
                return None
            try:
                time.sleep(POLL_INTERVAL_SECONDS)
            except KeyboardInterrupt:  # stop waiting; the run ends anyway
                return None
        return status.saves_code

    def finish(self, rows: int) -> str:
        """Wait until everything is sent, at most `finish_timeout` seconds or until Ctrl-C; return the outcome."""
        began, timeout = time.monotonic(), self._settings.finish_timeout or float("inf")
        bar = ProgressBar(self._settings, rows)
        next_check = 0.0
        try:
            while not (status := launch.sync_status(self._file)).finished and self._background is not None:
                passed = time.monotonic() - began
                if passed > (
                    timeout if self._explicit or status.registered else min(UNREACHABLE_WAIT_SECONDS, timeout)
                ):
                    break
                if passed >= next_check:
                    next_check = passed + 1.0
                    self._ensure_running()
                if passed > PROGRESS_DELAY_SECONDS:
                    bar.show(status.rows, self._pending(status))
                time.sleep(POLL_INTERVAL_SECONDS)
        except KeyboardInterrupt:
            status = launch.sync_status(self._file)
        finally:
            bar.close()
        self.url = status.url or self.url
        return self._outcome(status, rows)

    def _pending(self, status: SyncStatus) -> int:
        """Return how many bytes of rows and files are not on the server."""
        try:
            length = self._file.stat().st_size
        except OSError:
            return 0
        return max(0, length - status.offset) + status.bytes_left

    def _outcome(self, status: SyncStatus, rows: int) -> str:
        later = f"'{command(f'sync {run_id(self._file)}')}' sends it"
        if status.state == launch.DONE:
            problems = f"; not sent: {'; '.join(status.problems)}" if status.problems else ""
            numbers = f"; {status.renumbering}" if status.renumbering else ""
            return f"sent: {status.url}{numbers}{problems}"
        if status.state == launch.REFUSED:
            return f"refused by the server ({status.message}); the run is on disk, {later}"
        pending = self._pending(status)
        left = [f"{max(1, rows - status.rows)} rows"] if pending > status.bytes_left else []
        left += [f"{status.files_left} files"] if status.files_left else []
        what = f"{' and '.join(left) or 'the end of the run'} ({size(pending)})" if pending else "the end of the run"
        why = f" ({status.message})" if status.message else ""
        process = "the background process continues; otherwise " if self._background is not None else ""
        return f"not sent yet: {what}{why}; {process}{later}"

    def _report_news(self, status: SyncStatus) -> None:
        if status.registered and self.url is None:
            self.url = status.url
            unanswering_servers.discard(self._settings.base_url)
            self._notice(f"the run is at {status.url}", "online-url")
        if status.state == launch.REFUSED:
            self._notice(f"the server refused the run ({status.message}); it continues on disk", "online-refused")
        elif status.state == launch.WAITING and status.message:
            self._notice(
                f"the server cannot be reached ({status.message}); the run continues on disk", "online-waiting"
            )
        for problem in status.problems:
            self._notice(f"not sent: {problem}", f"online-{problem}")

    def _ensure_running(self) -> None:
        if self._background is None or launch.sync_status(self._file).finished:
            return
        try:
            self._background.ensure_running()
        except InitStartError as error:
            self._notice(str(error), "online-start")


def account_name(settings: Resolved) -> str:
    """Return the name of the account that the key in *settings* belongs to.

    Raises:
        AuthenticationError: The server does not accept the key.
        CommError: It does not answer.

    """
    return launch.account_name(settings)
