"""Other programs, asked for what they know, without harm from a fork of the user's at the same moment.

A process that is forked while a pipe to a program is being set up inherits the pipe's writing end and keeps it open:
whoever waits for the program's last word then waits for the end of that process as well, a training worker perhaps.
So programs are started under a lock, which a fork waits for, some milliseconds at most.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

_starting = threading.RLock()


@contextmanager
def no_fork() -> Iterator[None]:
    """Have every fork of this process wait until the block has ended; for blocks that take milliseconds."""
    with _starting:
        yield


def ask(
    command: Sequence[str], *, timeout: float, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run *command*, which gets no input, and return its outcome.

    Raises OSError where it cannot be started, and `subprocess.TimeoutExpired` after *timeout* seconds.
    """
    import subprocess  # some milliseconds, and only in threads that gather

    with no_fork():
        process = subprocess.Popen(  # noqa: S603 -- our own command lines
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    try:
        output, errors = process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_starting.release)
