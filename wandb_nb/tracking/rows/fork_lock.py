"""Forks only between rows, so that neither process inherits half a row or a lock that nobody releases."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from threading import RLock


class ForkLocked(Protocol):
    """An object whose *lock* is held while the process forks."""

    lock: RLock

    def after_fork(self, *, child: bool) -> None:
        """Continue in the parent or the *child*; the lock is still held."""


_live: weakref.WeakSet[ForkLocked] = weakref.WeakSet()
_locked: list[ForkLocked] = []


def lock_at_fork(locked: ForkLocked) -> None:
    """Hold the lock of *locked* during every fork of the process, as long as it lives."""
    _live.add(locked)


def _before_fork() -> None:
    _locked[:] = list(_live)
    for locked in _locked:
        locked.lock.acquire()


def _after_fork(*, child: bool) -> None:
    for locked in _locked:
        locked.after_fork(child=child)
        locked.lock.release()
    _locked.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(child=False),
        after_in_child=lambda: _after_fork(child=True),
    )
