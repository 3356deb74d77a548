"""Finishing runs automatically when the interpreter ends, with the exit code that the process really ends with.

An uncaught exception is read from where the interpreter leaves it (`sys.last_value`), so it does not matter who sets
`sys.excepthook`, or calls it and continues. `system_exit` reports the code of a SystemExit that ends the program.
An orderly end of a kernel counts as 0.
"""

from __future__ import annotations

import atexit
import inspect
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb import exit_codes, host
from wandb_nb.errors import Error
from wandb_nb.tracebacks import hide_own_frames
from wandb_nb.tracking.process import system_exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class ExitWatch:
    """Calls *at_exit* with the exit code at the orderly end of a process, also of a `multiprocessing` worker."""

    def __init__(self, at_exit: Callable[[int], None]) -> None:
        self._at_exit = at_exit
        self._pid: int | None = None
        self._system_exit_code: int | None = None

    def install(self) -> None:
        """Install the hooks; again in a forked child that starts its own run."""
        if self._pid == os.getpid():
            return
        first, self._pid = self._pid is None, os.getpid()
        if first:
            _hide_own_frames_of_uncaught_errors()
            if not host.in_notebook():
                system_exit.watch(self._set_system_exit)
        atexit.unregister(self._at_interpreter_exit)
        atexit.register(self._at_interpreter_exit)
        self._watch_worker()

    def check_streams(self) -> None:
        """Watch streams that replaced the standard ones since the last call."""
        system_exit.watch_streams()

    def code(self) -> int:
        """Return the exit code as known so far."""
        if host.in_notebook():  # a cell's sys.exit() ends only the cell
            return 0
        if uncaught := _uncaught_code():
            return uncaught
        system_exit.find_referenced()
        return self._system_exit_code or 0

    def _set_system_exit(self, status: object) -> None:
        if self._system_exit_code is None:  # the exceptions in whose handlers this one was raised come later
            self._system_exit_code = exit_codes.of_system_exit(status)

    def _at_interpreter_exit(self) -> None:
        if os.getpid() != self._pid:  # a forked child ends without ending its parent's run
            return
        code = self.code() or _forked_worker_code()
        self._at_exit(code)
        if code == exit_codes.INTERRUPTED:
            # The interpreter ends with SIGINT only if the last source that it compiled was interrupted, and modules
            # that were imported just now may have compiled some.
            with suppress(KeyboardInterrupt):
                exec("raise KeyboardInterrupt")  # noqa: S102 -- as above

    def _watch_worker(self) -> None:
        """Finish the runs of a forked `multiprocessing` worker, which ends without the functions of atexit."""
        process = sys.modules.get("multiprocessing.process")
        if process is None or process.parent_process() is None:
            return
        from multiprocessing.util import Finalize  # loaded in every worker

        Finalize(None, self._at_worker_exit, exitpriority=1)

    def _at_worker_exit(self) -> None:
        error = sys.exc_info()[1]  # called in a `finally` block around the worker's function
        if os.getpid() == self._pid:
            self._at_exit(exit_codes.code_of(error))


def _hide_own_frames_of_uncaught_errors() -> None:
    earlier_hook = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, Error):
            hide_own_frames(error)
        earlier_hook(kind, error, trace)

    sys.excepthook = hook


def _forked_worker_code() -> int:
    """Return the exit code of a forked `multiprocessing` worker that has done its work, 0 elsewhere.

    From Python 3.13 on such a worker runs the functions of atexit. Its code is a local of the frame that calls them.
    """
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_name != "_launch":
        frame = frame.f_back
    code = frame.f_locals.get("code") if frame else None
    return code if isinstance(code, int) else 0


def _uncaught_code() -> int:
    """Return the exit code of the exception that ended the program, 0 if none did.

    Others leave errors there too (event loops of windows, test runners), but from inside a running frame. A prompt
    leaves each error and continues.
    """
    error, trace = getattr(sys, "last_value", None), getattr(sys, "last_traceback", None)
    if error is None or hasattr(sys, "ps1") or (trace is not None and trace.tb_frame.f_back is not None):
        return 0
    return exit_codes.code_of(error)
