"""Finishing by itself: at the end of the interpreter, with the exit code that the script is ending with.

An uncaught exception is seen by the exception hook (chained, never replaced), the code of `sys.exit(n)`
by a wrapper around it, that of `raise SystemExit(n)` written out by `raised`.  The polite end of a kernel counts as 0.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.tracking.process import system_exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

UNCAUGHT = 1


class ExitWatch:
    """Knows the code with which this process is about to end, and calls *at_exit* with it.

    *announced* is called when the main thread asks for an exit, which the program may still catch: whoever sees it
    live on says `cancel_exit()`.
    """

    def __init__(self, at_exit: Callable[[int], None], announced: Callable[[], None]) -> None:
        self._at_exit, self._on_announced = at_exit, announced
        self._pid = 0
        self._uncaught = False
        self._announced: int | None = None

    def install(self) -> None:
        """Start watching; again in a forked child that starts a run of its own."""
        if self._pid == os.getpid():
            return
        first, self._pid = self._pid == 0, os.getpid()
        if first:
            self._chain()
        atexit.unregister(self._leave)
        atexit.register(self._leave)

    def cancel_exit(self) -> None:
        """Forget an announced exit: the program caught it and continues."""
        self._announced = None

    def code(self) -> int:
        """Return the exit code as far as it is known."""
        if host.in_notebook():  # a cell's sys.exit() ends nothing but the cell
            return 0
        return UNCAUGHT if self._uncaught else self._announced or 0

    def _chain(self) -> None:
        earlier_hook, earlier_exit = sys.excepthook, sys.exit

        def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            self._uncaught = True
            earlier_hook(kind, error, trace)

        def leave(status: Any = None, /) -> Any:
            if threading.current_thread() is threading.main_thread():  # elsewhere it ends that thread only
                self._take(status)
                self._on_announced()
            return earlier_exit(status)

        if not host.in_notebook():
            system_exit.watch(self._take)
        leave.__doc__ = earlier_exit.__doc__
        sys.excepthook, sys.exit = hook, leave

    def _take(self, status: object) -> None:
        self._announced = _as_code(status)

    def _leave(self) -> None:
        if os.getpid() == self._pid:  # a forked child ends without ending its parent's run
            self._at_exit(self.code())


def _as_code(status: object) -> int:
    """Return the process's exit code for what was given to `sys.exit`: a text is printed and means 1."""
    if status is None:
        return 0
    return int(status) & 0xFF if isinstance(status, int) else 1
