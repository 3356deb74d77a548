"""Waiting in tests: poll with a deadline, never sleep and hope."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

T = TypeVar("T")


def scaled(seconds: float) -> float:
    """Return *seconds* scaled by the machine's load per core, at least once."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def set_timeouts(page: Page, seconds: float = 20.0) -> None:
    """Make *page* and all `expect()` wait up to *seconds*, scaled, for what a test is about to see."""
    from playwright.sync_api import expect

    page.set_default_timeout(scaled(seconds) * 1000)
    expect.set_options(timeout=scaled(seconds) * 1000)


def until(condition: Callable[[], T], what: str = "the condition", seconds: float = 60.0) -> T:
    """Return the value of *condition* as soon as it is true; fail after *seconds*, scaled, naming *what*."""
    start = time.monotonic()
    while time.monotonic() - start < scaled(seconds):
        if answer := condition():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {scaled(seconds):.0f} s")
