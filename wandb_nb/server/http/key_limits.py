"""`KeyLimits`: what one API key may request of this process, so that one program does not take it from all others.

A key has two budgets, which refill with time: requests, and processor time of its GraphQL queries. They are in memory:
counting each post in the database would cost more than the post, so each server process counts for itself.
"""

from __future__ import annotations

import math
import threading
import time
from typing import NamedTuple

from wandb_nb.lru import LRUDict
from wandb_nb.server.storage.storage_errors import TooManyRequestsError

_MAX_KEYS = 10_000


class Rate(NamedTuple):
    """*per_second* in the long run, and *burst* more for a short time."""

    per_second: float
    burst: float


REQUESTS = Rate(300, 3_000)
QUERY_SECONDS = Rate(0.5, 60)  # of a processor: the other half is for posts and pages


class KeyLimits:
    """Counts by the *login* of a key. Thread-safe."""

    def __init__(self, requests: Rate = REQUESTS, query_seconds: Rate = QUERY_SECONDS) -> None:
        self._requests, self._seconds = _Budgets(requests), _Budgets(query_seconds)

    def count_request(self, login: str) -> None:
        """Count a request.

        Raises:
            TooManyRequestsError: The key has sent too many.

        """
        if wait := self._requests.spend(login, 1):
            raise TooManyRequestsError("this key sends too many requests", wait)

    def check_queries(self, login: str) -> None:
        """Refuse a query of a key whose queries have taken too long.

        Raises:
            TooManyRequestsError: They have.

        """
        if wait := self._seconds.wait_seconds(login):
            raise TooManyRequestsError("the queries of this key take too much time", wait)

    def spend_query(self, login: str, seconds: float) -> None:
        """Count *seconds* of a processor that a query took."""
        self._seconds.spend(login, seconds, is_done=True)


class _Budgets:
    """What is left to each key: at most the burst, less than nothing after an expensive query."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._left: LRUDict[str, tuple[float, float]] = LRUDict(_MAX_KEYS)

    def spend(self, login: str, amount: float, *, is_done: bool = False) -> int:
        """Take *amount*, if it is there or the work *is_done*; return after how many seconds it will be, 0 for now."""
        with self._lock:
            left, now = self._refilled(login)
            if left >= amount or is_done:
                self._left[login] = (left - amount, now)
                return 0
        return math.ceil((amount - left) / self._rate.per_second)

    def wait_seconds(self, login: str) -> int:
        """Return after how many seconds something is left; 0 for now."""
        with self._lock:
            left, _ = self._refilled(login)
        return 0 if left > 0 else math.floor(-left / self._rate.per_second) + 1

    def _refilled(self, login: str) -> tuple[float, float]:
        now = time.monotonic()
        left, then = self._left.get(login, (self._rate.burst, now))
        return min(self._rate.burst, left + (now - then) * self._rate.per_second), now
