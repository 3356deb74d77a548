"""Runs other programs safely while the user's program forks.

A process forked while a pipe to a program is being set up inherits the pipe's write end and keeps it open: reading
the program's output would then wait for the end of that process, perhaps a training worker. So programs are started
under a lock that forks wait for, some milliseconds at most.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

_start_lock = threading.RLock()


@contextmanager
def no_fork() -> Iterator[None]:
    """Make every fork of this process wait for the end of the block, which must take milliseconds only."""
    with _start_lock:
        yield


def run(
    command: Sequence[str], *, timeout_seconds: float, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run *command* without input and return its result.

    Raises:
        OSError: It cannot be started.
        subprocess.TimeoutExpired: It takes longer than *timeout_seconds*.
    """
    import subprocess  # some milliseconds, and only in background threads

    with no_fork():
        process = subprocess.Popen(  # noqa: S603 -- our own command lines
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    try:
        output, errors = process.communicate(timeout=timeout_seconds)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_start_lock.acquire, after_in_parent=_start_lock.release, after_in_child=_start_lock.release
    )
