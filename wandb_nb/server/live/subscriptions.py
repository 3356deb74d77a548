"""`Subscriptions`: open pages wait here for changes of their runs, so that they need not poll."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Subscriptions:
    """Notifies subscribers of changed runs. Any thread may publish; coroutines subscribe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: set[Subscription] = set()
        self._closed = False

    def publish(self, run: Any) -> None:
        """Notify subscribers that *run*, a row of the table of runs, has changed; call it after the commit."""
        with self._lock:
            interested = [one for one in self._subscribers if one.covers(run)]
        for subscription in interested:
            subscription.notify(run.name)

    @contextmanager
    def subscribe(self, project: int, run: str | None = None) -> Iterator[Subscription]:
        """Open a subscription to all runs of the project with that id, or to the one named *run*."""
        subscription = Subscription(asyncio.get_running_loop(), project, run)
        with self._lock:
            self._subscribers.add(subscription)
            closed = self._closed
        if closed:
            subscription.notify(None)
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscribers.discard(subscription)

    def close(self) -> None:
        """End all subscriptions because the server ends."""
        with self._lock:
            self._closed = True
            subscribers = list(self._subscribers)
        for subscription in subscribers:
            subscription.notify(None)


class Subscription:
    """Collects the names of changed runs until `wait` returns them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, project: int, run: str | None) -> None:
        self._loop, self._project, self._run = loop, project, run
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._ended = False

    def covers(self, run: Any) -> bool:
        """Whether this subscription is interested in *run*."""
        return run.project_id == self._project and self._run in {None, run.name}

    def notify(self, run: str | None) -> None:
        """Record a change of *run*; None ends the subscription. Thread-safe."""
        try:
            self._loop.call_soon_threadsafe(self._record, run)
        except RuntimeError:  # the loop is closed, and with it the connection that waited
            self._ended = True

    async def wait(self, seconds: float) -> set[str] | None:
        """Return the names of the runs that changed since the last call, waiting up to *seconds* for the first.

        Empty if none changed, None if the subscription has ended.
        """
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except asyncio.TimeoutError:
            return set()
        self._wake.clear()
        changed, self._changed = self._changed, set()
        return None if self._ended else changed

    def _record(self, run: str | None) -> None:
        if run is None:
            self._ended = True
        else:
            self._changed.add(run)
        self._wake.set()
