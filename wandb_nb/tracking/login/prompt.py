"""A prompt with hidden input, with a time limit if wanted."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class _TimeUp(BaseException):
    """The time to answer is over. Not an Exception: a kernel that waits for input catches those and continues."""


def ask_hidden(question: str, timeout: float | None = None) -> str | None:
    """Return the user's hidden input, or None for no answer within *timeout* seconds.

    In a notebook the kernel shows the box under the cell. End of input also means no answer. Check
    `host.interactive_input_possible()` first.

    Raises:
        UsageError: A timeout is given outside the main thread, or on a system without timers.

    """
    from getpass import getpass  # a kernel replaces it, so it is looked up at each call

    try:
        with _time_limit(timeout):
            return getpass(question)
    except (_TimeUp, EOFError):
        return None


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    if not seconds:
        yield
        return
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        raise UsageError("a time limit for the key works in the main thread only; call login() without timeout")

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _TimeUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
