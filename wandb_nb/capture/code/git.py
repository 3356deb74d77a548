"""The state of a Git repository, read from its files.

Reading `HEAD`, a ref and `config` takes well under a millisecond, works without an installed `git`, and cannot prompt
for a password.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.surroundings import is_directory, is_file
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_CREDENTIALS = re.compile(r"^(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^/]*@")
_MAX_REF_HOPS = 5
_MAX_BYTES = 64 << 20  # packed refs of the largest repositories have some ten megabytes


class GitState(NamedTuple):
    """A work tree: its root folder, commit, branch and remote (without credentials)."""

    root: Path
    commit: str | None
    branch: str | None
    remote: str | None


def read(folder: Path, remote_name: str = "origin") -> GitState | None:
    """Return the state of the repository that contains *folder*; None outside one, or if it cannot be read."""
    try:
        location = _find(folder)
        if location is None:
            return None
        root, git_dir = location
        common = _common_dir(git_dir)
        commit, branch = _head(git_dir, common)
        return GitState(root, commit, branch, _remote(common, remote_name))
    except OSError:
        return None


def without_credentials(url: str) -> str:
    """Return *url* without user name, password and token; `git@host:path` keeps its user, which is not a secret."""
    return _CREDENTIALS.sub(lambda match: match["scheme"], url)


def _read(path: Path) -> str:
    """Return the text of one of Git's files, which Git itself may link; the repository may be somebody else's."""
    return read_file(path, _MAX_BYTES, follow_links=True).decode("utf-8", "replace")


def _find(folder: Path) -> tuple[Path, Path] | None:
    folder = folder.absolute()
    for root in (folder, *folder.parents):
        marker = root / ".git"
        if is_directory(marker):
            return root, marker
        if is_file(marker):  # a linked work tree or a submodule
            text = _read(marker).strip()
            if text.startswith("gitdir:"):
                return root, root / text[len("gitdir:") :].strip()
    return None


def _common_dir(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    return git_dir / _read(pointer).strip() if is_file(pointer) else git_dir


def _head(git_dir: Path, common: Path) -> tuple[str | None, str | None]:
    """Return commit and branch; a branch without a commit yet gives `(None, branch)`."""
    text = _read(git_dir / "HEAD").strip()
    branch = text[len("ref: refs/heads/") :] if text.startswith("ref: refs/heads/") else None
    for _ in range(_MAX_REF_HOPS):
        if not text.startswith("ref:"):
            return (text if _COMMIT.fullmatch(text) else None), branch
        text = _ref(text[len("ref:") :].strip(), git_dir, common)
    return None, branch


def _ref(name: str, git_dir: Path, common: Path) -> str:
    for folder in (git_dir, common):
        path = folder / name
        if is_file(path):
            return _read(path).strip()
    packed = common / "packed-refs"
    if is_file(packed):
        for line in _read(packed).splitlines():
            commit, _, ref = line.partition(" ")
            if ref == name:
                return commit
    return ""


def _remote(common: Path, name: str) -> str | None:
    """Return the address of remote *name* from the repository's own config file."""
    path = common / "config"
    if not is_file(path):
        return None
    in_section = False
    for raw in _read(path).splitlines():
        line = raw.strip()
        if line.startswith("["):
            in_section = line == f'[remote "{name}"]'
            continue
        key, _, value = line.partition("=")
        if in_section and key.strip().lower() == "url":
            return without_credentials(value.strip().strip('"'))
    return None
