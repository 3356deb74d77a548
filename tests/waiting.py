"""Waiting in tests: poll with a deadline, never sleep and hope."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def until(condition: Callable[[], T], what: str = "what was waited for", seconds: float = 60.0) -> T:
    """Return what *condition* gives as soon as it is true; fail after *seconds*, saying that *what* did not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")
