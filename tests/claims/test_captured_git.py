"""[I2] Git: recorded data about the script's repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from claimed import run

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "import wandb_nb as wandb\nwandb.init(save_code=True).log({'a': 1})\n"


def git(folder: Path, *words: str) -> str:
    """Run git in *folder*; return its output."""
    names = ["-c", "user.name=n", "-c", "user.email=n@example.invalid"]
    done = subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository one commit ahead of its upstream, with an uncommitted change."""
    top = tmp_path / "repository"
    (top / "pack").mkdir(parents=True)
    (top / "pack/__init__.py").touch()
    (top / "pack/train.py").write_text(SOURCE, "utf-8")
    (top / "notes.txt").write_text("one\n", "utf-8")
    (top / ".gitignore").write_text("wandb/\n__pycache__/\n", "utf-8")
    git(tmp_path, "init", "-q", "--bare", "upstream")
    git(top, "init", "-q", "-b", "trunk")
    git(top, "remote", "add", "origin", "../upstream")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "first")
    git(top, "push", "-q", "-u", "origin", "trunk")
    (top / "notes.txt").write_text("two\n", "utf-8")
    git(top, "commit", "-q", "-a", "-m", "second")
    (top / "notes.txt").write_text("three\n", "utf-8")
    git(top, "remote", "set-url", "origin", "https://me:pass-word-1@example.invalid/r.git")
    return top


def start(folder: Path, *words: str, **variables: str) -> tuple[dict[str, Any], Path, str]:
    """Run Python with *words* in *folder*; return metadata, files and stderr."""
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env={**os.environ, **variables},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = folder / "wandb/latest-run/files"
    return json.loads((files / "wandb-metadata.json").read_text()), files, done.stderr


def test_a_module_of_a_repository(repository: Path) -> None:
    """Commit, branch, remote without its password, both diffs, module and code path are recorded."""
    metadata, files, printed = start(repository, "-m", "pack.train", "--lr", "0.1")
    assert metadata["git"] == {
        "commit": git(repository, "rev-parse", "HEAD"),
        "branch": "trunk",
        "remote": "https://example.invalid/r.git",
    }
    assert (metadata["program"], metadata["args"], metadata["codePath"]) == (
        "-m pack.train",
        ["--lr", "0.1"],
        "pack/train.py",
    )
    assert (files / "code/pack/train.py").read_text() == SOURCE
    assert "-two\n+three" in (files / "diff.patch").read_text()
    base = git(repository, "rev-parse", "HEAD~1")
    assert "-one\n+three" in (files / f"upstream_diff_{base}.patch").read_text()
    git(repository, "checkout", "-q", "notes.txt")
    git(repository, "apply", str((files / "diff.patch").resolve()))
    assert (repository / "notes.txt").read_text() == "three\n", "the patch can be applied"
    assert "git" not in printed


def test_the_record_has_it_too(repository: Path) -> None:
    """The run file and `wandb-nb show` have commit and remote; the branch is in the file's record."""
    start(repository, "pack/train.py")
    from wandb_nb.store.format.layout import run_file
    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.store.reading.tail import Tail

    state, tail = RunState(), Tail(run_file(repository / "wandb/latest-run"))
    while payloads := tail.read():
        state.apply(payloads)
    assert state.git_commit == state.environment["git"]["commit"] == git(repository, "rev-parse", "HEAD")
    assert state.git_remote == "https://example.invalid/r.git"
    assert state.environment["git"]["branch"] == "trunk"
    assert state.config_wandb == {"code_path": "code/pack/train.py"}
    assert state.config == {}


def test_the_script_decides_not_the_folder(repository: Path, tmp_path: Path) -> None:
    """A script started from another folder belongs to its own repository."""
    metadata, files, _ = start(tmp_path, str(repository / "pack/train.py"))
    assert metadata["git"]["branch"] == "trunk"
    assert metadata["codePath"] == "pack/train.py"
    assert (files / "code/pack/train.py").is_file()


def test_outside_a_repository(tmp_path: Path) -> None:
    """Nothing is recorded or printed."""
    done = run(tmp_path, "wandb.init(save_code=True)")
    files = tmp_path / "wandb/latest-run/files"
    assert "git" not in json.loads((files / "wandb-metadata.json").read_text())
    assert not list(files.glob("*.patch"))
    assert (files / "code/train.py").is_file()
    assert "git" not in done.stderr


def test_switched_off(repository: Path) -> None:
    """With WANDB_DISABLE_GIT nothing is recorded."""
    metadata, files, _ = start(repository, "pack/train.py", WANDB_DISABLE_GIT="true")
    assert "git" not in metadata
    assert not list(files.glob("*.patch"))


def test_without_the_program(repository: Path, tmp_path: Path) -> None:
    """Without git the commit and branch are still known, and one line explains the missing diff."""
    metadata, files, printed = start(repository, "pack/train.py", PATH=str(tmp_path / "none"))
    assert metadata["git"]["branch"] == "trunk"
    assert not list(files.glob("*.patch"))
    assert printed.count("git is not installed") == 1


def test_other_states(repository: Path, tmp_path: Path) -> None:
    """A linked work tree has its own branch, a detached head has none, a repository without commits has no commit."""
    git(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    assert start(tmp_path / "linked", "pack/train.py")[0]["git"]["branch"] == "side"
    git(repository, "checkout", "-q", "--detach")
    assert "branch" not in start(repository, "pack/train.py")[0]["git"]
    shutil.rmtree(repository / ".git")
    git(repository, "init", "-q", "-b", "fresh")
    metadata, _, printed = start(repository, "pack/train.py")
    assert metadata["git"] == {"branch": "fresh"}
    assert "git" not in printed
