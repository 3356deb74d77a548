"""`Subscriptions`: open pages wait here for their runs to change, so that none of them has to ask again and again."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Subscriptions:
    """Passes news of runs on to those who follow them. Any thread may tell; following is for coroutines."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._followers: set[Subscription] = set()
        self._closed = False

    def tell(self, run: Any) -> None:
        """Say that *run*, a row of the table of runs, has changed, once the change is committed."""
        with self._lock:
            followers = [one for one in self._followers if one.follows(run)]
        for follower in followers:
            follower.tell(run.name)

    @contextmanager
    def follow(self, project: int, run: str | None = None) -> Iterator[Subscription]:
        """Give a follower of all runs of the project with that number, or of the one that has the id *run*."""
        follower = Subscription(asyncio.get_running_loop(), project, run)
        with self._lock:
            self._followers.add(follower)
            closed = self._closed
        if closed:
            follower.tell(None)
        try:
            yield follower
        finally:
            with self._lock:
                self._followers.discard(follower)

    def close(self) -> None:
        """Let all followers go: the server ends."""
        with self._lock:
            self._closed = True
            followers = list(self._followers)
        for follower in followers:
            follower.tell(None)


class Subscription:
    """Collects which runs have changed until somebody asks."""

    def __init__(self, loop: asyncio.AbstractEventLoop, project: int, run: str | None) -> None:
        self._loop, self._project, self._run = loop, project, run
        self._changed: set[str] = set()
        self._awake = asyncio.Event()
        self._ended = False

    def follows(self, run: Any) -> bool:
        """Whether a change of *run* is news here."""
        return run.project_id == self._project and self._run in {None, run.name}

    def tell(self, run: str | None) -> None:
        """Take note that *run* has changed; None: nothing will follow. Any thread may call."""
        try:
            self._loop.call_soon_threadsafe(self._note, run)
        except RuntimeError:  # the loop is closed, and with it the connection that waited
            self._ended = True

    async def changed(self, seconds: float) -> set[str] | None:
        """Return the ids of the runs that have changed since the last call, waiting *seconds* for the first one.

        Empty when there was none, None when nothing will follow.
        """
        try:
            await asyncio.wait_for(self._awake.wait(), seconds)
        except asyncio.TimeoutError:
            return set()
        self._awake.clear()
        changed, self._changed = self._changed, set()
        return None if self._ended else changed

    def _note(self, run: str | None) -> None:
        if run is None:
            self._ended = True
        else:
            self._changed.add(run)
        self._awake.set()
