"""`LoginLimit`: slows down those who try keys at the login page."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import deque

from wandb_nb.lru import LRUDict

MAX_FAILURES = 10
WINDOW_SECONDS = 60.0
_MAX_SOURCES = 10_000


class LoginLimit:
    """Counts failed logins of each address and with each key: at most `MAX_FAILURES` in a minute. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: LRUDict[str, deque[float]] = LRUDict(_MAX_SOURCES)

    def wait_seconds(self, address: str, key: str) -> int:
        """Return after how many seconds *address* may try *key*; 0 for now."""
        now = time.monotonic()
        with self._lock:
            failures = [self._failures.get(source, deque()) for source in _sources(address, key)]
        ends = [times[0] + WINDOW_SECONDS for times in failures if len(times) >= MAX_FAILURES]
        return max(0, math.ceil(max(ends, default=now) - now))

    def add_failure(self, address: str, key: str) -> None:
        """Count a failed login."""
        with self._lock:
            for source in _sources(address, key):
                times = self._failures.get(source) or deque(maxlen=MAX_FAILURES)
                times.append(time.monotonic())
                self._failures[source] = times


def _sources(address: str, key: str) -> tuple[str, str]:
    return f"address {address}", f"key {hashlib.sha256(key.encode()).hexdigest()}"
