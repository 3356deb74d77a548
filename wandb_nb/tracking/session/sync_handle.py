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
from wandb_nb.tracking.start.server_lookup import mode_is_explicit, refusal, sync_process
from wandb_nb.tracking.terminal.progress_bar import ProgressBar

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.settings import Resolved
    from wandb_nb.sync.background.launch import SyncStatus
    from wandb_nb.tracking.session.notices import Notice

CHECK_INTERVAL_SECONDS = 1.0
POLL_INTERVAL_SECONDS = 0.02
PROGRESS_DELAY_SECONDS = 0.5
UNREACHABLE_WAIT_SECONDS = 3.0
"""How long `finish()` waits for an unreachable server where online mode was not requested explicitly."""


class SyncHandle:
    """Has the run of *run_file* sent by the sync process.

    Only `prepare` and `begin` raise. Only `finish` waits, and `begin` for a run whose online mode was requested by
    argument or environment.
    """

    def __init__(self, run_file: Path, settings: Resolved, notice: Notice) -> None:
        self._file, self._settings, self._notice = run_file, settings, notice
        self._pid = os.getpid()
        self._explicit = mode_is_explicit(settings)
        self._background: launch.BackgroundProcess | None = None
        self._next_check = 0.0
        self.url: str | None = None
        """The address of the run's page, once the run is on the server."""

    def prepare(self) -> None:
        """Start the sync process, early, before threads of this package compete for the interpreter.

        Raises:
            AuthenticationError: There is no key.
            InitStartError: The process cannot be started.

        """
        self._background = sync_process(self._settings)
        self._background.prepare()

    def begin(self) -> None:
        """Have the run sent from now on; after `prepare`.

        Where online mode was requested explicitly, wait until the server has registered the run.

        Raises:
            LaunchError: The server refuses the run.
            AuthenticationError: It does not accept the key.
            CommError: It does not answer within `init_timeout`.
            InitStartError: The sync process does not start, or does not answer within `x_service_wait`.

        """
        assert self._background is not None  # noqa: S101 -- made by prepare
        try:
            self._background.add_run(self._file)
            if self._explicit:
                self._await_server(self._background)
        except BaseException:
            self._background.cancel_run(self._file)
            raise

    def _await_server(self, background: launch.BackgroundProcess) -> None:
        began, timeout = time.monotonic(), self._settings.init_timeout
        answered = False
        while not (status := launch.sync_status(self._file)).registered:
            if status.state == launch.REFUSED:
                raise refusal(status.status, status.message, self._settings)
            if failure := background.failure():
                raise InitStartError(f"the background process ended immediately ({failure}). {launch.REMEDIES}")
            passed = time.monotonic() - began
            if not answered and passed > (patience := min(self._settings.x_service_wait, timeout)):
                answered = self._expect_running(background, patience)
            if passed > timeout:
                raise CommError(
                    f"{self._settings.base_url} did not answer within {timeout:g} s"
                    f"{f' ({status.message})' if status.message else ''}: check the address and the network, raise "
                    "init_timeout, or use mode='offline' and send the run later with 'wandb-nb sync'"
                )
            time.sleep(POLL_INTERVAL_SECONDS)
        self.url = status.url

    def _expect_running(self, background: launch.BackgroundProcess, seconds: float) -> bool:
        """Return True if the sync process is running; raise InitStartError if it does not answer."""
        if not background.is_running():
            raise InitStartError(f"the background process did not answer within {seconds:g} s. {launch.REMEDIES}")
        return True

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
            if status.finished or status.state == launch.WAITING or time.monotonic() >= until:
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
            while not (status := launch.sync_status(self._file)).finished:
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
            return f"sent: {status.url}{problems}"
        if status.state == launch.REFUSED:
            return f"refused by the server ({status.message}); the run is on disk, {later}"
        pending = self._pending(status)
        left = [f"{max(1, rows - status.rows)} rows"] if pending > status.bytes_left else []
        left += [f"{status.files_left} files"] if status.files_left else []
        what = f"{' and '.join(left) or 'the end of the run'} ({size(pending)})" if pending else "the end of the run"
        why = f" ({status.message})" if status.message else ""
        return f"not sent yet: {what}{why}; the background process continues; otherwise {later}"

    def _report_news(self, status: SyncStatus) -> None:
        if status.registered and self.url is None:
            self.url = status.url
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
