"""A commit as a new Git work tree, cloned from a repository of this machine, with a saved patch applied.

Git runs without any configuration but that of the new clone, so that no hook, filter or other program is started, and
it may only read repositories of this machine. It refuses patches that lead out of the work tree, by name or by link.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from wandb_nb.capture.code import git
from wandb_nb.capture.machine import subprocess_fork_safe
from wandb_nb.errors import Error
from wandb_nb.formatting import clean
from wandb_nb.surroundings import is_file
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT_SECONDS = 600.0
_MAX_CONFIG_BYTES = 1 << 20
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "file",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": os.devnull,
    "LC_ALL": "C",
    "XDG_CONFIG_HOME": os.devnull,
}
_SETTINGS = ("advice.detachedHead=false", f"core.hooksPath={os.devnull}", "core.fsmonitor=false", "gc.auto=0")
_UNSAFE_CONFIG = re.compile(r"promisor|partialclone|\[\s*include", re.IGNORECASE)
_PUBLIC_REMOTE = re.compile(r"(?:https?|ssh|git)://[^\s\x00-\x1f]+|[\w.-]+@[\w.-]+:[^\s\x00-\x1f]+")


class WorkTreeError(Error):
    """The work tree cannot be made; the message gives the reason."""


def repository_at(folder: Path) -> Path | None:
    """Return the root of the repository that contains *folder*; None if there is none that can safely be cloned.

    One that gets missing objects elsewhere, or whose configuration includes other files, is left to the user.
    """
    state = git.read(folder) if folder.is_absolute() else None
    if state is None:
        return None
    config = state.root / ".git" / "config"
    if not is_file(config):  # a linked work tree
        return state.root
    try:
        text = read_file(config, _MAX_CONFIG_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    return None if _UNSAFE_CONFIG.search(text) else state.root


def check_out(repository: Path, commit: str, remote: str, target: Path) -> None:
    """Make the new folder *target* a work tree of *commit*, cloned from *repository*, with *remote* as its origin.

    Raises:
        WorkTreeError: There is no `git`, or *repository* does not have the commit.

    """
    try:
        _git("clone", "--quiet", "--local", "--no-checkout", "--template=", "--", str(repository), str(target))
        _git("-C", str(target), "checkout", "--quiet", "--detach", commit, "--")
        address = ("set-url", "origin", remote) if _PUBLIC_REMOTE.fullmatch(remote) else ("remove", "origin")
        _git("-C", str(target), "remote", *address)
    except WorkTreeError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def apply_patch(work_tree: Path, patch: Path) -> None:
    """Apply the changes in the file *patch* to *work_tree*, all of them or none.

    Raises:
        WorkTreeError: They do not apply, or lead out of the work tree.

    """
    _git("-C", str(work_tree), "apply", "--whitespace=nowarn", "--", str(patch.absolute()))


def _git(*arguments: str) -> None:
    import subprocess  # only where a run is laid out

    program = shutil.which("git")
    if program is None:
        raise WorkTreeError("git is not installed")
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _ENVIRONMENT
    try:
        result = subprocess_fork_safe.run(
            [program, *settings, *arguments], timeout_seconds=_TIMEOUT_SECONDS, environ=environ
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise WorkTreeError(f"git cannot be run: {error}") from error
    if result.returncode:
        lines = result.stderr.decode("utf-8", "replace").splitlines() or [f"exit code {result.returncode}"]
        raise WorkTreeError(f"git reports: {clean(lines[0], 200)}")
