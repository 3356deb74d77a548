"""Reading git repositories made by the real program."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from wandb_nb.capture.code import git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git makes the repositories")


def run_git(folder: Path, *arguments: str) -> str:
    """Run git in *folder* with its own identity and return what it prints."""
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run([*command, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository with one commit and a remote whose address contains a password."""
    folder = tmp_path / "repository"
    (folder / "deep").mkdir(parents=True)
    run_git(folder, "init")
    run_git(folder, "commit", "--allow-empty", "-m", "first")
    run_git(folder, "remote", "add", "origin", "https://user:secret@example.org/a/b.git")
    return folder


def test_a_repository_is_read_from_any_folder_in_it(repository: Path) -> None:
    """Commit, branch, root and remote equal git's own, the remote without its password."""
    state = git.read(repository / "deep")
    assert state == git.GitState(
        repository, run_git(repository, "rev-parse", "HEAD"), "main", "https://example.org/a/b.git"
    )


def test_packed_references_and_a_detached_head(repository: Path) -> None:
    """References packed into one file are found, and a detached head has a commit but no branch."""
    commit = run_git(repository, "rev-parse", "HEAD")
    run_git(repository, "pack-refs", "--all")
    packed = git.read(repository)
    run_git(repository, "checkout", "--detach")
    detached = git.read(repository)
    assert packed is not None
    assert detached is not None
    assert (packed.commit, packed.branch, detached.commit, detached.branch) == (commit, "main", commit, None)


def test_a_linked_work_tree(repository: Path, tmp_path: Path) -> None:
    """A linked work tree has its own branch and the common remote."""
    run_git(repository, "worktree", "add", str(tmp_path / "linked"), "-b", "other")
    state = git.read(tmp_path / "linked")
    assert state is not None
    assert (state.root, state.branch, state.remote) == (tmp_path / "linked", "other", "https://example.org/a/b.git")
    assert state.commit == run_git(repository, "rev-parse", "other")


def test_outside_and_empty(tmp_path: Path) -> None:
    """Outside a repository there is nothing; before the first commit there is a branch but no commit."""
    assert git.read(tmp_path) is None
    run_git(tmp_path, "init")
    assert git.read(tmp_path) == git.GitState(tmp_path, None, "main", None)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://token@host/a", "https://host/a"),
        ("https://u:p@ss@host/a@b", "https://host/a@b"),
        ("git@host:a/b.git", "git@host:a/b.git"),
        ("ssh://git@host/a", "ssh://host/a"),
        ("/srv/a", "/srv/a"),
    ],
)
def test_credentials_are_removed(url: str, clean: str) -> None:
    """User, password and token of an address with a scheme are removed."""
    assert git.without_credentials(url) == clean
