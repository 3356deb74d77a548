"""The background processes of a test."""

from __future__ import annotations

import sys

import psutil


def services() -> list[psutil.Process]:
    """Return the background processes of this test's process."""
    return [child for child in psutil.Process().children() if _serves(child)]


def _serves(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.cmdline()[:2] == [sys.executable, "-c"]
    except psutil.Error:
        return False


def end_services() -> None:
    """End the background processes of this test's process."""
    for service in services():
        service.kill()
        service.wait()
