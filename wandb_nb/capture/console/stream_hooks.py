"""Listening to stdout and stderr without getting in their way.

A `StreamHook` hears what Python code writes to a stream object, a `DescriptorHook` all that reaches a file descriptor,
from C code and subprocesses too.  The stream objects stay the same ones, so that whoever holds them (logging handlers,
the kernel) is heard as well and nothing about them changes.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Listener = Callable[[str, str], None]  # called with "stdout" or "stderr" and the text; must not raise or block

STREAMS = {"stdout": 1, "stderr": 2}
_READ_BYTES = 1 << 16
_READER_TAKES_AT_MOST_S = 1.0


class StreamHook:
    """Stands in for the `write` of one stream object, which it calls first; see `listen`."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name = stream, name
        self._listeners: tuple[Listener, ...] = ()
        self._called = False
        self._install()
        _taps.add(self)

    def __call__(self, text: str) -> Any:
        """Write *text* and tell the listeners; what the stream raises and returns reaches the caller."""
        self._called = True
        written = self._write(text)
        for listener in self._listeners:
            listener(self._name, text)
        return written

    @classmethod
    def listen(cls, name: str, listener: Listener) -> Callable[[], None]:
        """Have *listener* called for what is written to `sys.stdout` or `sys.stderr` as it is now; return what ends it.

        Raises AttributeError or TypeError for a stream that cannot be listened to.
        """
        stream = getattr(sys, name)
        tap = vars(stream).get("write")
        if not isinstance(tap, cls):
            tap = cls(stream, name)
        tap._listeners = (*tap._listeners, listener)
        return lambda: tap._forget(listener)

    def stay(self) -> None:
        """Come back where somebody has put the stream's own `write` in our place, as IPython does after each cell."""
        self._called = False
        if self._listeners:
            self._stream.write("")  # reaches us through any wrapper that was put over ours
            if not self._called:
                self._install()

    def _install(self) -> None:
        self._before = vars(self._stream).get("write")
        self._write = self._stream.write
        self._stream.write = self

    def _forget(self, listener: Listener) -> None:
        self._listeners = tuple(each for each in self._listeners if each != listener)
        if not self._listeners and vars(self._stream).get("write") is self:  # else somebody else has built on it
            if self._before is None:
                del self._stream.write
            else:
                self._stream.write = self._before

    def _after_fork(self) -> None:
        self._listeners = ()


class DescriptorHook:
    """Hears what is written to file descriptor *fd* by anybody in this process, or by subprocesses it starts.

    A reader thread passes everything on to where the descriptor pointed before.  At a terminal the replacement is
    a terminal too, of the same size, so that colours and progress bars stay as they are.  Forked Python children
    write to the old place, unheard.
    """

    def __init__(self, name: str, listener: Listener) -> None:
        self._name, self._fd = name, STREAMS[name]
        self._listener: Listener | None = listener
        _flush(name)
        self._saved = os.dup(self._fd)
        self._read, writing = _terminal(self._saved) if os.isatty(self._saved) else os.pipe()
        os.dup2(writing, self._fd)
        os.close(writing)
        self._ours = os.fstat(self._fd)
        self._thread = threading.Thread(target=self._pass_on, name=f"wandb_nb-{name}", daemon=True)
        self._thread.start()
        _taps.add(self)

    def close(self) -> None:
        """Put the old descriptor back, unless somebody else has put theirs there, and hear the rest.

        A subprocess that still lives keeps the way through this process; what it writes is passed on.
        """
        _flush(self._name)
        self._restore()
        self._thread.join(_READER_TAKES_AT_MOST_S)
        self._listener = None
        _taps.discard(self)

    def _restore(self) -> None:
        with contextlib.suppress(OSError):  # closed by the user
            if os.path.samestat(os.fstat(self._fd), self._ours):
                os.dup2(self._saved, self._fd)

    def _pass_on(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while data := self._receive():
            with contextlib.suppress(OSError):  # nobody is there any more to be shown it
                view = memoryview(data)
                while view:
                    view = view[os.write(self._saved, view) :]
            listener, text = self._listener, decoder.decode(data)
            if listener is not None and text:
                listener(self._name, text)
        os.close(self._read)
        os.close(self._saved)

    def _receive(self) -> bytes:
        try:
            return os.read(self._read, _READ_BYTES)
        except OSError:  # how a terminal says that nobody can write any more
            return b""

    def _after_fork(self) -> None:
        self._listener = None
        self._restore()


def on_descriptor(name: str) -> bool:
    """Tell whether what Python writes to this stream reaches its file descriptor."""
    try:
        return (
            bool(getattr(sys, name).fileno() == STREAMS[name])
            and "ipykernel" not in type(getattr(sys, name)).__module__
        )
    except (AttributeError, OSError, ValueError):  # a stream in memory, none at all, or a closed one
        return False


def _flush(name: str) -> None:
    """Write out what Python's and C's buffers hold."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        getattr(sys, name).flush()
    with contextlib.suppress(ImportError, AttributeError, OSError, TypeError):  # no such library on this system
        import ctypes  # some milliseconds, and only when redirecting

        ctypes.CDLL(None).fflush(None)


def _terminal(like: int) -> tuple[int, int]:
    """Return both ends of a new terminal that passes bytes unchanged and has the size of the terminal *like*."""
    import fcntl  # only where there are terminals
    import pty
    import termios
    import tty

    reading, writing = pty.openpty()
    tty.setraw(writing)
    with contextlib.suppress(OSError):
        fcntl.ioctl(writing, termios.TIOCSWINSZ, fcntl.ioctl(like, termios.TIOCGWINSZ, bytes(8)))
    return reading, writing


def stay() -> None:
    """See to it that every listener still hears; called before each cell of a notebook."""
    for tap in list(_taps):
        if isinstance(tap, StreamHook):
            tap.stay()


_taps: weakref.WeakSet[StreamHook | DescriptorHook] = weakref.WeakSet()


def _forked_child() -> None:
    for tap in list(_taps):
        tap._after_fork()  # noqa: SLF001 -- this module's own classes


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked_child)
