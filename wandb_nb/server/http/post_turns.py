"""`PostTurns`: changes wait for the database's one writer in turns, so that no project's posts delay all others."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

from wandb_nb.server.http.page_pool import take_turn
from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable

MAX_PER_PROJECT = 1  # the threads of several would spend a third of their time on waiting for the interpreter
MAX_PER_USER = 8
MAX_WAITING = 200  # of one project or user; their bodies are in memory


class PostTurns:
    """Lets few changes of a project, and of a user, be under way at a time. Use it in one event loop."""

    def __init__(self) -> None:
        self._limiters: dict[Hashable, CapacityLimiter] = {}
        self._counts: dict[Hashable, int] = {}

    @asynccontextmanager
    async def turn(self, user_id: int, project: tuple[str, str] | None = None) -> AsyncIterator[None]:
        """Wait for a turn of *user_id*, and of the user's *project* if the change is a post to one.

        A project counts for each user: who may not write there must not delay those who may.

        Raises:
            BusyError: Too many are waiting, or the turn does not come in time.

        """
        if project is None:
            async with self._limited(user_id, MAX_PER_USER):
                yield
        else:
            async with self._limited((user_id, project), MAX_PER_PROJECT), self._limited(user_id, MAX_PER_USER):
                yield

    def waiting(self, user_id: int, project: tuple[str, str]) -> int:
        """Return how many posts of the user to *project* wait or are under way."""
        return self._counts.get((user_id, project), 0)

    @asynccontextmanager
    async def _limited(self, key: Hashable, limit: int) -> AsyncIterator[None]:
        if self._counts.get(key, 0) >= MAX_WAITING:
            raise BusyError("you have too many requests at this server; try again in a moment")
        self._counts[key] = self._counts.get(key, 0) + 1
        limiter = self._limiters.setdefault(key, CapacityLimiter(limit))
        try:
            async with take_turn(limiter, "your other requests"):
                yield
        finally:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key], self._limiters[key]
