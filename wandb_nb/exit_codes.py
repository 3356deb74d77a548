"""Exit codes, and the state of a run that ended with one. Imports nothing."""

from __future__ import annotations

FAILED = 1
INTERRUPTED = 130
"""What a shell reports for a process that Ctrl-C ended: 128 plus the number of SIGINT."""
KILLED = (137, 143)
"""The same for SIGKILL and SIGTERM, which schedulers and containers send."""


def state_of(exit_code: int) -> str:
    """Return "finished", "interrupted", "killed" or "failed"."""
    if exit_code == 0:
        return "finished"
    if exit_code in KILLED:
        return "killed"
    return "interrupted" if exit_code == INTERRUPTED else "failed"


def code_of(error: BaseException | None) -> int:
    """Return the exit code of a process or cell that *error* ended; None stands for success."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, SystemExit):
        return of_system_exit(error.code)
    if error is None or isinstance(error, GeneratorExit):  # a generator that is closed early ends well
        return 0
    return FAILED


def of_system_exit(status: object) -> int:
    """Return the exit code of `sys.exit(status)`: a text is printed and means 1."""
    if status is None:
        return 0
    return int(status) & 0xFF if isinstance(status, int) else FAILED
