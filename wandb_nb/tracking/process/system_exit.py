"""The code of a SystemExit that ends the program, also where it was raised without `sys.exit()`.

From Python 3.12 on the interpreter reports when an exception leaves a frame. Before, it calls Python code at one moment
between that and the exit: for a script it flushes `sys.stderr`, for `python -m` it releases the module `runpy`. At that
moment only the interpreter refers to the exception, and the garbage collector finds it. `python -c` has no such moment.
"""

from __future__ import annotations

import sys
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    OnExit = Callable[[object], None]

_TOOL = 4  # of sys.monitoring: by convention no debugger, coverage tool or profiler uses it


def watch(on_exit: OnExit) -> None:
    """Call *on_exit* with the code of a SystemExit that leaves the main thread; called once per process."""
    if sys.version_info >= (3, 12):
        _watch_frames(on_exit)
    else:
        _watch_flush(on_exit)
        _watch_runpy(on_exit)


if sys.version_info >= (3, 12):

    def _watch_frames(on_exit: OnExit) -> None:
        """Have Python call back when an exception leaves a frame; running code pays nothing for it."""
        events = sys.monitoring.events.PY_UNWIND

        def unwound(_code: Any, _offset: int, error: BaseException) -> None:
            if isinstance(error, SystemExit) and _in_outermost_frame():
                on_exit(error.code)

        try:
            sys.monitoring.use_tool_id(_TOOL, "wandb_nb")
        except ValueError:  # another tool has it
            return
        sys.monitoring.register_callback(_TOOL, events, unwound)
        sys.monitoring.set_events(_TOOL, events)

    def _in_outermost_frame() -> bool:
        """Return whether the frame that called the callback is the first one of the main thread."""
        return sys._getframe(2).f_back is None and _in_main_thread()  # noqa: SLF001 -- there is no public way

else:

    def _watch_flush(on_exit: OnExit) -> None:
        """Check when the interpreter itself flushes `sys.stderr`: no Python code runs any more."""
        stream = sys.stderr
        flush = getattr(stream, "flush", None)

        def flushed() -> Any:
            if _called_by_interpreter():
                _report_pending(on_exit)
            return flush()  # type: ignore[misc]  # it replaces an existing one

        with suppress(AttributeError, TypeError):  # no stream, or one without settable attributes
            if flush is not None:
                stream.flush = flushed  # type: ignore[method-assign]  # on purpose

    def _watch_runpy(on_exit: OnExit) -> None:
        """Check when `runpy` is released; a later import gets a new module."""
        if getattr(sys.modules.get("__main__"), "__spec__", None) is not None and "runpy" in sys.modules:
            weakref.finalize(sys.modules.pop("runpy"), _report_pending, on_exit).atexit = False

    def _called_by_interpreter() -> bool:
        try:
            sys._getframe(2)  # noqa: SLF001 -- as above
        except ValueError:  # the callback's is the only frame
            return _in_main_thread()
        return False

    def _report_pending(on_exit: OnExit) -> None:
        """Report the code of the SystemExit that no Python object refers to: it ends the process."""
        import gc  # only at the end

        exits = [each for each in gc.get_objects() if issubclass(type(each), SystemExit)]
        own_references = {id(exits), id(sys._getframe())}  # noqa: SLF001 -- as above
        for error in exits:
            if all(id(holder) in own_references for holder in gc.get_referrers(error)):
                on_exit(error.code)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
