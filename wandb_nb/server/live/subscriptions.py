"""`Subscriptions`: open pages wait here for changes of their runs, so that they need not poll."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wandb_nb.server.storage.shared.run_changes import RunChange


class Subscriptions:
    """Notifies subscribers of changed runs. Any thread may publish; coroutines subscribe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: set[Subscription] = set()
        self._closed = False

    def publish(self, change: RunChange) -> None:
        """Notify subscribers of *change*, which was committed."""
        with self._lock:
            interested = [one for one in self._subscribers if one.covers(change)]
        for subscription in interested:
            subscription.notify(change.run)

    def refresh(self) -> None:
        """Wake all subscribers, because changes may have been missed."""
        with self._lock:
            subscribers = list(self._subscribers)
        for subscription in subscribers:
            subscription.notify()

    @contextmanager
    def subscribe(self, project: int, run: str | None = None) -> Iterator[Subscription]:
        """Open a subscription to all runs of the project with that id, or to the one named *run*."""
        subscription = Subscription(asyncio.get_running_loop(), project, run)
        with self._lock:
            self._subscribers.add(subscription)
            closed = self._closed
        if closed:
            subscription.end()
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
            subscription.end()


class Subscription:
    """Collects the names of changed runs until `wait` returns them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, project: int, run: str | None) -> None:
        self._loop, self._project, self._run = loop, project, run
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._ended = False

    def covers(self, change: RunChange) -> bool:
        """Whether this subscription is interested in *change*."""
        return change.project_id == self._project and self._run in {None, change.run}

    def notify(self, *changed: str) -> None:
        """Wake the subscriber; the runs *changed* have changed, or without them any may have. Thread-safe."""
        self._call(self._record, *changed)

    def end(self) -> None:
        """End the subscription. Thread-safe."""
        self._call(self._record_end)

    async def wait(self, seconds: float) -> set[str] | None:
        """Return the names of the runs that changed since the last call, waiting up to *seconds* for the first.

        Empty if none changed or any may have, None if the subscription has ended.
        """
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except asyncio.TimeoutError:
            return set()
        self._wake.clear()
        changed, self._changed = self._changed, set()
        return None if self._ended else changed

    def _call(self, record: Callable[..., None], *changed: str) -> None:
        try:
            self._loop.call_soon_threadsafe(record, *changed)
        except RuntimeError:  # the loop is closed, and with it the connection that waited
            self._ended = True

    def _record(self, *changed: str) -> None:
        self._changed.update(changed)
        self._wake.set()

    def _record_end(self) -> None:
        self._ended = True
        self._wake.set()
