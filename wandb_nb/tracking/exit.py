"""Finishing by itself: at the end of the interpreter, with the exit code that the script is ending with.

An uncaught exception is seen by the exception hook (chained, never replaced), the code of `sys.exit(n)`
by a wrapper around it, that of `raise SystemExit(n)` written out as it leaves the outermost frame, which Python tells
from 3.12 on; before it counts as 0, as does the polite end of a kernel.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from wandb_nb import host

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

UNCAUGHT = 1
_TOOL = 4  # of sys.monitoring: one that no debugger, coverage or profiler has by convention


class ExitWatch:
    """Knows the code with which this process is about to end, and calls *at_exit* with it.

    *announced* is called when the main thread asks for an exit, which the program may still catch: whoever sees it
    live on says `goes_on()`.
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

    def goes_on(self) -> None:
        """Forget an announced exit: the program caught it and lives."""
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
                self._announced = _as_code(status)
                self._on_announced()
            return earlier_exit(status)

        if sys.version_info >= (3, 12) and not host.in_notebook():
            self._watch_raised()
        leave.__doc__ = earlier_exit.__doc__
        sys.excepthook, sys.exit = hook, leave

    if sys.version_info >= (3, 12):

        def _watch_raised(self) -> None:
            """Have Python call us when an exception leaves a frame; running code pays nothing for it."""
            events = sys.monitoring.events.PY_UNWIND

            def unwound(_code: Any, _offset: int, error: BaseException) -> None:
                if isinstance(error, SystemExit) and _in_outermost_frame():
                    self._announced = _as_code(error.code)

            try:
                sys.monitoring.use_tool_id(_TOOL, "wandb_nb")
            except ValueError:  # somebody else has it
                return
            sys.monitoring.register_callback(_TOOL, events, unwound)
            sys.monitoring.set_events(_TOOL, events)

    def _leave(self) -> None:
        if os.getpid() == self._pid:  # a forked child ends without ending its parent's run
            self._at_exit(self.code())


def _in_outermost_frame() -> bool:
    """Tell whether the frame that called our callback is the main thread's first one."""
    return sys._getframe(2).f_back is None and threading.current_thread() is threading.main_thread()  # noqa: SLF001


def _as_code(status: Any) -> int:
    """Return the process's exit code for what was given to `sys.exit`: a text is printed and means 1."""
    if status is None:
        return 0
    return int(status) & 0xFF if isinstance(status, int) else 1
