"""Hooks that copy what is written to stdout and stderr.

A `StreamHook` receives what Python code writes to a stream object, a `DescriptorHook` everything that reaches a file
descriptor, also from C code and subprocesses. The stream objects are not replaced, so output through other references
to them (logging handlers, the kernel) is captured as well.
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

    Listener = Callable[[str, str], None]  # gets "stdout" or "stderr" and the text; must not raise or block

STREAMS = {"stdout": 1, "stderr": 2}
_READ_BYTES = 1 << 16
_READER_TIMEOUT_SECONDS = 1.0


class StreamHook:
    """Replaces the `write` of one stream object, and calls the original first. Use `listen`."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name = stream, name
        self._listeners: tuple[Listener, ...] = ()
        self._was_called = False
        self._install()
        _hooks.add(self)

    def __call__(self, text: str) -> Any:
        """Write *text*, then call the listeners. The stream's result or exception reaches the caller."""
        self._was_called = True
        result = self._write(text)
        for listener in self._listeners:
            listener(self._name, text)
        return result

    @classmethod
    def listen(cls, name: str, listener: Listener) -> Callable[[], None]:
        """Call *listener* for everything written to the present `sys.stdout` or `sys.stderr`; return what removes it.

        Raises:
            AttributeError: The stream's `write` cannot be replaced.
            TypeError: The stream's `write` cannot be replaced.
        """
        stream = getattr(sys, name)
        hook = vars(stream).get("write")
        if not isinstance(hook, cls):
            hook = cls(stream, name)
        elif hook._name != name and listener in hook._listeners:  # one object is both streams
            return lambda: None
        hook._listeners = (*hook._listeners, listener)
        return lambda: hook._remove(listener)

    def reinstall(self) -> None:
        """Install the hook again if the stream's own `write` was restored, as IPython does after each cell."""
        self._was_called = False
        if self._listeners:
            self._stream.write("")  # reaches this hook through any wrapper around it
            if not self._was_called:
                self._install()

    def _install(self) -> None:
        self._previous = vars(self._stream).get("write")
        self._write = self._stream.write
        self._stream.write = self

    def _remove(self, listener: Listener) -> None:
        self._listeners = tuple(other for other in self._listeners if other != listener)
        if not self._listeners and vars(self._stream).get("write") is self:  # else other code has wrapped it
            if self._previous is None:
                del self._stream.write
            else:
                self._stream.write = self._previous

    def _after_fork(self) -> None:
        self._listeners = ()


class DescriptorHook:
    """Receives what this process and its subprocesses write to the file descriptor of the stream *name*.

    A reader thread forwards everything to the original target. If that is a terminal, the replacement is a terminal of
    the same size, so that colours and progress bars stay. Forked Python children write to the original directly.
    """

    def __init__(self, name: str, listener: Listener) -> None:
        self._name, self._fd = name, STREAMS[name]
        self._listener: Listener | None = listener
        _flush(name)
        self._original = os.dup(self._fd)
        self._read_end, write_end = _terminal(self._original) if os.isatty(self._original) else os.pipe()
        self._thread = threading.Thread(target=self._forward, name=f"wandb_nb-{name}", daemon=True)
        self._thread.start()  # fails where the system allows no more threads: before anything is replaced
        os.dup2(write_end, self._fd)
        os.close(write_end)
        self._replacement = os.fstat(self._fd)
        _hooks.add(self)

    def close(self) -> None:
        """Restore the original descriptor, unless other code has replaced it since, and read the rest.

        The output of a subprocess that still runs continues to be forwarded.
        """
        _flush(self._name)
        self._restore()
        self._thread.join(_READER_TIMEOUT_SECONDS)
        self._listener = None
        _hooks.discard(self)

    def _restore(self) -> None:
        with contextlib.suppress(OSError):  # closed by the program
            if os.path.samestat(os.fstat(self._fd), self._replacement):
                os.dup2(self._original, self._fd)

    def _forward(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while data := self._receive():
            with contextlib.suppress(OSError):  # the original target is closed
                view = memoryview(data)
                while view:
                    view = view[os.write(self._original, view) :]
            listener, text = self._listener, decoder.decode(data)
            if listener is not None and text:
                listener(self._name, text)
        os.close(self._read_end)
        os.close(self._original)

    def _receive(self) -> bytes:
        try:
            return os.read(self._read_end, _READ_BYTES)
        except OSError:  # a terminal reports its closed other end like this
            return b""

    def _after_fork(self) -> None:
        self._listener = None
        self._restore()


def on_descriptor(name: str) -> bool:
    """Return whether Python's output to this stream reaches its file descriptor."""
    try:
        return (
            bool(getattr(sys, name).fileno() == STREAMS[name])
            and "ipykernel" not in type(getattr(sys, name)).__module__
        )
    except (AttributeError, OSError, ValueError):  # in memory, missing, or closed
        return False


def _flush(name: str) -> None:
    """Flush the buffers of Python and C."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        getattr(sys, name).flush()
    with contextlib.suppress(ImportError, AttributeError, OSError, TypeError):  # no C library to load on this system
        import ctypes  # some milliseconds, and only when redirecting

        ctypes.CDLL(None).fflush(None)


def _terminal(like: int) -> tuple[int, int]:
    """Return both ends of a new raw terminal with the size of the terminal *like*."""
    import fcntl  # only where there are terminals
    import pty
    import termios
    import tty

    read_end, write_end = pty.openpty()
    tty.setraw(write_end)
    with contextlib.suppress(OSError):
        fcntl.ioctl(write_end, termios.TIOCSWINSZ, fcntl.ioctl(like, termios.TIOCGWINSZ, bytes(8)))
    return read_end, write_end


def reinstall() -> None:
    """Install every stream hook again that was displaced; called before each cell of a notebook."""
    for hook in list(_hooks):
        if isinstance(hook, StreamHook):
            hook.reinstall()


_hooks: weakref.WeakSet[StreamHook | DescriptorHook] = weakref.WeakSet()


def _remove_in_child() -> None:
    for hook in list(_hooks):
        hook._after_fork()  # noqa: SLF001 -- this module's own classes


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_remove_in_child)
