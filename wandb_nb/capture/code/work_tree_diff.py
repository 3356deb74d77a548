"""The uncommitted changes of a work tree, from the `git` program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wandb_nb.capture.machine import subprocess_fork_safe
from wandb_nb.errors import Error
from wandb_nb.store.format.layout import WORKSPACES

if TYPE_CHECKING:
    from pathlib import Path

NOT_SAVED = "logs/not_saved.json"
"""Path of what a run does not save of its work tree, below the run directory: `untracked` names, and an `error`."""
MAX_BYTES = 10 << 20
MAX_UNTRACKED = 1_000
_TIMEOUT_SECONDS = 30.0
# Runs no program of the user's configuration, takes no lock, and prompts for no password.
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "LC_ALL": "C"}
_IGNORED_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_DIFF_OPTS")
# The form that `git apply` reads, whatever the user's configuration.
_SETTINGS = (
    "core.fsmonitor=false",
    "core.quotePath=true",
    "diff.context=3",
    "diff.dstPrefix=b/",
    "diff.interHunkContext=0",
    "diff.mnemonicPrefix=false",
    "diff.noprefix=false",
    f"diff.orderFile={os.devnull}",
    "diff.relative=false",
    "diff.renames=false",
    "diff.srcPrefix=a/",
    "diff.suppressBlankEmpty=false",
    "diff.wsErrorHighlight=none",
)
_DIFF = (
    "diff",
    "--patch",
    "--binary",
    "--full-index",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--submodule=short",
    "--ignore-submodules=dirty",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)

_UNTRACKED = ("ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory", "-z")


class DiffError(Error):
    """The changes of a work tree cannot be determined; the message gives the reason."""


def against_commit(root: Path, max_bytes: int = MAX_BYTES) -> str:
    """Return the changes of tracked files since the checked-out commit, for `git apply`; empty without changes.

    Binary files are part of it. Bytes that are not UTF-8 are surrogate escapes.

    Raises:
        DiffError: There is no `git`, no commit, a broken repository, or a patch of more than *max_bytes* (part of a
            patch would be useless).
    """
    return _git(root, *_DIFF, "HEAD", max_bytes=max_bytes)


def against_upstream(root: Path, max_bytes: int = MAX_BYTES) -> tuple[str, str] | None:
    """Return the commit of the upstream branch and the changes since it; None without an upstream branch.

    None as well if that commit is checked out.

    Raises:
        DiffError: As for `against_commit`.
    """
    try:
        upstream = _git(root, "rev-parse", "--verify", "--quiet", "@{upstream}").strip()
        if upstream == _git(root, "rev-parse", "HEAD").strip():
            return None
    except DiffError:
        return None
    return upstream, _git(root, *_DIFF, upstream, max_bytes=max_bytes)


def untracked(root: Path) -> list[str]:
    """Return the files that Git neither has nor ignores, folders with a slash at the end; without those of runs.

    Raises:
        DiffError: There is no `git`, or a broken repository.
    """
    names = _git(root, *_UNTRACKED).split("\0")
    return [name for name in names if name and not set(WORKSPACES) & set(name.split("/"))][:MAX_UNTRACKED]


def _git(root: Path, *arguments: str, max_bytes: int = MAX_BYTES) -> str:
    import shutil
    import subprocess  # some milliseconds, and only in a background thread

    program = shutil.which("git")
    if program is None:
        raise DiffError("git is not installed")
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = [program, *settings, "-C", str(root), *arguments]
    environ = {name: value for name, value in os.environ.items() if name not in _IGNORED_VARIABLES} | _ENVIRONMENT
    try:
        result = subprocess_fork_safe.run(command, timeout_seconds=_TIMEOUT_SECONDS, environ=environ)
    except (OSError, subprocess.SubprocessError) as error:
        raise DiffError(f"git cannot be run: {error}") from error
    if result.returncode:
        lines = result.stderr.decode("utf-8", "replace").splitlines() or [f"exit code {result.returncode}"]
        raise DiffError(f"git reports: {lines[0]}")
    if len(result.stdout) > max_bytes:
        raise DiffError(f"the patch has {len(result.stdout)} bytes, more than the limit of {max_bytes}")
    return result.stdout.decode("utf-8", "surrogateescape")
