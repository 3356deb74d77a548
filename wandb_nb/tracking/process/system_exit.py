"""The code of a SystemExit that ends the program, not of one that the program catches.

From Python 3.12 on the interpreter reports when an exception leaves the outermost frame. Before, two moments between
that and the exit call Python code without any frame below it:

- The exception is released. `sys.exit` is wrapped to leave an object in it that notices this. An exception that is
  still referenced is found at the exit.
- The interpreter flushes the standard streams (for a script) or releases the module `runpy` (for `python -m`). At
  that moment nothing but the interpreter refers to an exception that was raised without `sys.exit()`, and the garbage
  collector finds it. `python -c` has no such moment.
"""

from __future__ import annotations

import sys
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    OnExit = Callable[[object], None]

_TOOL = 4  # of sys.monitoring: by convention no debugger, coverage tool or profiler uses it
_OUTERMOST = ("<module>", "_run_module_as_main")  # of a script, of `python -m`; functions of atexit have other names


def _is_program(frame: FrameType) -> bool:
    return frame.f_code.co_name in _OUTERMOST and frame.f_back is None


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


if sys.version_info >= (3, 12):

    def watch(on_exit: OnExit) -> None:
        """Call *on_exit* with the code of a SystemExit that ends the program; called once per process.

        Running code pays nothing for it.
        """
        events = sys.monitoring.events.PY_UNWIND

        def unwound(_code: Any, _offset: int, error: BaseException) -> None:
            if isinstance(error, SystemExit) and _is_program(sys._getframe(1)) and _in_main_thread():  # noqa: SLF001 -- there is no public way
                on_exit(error.code)

        try:
            sys.monitoring.use_tool_id(_TOOL, "wandb_nb")
        except ValueError:  # another tool has it
            return
        sys.monitoring.register_callback(_TOOL, events, unwound)
        sys.monitoring.set_events(_TOOL, events)

    def watch_streams() -> None:
        """Do nothing: no stream is needed."""

    def find_referenced() -> None:
        """Do nothing: references to an exception make no difference."""

else:
    from opcode import opmap

    _RETURN = opmap["RETURN_VALUE"]
    _on_exits: list[OnExit] = []
    _releases: weakref.WeakSet[_Release] = weakref.WeakSet()

    class _Release:
        """Lives in a SystemExit and reports its *code* if the interpreter releases it with no frame left."""

        def __init__(self, code: object) -> None:
            self.code = code

        def __del__(self) -> None:
            if _called_by_interpreter():
                _report(self.code)

        def __reduce__(self) -> Any:  # the exception may be copied, or sent to another process
            return object, ()

    def watch(on_exit: OnExit) -> None:
        """Call *on_exit* with the code of a SystemExit that ends the program; called once per process."""
        _on_exits.append(on_exit)
        earlier_exit = sys.exit

        def exit_wrapper(status: Any = None, /) -> Any:
            try:
                return earlier_exit(status)
            except SystemExit as error:
                if _in_main_thread():  # in another thread it ends only that thread
                    release = error.__dict__["_wandb_nb_release"] = _Release(error.code)
                    _releases.add(release)
                    del release
                raise

        exit_wrapper.__doc__ = earlier_exit.__doc__
        sys.exit = exit_wrapper
        watch_streams()
        _watch_runpy()

    def watch_streams() -> None:
        """Check when the interpreter itself flushes a standard stream: no Python code runs any more."""
        for stream in (sys.stderr, sys.stdout):
            flush = getattr(stream, "flush", None)
            if flush is not None and not hasattr(flush, "_wandb_nb_watched"):
                _watch_flush(stream, flush)

    def find_referenced() -> None:
        """Report the SystemExit that ended the program and that something still refers to."""
        if not _releases:
            return
        import gc  # only at the end

        exits = [each for each in gc.get_objects() if issubclass(type(each), SystemExit)]
        for error in exits:
            trace = error.__traceback__
            if trace and _left_program(trace.tb_frame):
                _report(error.code)

    def _left_program(frame: FrameType) -> bool:
        """Return whether an exception, not a return, ended the program that *frame* belonged to."""
        while frame.f_back is not None:
            frame = frame.f_back
        return _is_program(frame) and frame.f_code.co_code[frame.f_lasti] != _RETURN

    def _watch_flush(stream: Any, flush: Callable[[], Any]) -> None:
        def flushed() -> Any:
            if _called_by_interpreter():
                _report_pending()
            return flush()

        flushed._wandb_nb_watched = True  # type: ignore[attr-defined]  # noqa: SLF001 -- this module's own mark
        with suppress(AttributeError, TypeError):  # a stream without settable attributes
            stream.flush = flushed

    def _watch_runpy() -> None:
        """Check when `runpy` is released; a later import gets a new module."""
        if getattr(sys.modules.get("__main__"), "__spec__", None) is not None and "runpy" in sys.modules:
            weakref.finalize(sys.modules.pop("runpy"), _report_pending).atexit = False

    def _called_by_interpreter() -> bool:
        try:
            sys._getframe(2)  # noqa: SLF001 -- there is no public way
        except ValueError:  # the callback's is the only frame; functions of atexit run after the main thread has ended
            return _in_main_thread() and threading.main_thread().is_alive()
        return False

    def _report(code: object) -> None:
        for on_exit in _on_exits:
            on_exit(code)

    def _report_pending() -> None:
        """Report the code of the SystemExit that no Python object refers to: it ends the process."""
        import gc  # only at the end

        exits = [each for each in gc.get_objects() if issubclass(type(each), SystemExit)]
        own_references = {id(exits), id(sys._getframe())}  # noqa: SLF001 -- as above
        for error in exits:
            if all(id(holder) in own_references for holder in gc.get_referrers(error)):
                _report(error.code)
