"""Stopping a training that somebody asked to stop, from a page or another process."""

from __future__ import annotations

import _thread
import signal
import threading
from typing import TYPE_CHECKING

from wandb_nb import host

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.rows.row_logger import RowLogger
    from wandb_nb.tracking.session.notices import Notice
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.start.identity import RunIdentity


class StopHandler:
    """Watches *directory* for a request to stop; only the process that started the run follows it."""

    def __init__(
        self,
        directory: RunDirectory | None,
        logger: RowLogger,
        settings: Resolved,
        identity: RunIdentity,
        notice: Notice,
    ) -> None:
        self._directory, self._logger = directory, logger
        self._settings, self._identity, self._notice = settings, identity, notice
        self.followed_request = False
        """Whether a request to stop was followed since this was last set to False."""

    def check(self) -> None:
        """Interrupt the main thread if the run was asked to stop; called after a row.

        Raises:
            KeyboardInterrupt: This is the main thread.

        """
        if self._take():
            if threading.current_thread() is threading.main_thread():
                raise KeyboardInterrupt(f"run {self._identity.name} was asked to stop")
            _thread.interrupt_main()

    def interrupt_idle_script(self) -> None:
        """Interrupt a script that was asked to stop and logs nothing; called by a background thread now and then.

        In a notebook this would hit whichever cell comes next; there the next row, or the page's button, stops it.
        """
        if threading.current_thread() is threading.main_thread() or host.in_notebook():
            return
        if self._take():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # ends a sleep as well

    def withdraw(self) -> None:
        """Drop a request that no row has seen, because the cell that it was meant for has ended."""
        self.followed_request = False
        if self._directory is not None:
            self._directory.take_stop_request()

    def is_requested(self) -> bool:
        """Return whether a request to stop waits to be followed."""
        return self._directory is not None and self._directory.is_stop_requested()

    def _take(self) -> bool:
        if self._directory is None or not self._logger.is_owner or not self._settings.stop_on_request:
            return False
        requested = self._directory.take_stop_request()
        self.followed_request = self.followed_request or requested
        if requested and not host.in_notebook():  # a notebook shows one line in place of the traceback
            self._notice(f"run {self._identity.name} was asked to stop")
        return requested
