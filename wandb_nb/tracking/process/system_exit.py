"""The code of a SystemExit that ends the program, also where it was raised without `sys.exit()`.

From Python 3.12 on the interpreter tells when an exception leaves a frame.  Before, it calls Python code at one moment
between that and the exit: for a script it flushes `sys.stderr`, for `python -m` it lets go of the module `runpy`.  The
exception is then held by the interpreter alone, and the collector finds it.  For `python -c` there is no such moment.
"""

from __future__ import annotations

import sys
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Told = Callable[[object], None]

_TOOL = 4  # of sys.monitoring: one that no debugger, coverage or profiler has by convention


def watch(told: Told) -> None:
    """Have *told* called with the code of a SystemExit that leaves the main thread; once a process."""
    if sys.version_info >= (3, 12):
        _watch_frames(told)
    else:
        _watch_flush(told)
        _watch_runpy(told)


if sys.version_info >= (3, 12):

    def _watch_frames(told: Told) -> None:
        """Have Python call us when an exception leaves a frame; running code pays nothing for it."""
        events = sys.monitoring.events.PY_UNWIND

        def unwound(_code: Any, _offset: int, error: BaseException) -> None:
            if isinstance(error, SystemExit) and _in_outermost_frame():
                told(error.code)

        try:
            sys.monitoring.use_tool_id(_TOOL, "wandb_nb")
        except ValueError:  # somebody else has it
            return
        sys.monitoring.register_callback(_TOOL, events, unwound)
        sys.monitoring.set_events(_TOOL, events)

    def _in_outermost_frame() -> bool:
        """Tell whether the frame that called our callback is the main thread's first one."""
        return sys._getframe(2).f_back is None and _in_main_thread()  # noqa: SLF001

else:

    def _watch_flush(told: Told) -> None:
        """Look when `sys.stderr` is flushed by nobody: no Python code runs any more."""
        stream = sys.stderr
        flush = getattr(stream, "flush", None)

        def flushed() -> Any:
            if _called_by_interpreter():
                _tell_pending(told)
            return flush()  # type: ignore[misc]  # it stands in for one that was there

        with suppress(AttributeError, TypeError):  # no stream, or one that takes no attributes
            if flush is not None:
                stream.flush = flushed  # type: ignore[method-assign]  # that is what it is for

    def _watch_runpy(told: Told) -> None:
        """Look when `runpy` goes; whoever imports it later gets a new one."""
        if getattr(sys.modules.get("__main__"), "__spec__", None) is not None and "runpy" in sys.modules:
            weakref.finalize(sys.modules.pop("runpy"), _tell_pending, told).atexit = False

    def _called_by_interpreter() -> bool:
        try:
            sys._getframe(2)  # noqa: SLF001
        except ValueError:  # the callback's is the only frame
            return _in_main_thread()
        return False

    def _tell_pending(told: Told) -> None:
        """Tell the code of the SystemExit that nothing in Python holds: it is on its way out."""
        import gc  # only at the end

        found = [each for each in gc.get_objects() if issubclass(type(each), SystemExit)]
        ours = {id(found), id(sys._getframe())}  # noqa: SLF001
        for error in found:
            if all(id(holder) in ours for holder in gc.get_referrers(error)):
                told(error.code)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
