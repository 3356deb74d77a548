"""What the work tree of a repository has changed, asked of the `git` program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wandb_nb.capture.machine import subprocess_fork_safe
from wandb_nb.errors import Error

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 10 << 20
_TAKES_AT_MOST_S = 30.0
# No program of the user's configuration is run, nothing is locked, and nobody is asked for a password.
_QUIETLY = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat"}
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short")


class DiffError(Error):
    """The changes of a work tree could not be found out; the message says why."""


def against_commit(root: Path, largest: int = LARGEST_BYTES) -> str:
    """Return the changes of tracked files against the commit checked out; empty when there are none.

    Raises DiffError without `git`, in a repository without a commit or too broken to read, and when the changes
    have more than *largest* bytes, since part of a patch is of no use.
    """
    return _git(root, *_DIFF, "HEAD", largest=largest)


def against_upstream(root: Path, largest: int = LARGEST_BYTES) -> tuple[str, str] | None:
    """Return the commit of the branch that this one follows, and the changes against it; None where it follows none.

    None as well when that commit is the one checked out.  Raises DiffError as `against_commit` does.
    """
    try:
        upstream = _git(root, "rev-parse", "--verify", "--quiet", "@{upstream}").strip()
        if upstream == _git(root, "rev-parse", "HEAD").strip():
            return None
    except DiffError:
        return None
    return upstream, _git(root, *_DIFF, upstream, largest=largest)


def _git(root: Path, *arguments: str, largest: int = LARGEST_BYTES) -> str:
    import shutil
    import subprocess  # some milliseconds, and only in the thread that gathers files

    program = shutil.which("git")
    if program is None:
        raise DiffError("git is not installed here")
    command = [program, "-c", "core.fsmonitor=false", "-C", str(root), *arguments]
    try:
        done = subprocess_fork_safe.ask(command, timeout=_TAKES_AT_MOST_S, environ={**os.environ, **_QUIETLY})
    except (OSError, subprocess.SubprocessError) as error:
        raise DiffError(f"git cannot be run: {error}") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").splitlines() or [f"exit code {done.returncode}"]
        raise DiffError(f"git says: {lines[0]}")
    if len(done.stdout) > largest:
        raise DiffError(f"it has {len(done.stdout)} bytes, and at most {largest} are kept")
    return done.stdout.decode("utf-8", "replace")
