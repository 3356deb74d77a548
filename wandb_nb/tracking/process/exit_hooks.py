"""Finishing runs automatically when the interpreter ends, with the exit code of the script.

The exception hook (chained, never replaced) sees an uncaught exception, a wrapper around `sys.exit` its code, and
`system_exit` the code of a `raise SystemExit(n)`. An orderly end of a kernel counts as 0.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from wandb_nb import exit_codes, host
from wandb_nb.errors import Error
from wandb_nb.tracebacks import hide_own_frames
from wandb_nb.tracking.process import system_exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class ExitWatch:
    """Calls *at_exit* with the exit code when the process ends.

    *announced* is called when the main thread requests an exit, which the program may still catch. Code that finds the
    program still running then calls `cancel_exit()`.
    """

    def __init__(self, at_exit: Callable[[int], None], announced: Callable[[], None]) -> None:
        self._at_exit, self._on_announced = at_exit, announced
        self._pid: int | None = None
        self._uncaught = 0
        self._announced: int | None = None

    def install(self) -> None:
        """Install the hooks; again in a forked child that starts its own run."""
        if self._pid == os.getpid():
            return
        first, self._pid = self._pid is None, os.getpid()
        if first:
            self._chain()
        atexit.unregister(self._at_interpreter_exit)
        atexit.register(self._at_interpreter_exit)

    def cancel_exit(self) -> None:
        """Forget an announced exit: the program caught it and continues."""
        self._announced = None

    def code(self) -> int:
        """Return the exit code as known so far."""
        if host.in_notebook():  # a cell's sys.exit() ends only the cell
            return 0
        return self._uncaught or self._announced or 0

    def _chain(self) -> None:
        earlier_hook, earlier_exit = sys.excepthook, sys.exit

        def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            self._uncaught = exit_codes.code_of(error)
            if isinstance(error, Error):
                hide_own_frames(error)
            earlier_hook(kind, error, trace)

        def exit_wrapper(status: Any = None, /) -> Any:
            if threading.current_thread() is threading.main_thread():  # in another thread it ends only that thread
                self._set_announced(status)
                self._on_announced()
            return earlier_exit(status)

        if not host.in_notebook():
            system_exit.watch(self._set_announced)
        exit_wrapper.__doc__ = earlier_exit.__doc__
        sys.excepthook, sys.exit = hook, exit_wrapper

    def _set_announced(self, status: object) -> None:
        self._announced = exit_codes.of_system_exit(status)

    def _at_interpreter_exit(self) -> None:
        if os.getpid() == self._pid:  # a forked child ends without ending its parent's run
            self._at_exit(self.code())
