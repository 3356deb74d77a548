"""A run's way to the server, as its own process sees it: begun, looked after, waited for.

The work is the background process's.  What it has done it writes beside the run file, and that is what is read here.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from wandb_nb.errors import CommError, InitStartError
from wandb_nb.formatting import size
from wandb_nb.store.reading.tail import run_id
from wandb_nb.sync.background import launch
from wandb_nb.tracking.start.server_lookup import asked_for, background, refusal
from wandb_nb.tracking.terminal.progress_bar import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.settings import Resolved
    from wandb_nb.sync.background.launch import SyncStatus

CHECK_INTERVAL_SECONDS = 1.0
POLL_EVERY_S = 0.02
SHOWN_AFTER_S = 0.5
UNREACHED_S = 3.0
"""How long `finish()` waits for a server that was not reached at all, where nobody asked for it by name."""


class SyncHandle:
    """The run of *run_file*, which is handed to the background process by `begin`.

    *notice* tells the user something, each key once.  Nothing here but `begin` raises, and nothing but `begin`, for a
    run that is asked to be online by argument or environment, and `finish` waits.
    """

    def __init__(self, run_file: Path, settings: Resolved, notice: Callable[[str, str], None]) -> None:
        self._file, self._settings, self._notice = run_file, settings, notice
        self._pid = os.getpid()
        self._explicit = asked_for(settings)
        self._background: launch.BackgroundProcess | None = None
        self._next_check = 0.0
        self.url: str | None = None
        """The address of the run's page, once the server knows the run."""

    def prepare(self) -> None:
        """Start the background process: early, while no thread of ours competes for the interpreter.

        AuthenticationError without a key, InitStartError where nothing can be started.
        """
        self._background = background(self._settings)
        self._background.prepare()

    def begin(self) -> None:
        """Have the run sent from now on; after `prepare`.

        Where online was asked for, wait until the server knows the run: LaunchError or AuthenticationError when it
        refuses, CommError when it does not answer within `init_timeout`.  InitStartError where nothing can be started,
        or does not answer within `x_service_wait`.
        """
        assert self._background is not None  # noqa: S101 - made by prepare
        try:
            self._background.add_run(self._file)
            if self._explicit:
                self._await_server(self._background)
        except BaseException:
            self._background.cancel_run(self._file)
            raise

    def _await_server(self, background: launch.BackgroundProcess) -> None:
        began, timeout = time.monotonic(), self._settings.init_timeout
        heard = False
        while not (sent := launch.sync_status(self._file)).registered:
            if sent.state == launch.REFUSED:
                raise refusal(sent.status, sent.message, self._settings)
            if failure := background.failure():
                raise InitStartError(f"The background process ended at once ({failure}). {launch.REMEDIES}")
            passed = time.monotonic() - began
            if not heard and passed > (patience := min(self._settings.x_service_wait, timeout)):
                heard = self._expect_service(background, patience)
            if passed > timeout:
                raise CommError(
                    f"{self._settings.base_url} did not answer within {timeout:g} s"
                    f"{f' ({sent.message})' if sent.message else ''}. Check the address and the network, raise "
                    "init_timeout, or use mode='offline' and send the run later with 'wandb-nb sync'."
                )
            time.sleep(POLL_EVERY_S)
        self.url = sent.url

    def _expect_service(self, background: launch.BackgroundProcess, seconds: float) -> bool:
        """Raise InitStartError where the background process lives but does nothing."""
        if not background.is_running():
            raise InitStartError(f"The background process did not answer within {seconds:g} s. {launch.REMEDIES}")
        return True

    def check(self) -> None:
        """Report sync news, each once, and restart the sync process if it is gone. Never blocks."""
        now = time.monotonic()
        if now < self._next_check or os.getpid() != self._pid:
            return
        self._next_check = now + CHECK_INTERVAL_SECONDS
        self._tell(launch.sync_status(self._file))
        self._keep()

    def saves_code(self, *, wait: bool) -> bool | None:
        """Return whether the account wants code saved, None while it has not said so.

        With *wait* it is given the time that `finish` gives a server to be reached.
        """
        until = time.monotonic() + (UNREACHED_S if wait else 0.0)
        while not (sent := launch.sync_status(self._file)).registered:
            if sent.finished or sent.state == launch.WAITING or time.monotonic() >= until:
                return None
            try:
                time.sleep(POLL_EVERY_S)
            except KeyboardInterrupt:  # enough of waiting; the run ends all the same
                return None
        return sent.saves_code

    def finish(self, rows: int) -> str:
        """Wait until all is sent, `finish_timeout` seconds at most or until Ctrl-C; return a line with the outcome."""
        began, timeout = time.monotonic(), self._settings.finish_timeout or float("inf")
        bar = ProgressBar(self._settings, rows)
        next_keep = 0.0
        try:
            while not (sent := launch.sync_status(self._file)).finished:
                passed = time.monotonic() - began
                if passed > (timeout if self._explicit or sent.registered else min(UNREACHED_S, timeout)):
                    break
                if passed >= next_keep:
                    next_keep = passed + 1.0
                    self._keep()
                if passed > SHOWN_AFTER_S:
                    bar.show(sent.rows, self._pending(sent))
                time.sleep(POLL_EVERY_S)
        except KeyboardInterrupt:
            sent = launch.sync_status(self._file)
        finally:
            bar.close()
        self.url = sent.url or self.url
        return self._outcome(sent, rows)

    def _pending(self, sent: SyncStatus) -> int:
        """Return how many bytes of rows and files are not on the server."""
        try:
            length = self._file.stat().st_size
        except OSError:
            return 0
        return max(0, length - sent.offset) + sent.bytes_left

    def _outcome(self, sent: SyncStatus, rows: int) -> str:
        later = f"'wandb-nb sync {run_id(self._file)}' sends it"
        if sent.state == launch.DONE:
            problems = f"; not sent: {'; '.join(sent.problems)}" if sent.problems else ""
            return f"sent: {sent.url}{problems}"
        if sent.state == launch.REFUSED:
            return f"refused by the server ({sent.message}); the run is on disk, {later}"
        pending = self._pending(sent)
        left = [f"{max(1, rows - sent.rows)} rows"] if pending > sent.bytes_left else []
        left += [f"{sent.files_left} files"] if sent.files_left else []
        what = f"{' and '.join(left) or 'the end of the run'} ({size(pending)})" if pending else "the end of the run"
        why = f" ({sent.message})" if sent.message else ""
        return f"not sent yet: {what}{why}; the background process goes on, else {later}"

    def _tell(self, sent: SyncStatus) -> None:
        if sent.registered and self.url is None:
            self.url = sent.url
            self._notice(f"the run is at {sent.url}", "online-url")
        if sent.state == launch.REFUSED:
            self._notice(f"the server refuses this run ({sent.message}); it goes on, on disk", "online-refused")
        elif sent.state == launch.WAITING and sent.message:
            self._notice(f"the server is not reached ({sent.message}); the run goes on, on disk", "online-waiting")
        for problem in sent.problems:
            self._notice(f"not sent: {problem}", f"online-{problem}")

    def _keep(self) -> None:
        if self._background is None or launch.sync_status(self._file).finished:
            return
        try:
            self._background.ensure_running()
        except InitStartError as error:
            self._notice(str(error), "online-start")


def account(settings: Resolved) -> str:
    """Return the name of the account that the key in *settings* belongs to; raises what `launch.account_name` does."""
    return launch.account_name(settings)
