"""`PagePool`: pages and queries run in a few threads of their own, so that posts of runs never wait for them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, WouldBlock, fail_after
from anyio.to_thread import run_sync

from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

T = TypeVar("T")

MAX_PAGES, MAX_HEAVY_PAGES = 8, 2
MAX_PAGES_PER_USER, MAX_HEAVY_PAGES_PER_USER = 4, 1
MAX_WAITING_PER_USER = 100
MAX_WAIT_SECONDS = 30.0


class PagePool:
    """Runs at most *limit* functions at a time, and *limit_per_user* of one user; others wait, but not for long.

    Use it in one event loop.
    """

    def __init__(self, limit: int = MAX_PAGES, limit_per_user: int = MAX_PAGES_PER_USER) -> None:
        self._limit, self._limit_per_user = limit, limit_per_user
        self._all: CapacityLimiter | None = None  # made in the event loop
        self._of_user: dict[int, CapacityLimiter] = {}
        self._waiting: dict[int, int] = {}

    async def run(self, user_id: int, function: Callable[..., T], *arguments: object) -> T:
        """Return what *function* returns for *arguments*; it runs in a thread.

        Raises:
            BusyError: This user has too many requests, or none of the threads becomes free in time.

        """
        if self._waiting.get(user_id, 0) >= MAX_WAITING_PER_USER:
            raise BusyError("you have too many requests at this server; try again in a moment")
        self._waiting[user_id] = self._waiting.get(user_id, 0) + 1
        of_user = self._of_user.setdefault(user_id, CapacityLimiter(self._limit_per_user))
        self._all = self._all or CapacityLimiter(self._limit)
        try:
            async with take_turn(of_user, "your other requests"), take_turn(self._all, "other requests"):
                return await run_sync(partial(function, *arguments), limiter=CapacityLimiter(1))
        finally:
            self._waiting[user_id] -= 1
            if not self._waiting[user_id]:
                del self._waiting[user_id], self._of_user[user_id]


@asynccontextmanager
async def take_turn(limiter: CapacityLimiter, others: str) -> AsyncIterator[None]:
    """Hold one of the places of *limiter* inside `async with`.

    Raises:
        BusyError: *others* have all of them for too long.

    """
    borrower = object()
    try:
        limiter.acquire_on_behalf_of_nowait(borrower)
    except WouldBlock:
        await _wait_for_turn(limiter, borrower, others)
    try:
        yield
    finally:
        limiter.release_on_behalf_of(borrower)


async def _wait_for_turn(limiter: CapacityLimiter, borrower: object, others: str) -> None:
    try:
        with fail_after(MAX_WAIT_SECONDS):
            await limiter.acquire_on_behalf_of(borrower)
    except TimeoutError as error:
        raise BusyError(f"the server is busy with {others}; try again in a moment") from error
