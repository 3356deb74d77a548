"""Which fits are running: a fit inside another, as in a search or a pipeline, is a part of that one."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ANOTHER_THREAD = "another thread"


class _Running(threading.local):
    """The libraries of the fits that run in a thread, outermost first."""

    def __init__(self) -> None:
        self.libraries: list[str] = []


_running = _Running()
_fitting_threads: list[threading.Thread] = []


@contextmanager
def fit_of(library: str) -> Iterator[None]:
    """Run the block as a fit of *library*."""
    thread = threading.current_thread()
    _fitting_threads.append(thread)
    _running.libraries.append(library)
    try:
        yield
    finally:
        _running.libraries.pop()
        _fitting_threads.remove(thread)


def enclosing_fit() -> str | None:
    """Return the library of the fit that this code runs in; `ANOTHER_THREAD` in a thread that a fit has started.

    joblib starts the threads of a parallel fit as `multiprocessing.dummy` does, which names the thread they are from.
    """
    if _running.libraries:
        return _running.libraries[-1]
    starter = getattr(threading.current_thread(), "_parent", None)
    return ANOTHER_THREAD if starter in _fitting_threads else None
