"""`diff.patch` really applies: a run in a changed repository, and `git apply` in a fresh copy of the commit."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = "import wandb_nb as wandb\nwandb.init(mode='offline', settings={'silent': True})\n"
HOSTILE = """
[color]
ui = always
diff = always
[core]
quotePath = false
autocrlf = input
[diff]
noprefix = true
mnemonicPrefix = true
renames = copies
context = 0
interHunkContext = 50
external = /bin/false
relative = true
submodule = log
colorMoved = zebra
wsErrorHighlight = all
srcPrefix = x/
dstPrefix = y/
suppressBlankEmpty = true
algorithm = patience
[pager]
diff = /bin/false
"""


def git(folder: Path, *words: str, **variables: str) -> bytes:
    """Run git in *folder* without the user's configuration, and return its output."""
    names = ["-c", "user.name=n", "-c", "user.email=n@example.invalid", "-c", "commit.gpgsign=false"]
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **variables}
    done = subprocess.run(["git", *names, *words], cwd=folder, env=environ, check=True, capture_output=True)
    return done.stdout


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the tracked and new files of a work tree."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not {".git", "wandb"} & set(path.parts)]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with files of several encodings, all changed since the commit."""
    top = tmp_path / "repository"
    (top / "deep er").mkdir(parents=True)
    (top / ".gitignore").write_text("wandb/\n")
    (top / "train.py").write_text(SCRIPT)
    (top / "latin.txt").write_bytes("caf\xe9\n".encode("latin-1") * 20)
    (top / "utf16.txt").write_bytes("text\n".encode("utf-16") * 20)
    (top / "windows.txt").write_bytes(b"one\r\ntwo\r\n" * 20)
    (top / "picture.bin").write_bytes(bytes(range(256)) * 20)
    (top / "deep er/n\u00e4me.txt").write_text("a\n" * 30)
    (top / "gone.txt").write_text("gone\n" * 10)
    (top / "moved.txt").write_text("moved\n" * 10)
    git(top, "init", "-q", "-b", "trunk")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    (top / "train.py").write_text(SCRIPT + "# changed\n")
    (top / "latin.txt").write_bytes("caf\xe9\n".encode("latin-1") * 19 + "na\xefve, no end of line".encode("latin-1"))
    (top / "utf16.txt").write_bytes("other\n".encode("utf-16") * 20)
    (top / "windows.txt").write_bytes(b"one\r\ntwo\r\n" * 19 + b"three\r\n")
    (top / "picture.bin").write_bytes(bytes(range(255, -1, -1)) * 20)
    (top / "deep er/n\u00e4me.txt").write_text("a\n" * 15 + "b\n" + "a\n" * 15)
    (top / "gone.txt").unlink()
    git(top, "mv", "moved.txt", "elsewhere.txt")
    return top


@pytest.mark.parametrize("config", ["", HOSTILE], ids=["plain", "hostile"])
@pytest.mark.parametrize(
    "variables", [{}, {"GIT_DIFF_OPTS": "-u0", "GIT_EXTERNAL_DIFF": "/bin/false", "LANG": "de_DE.UTF-8"}]
)
def test_the_patch_applies(repository: Path, tmp_path: Path, config: str, variables: dict[str, str]) -> None:
    """Applied to a fresh checkout of the run's commit, the patch gives the work tree of the run, byte for byte."""
    (tmp_path / "config").write_text(config)
    subprocess.run(
        [sys.executable, "train.py"],
        cwd=repository,
        env={**os.environ, "GIT_CONFIG_GLOBAL": str(tmp_path / "config"), **variables},
        check=True,
        timeout=60,
    )
    patch = repository / "wandb/latest-run/files/diff.patch"
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(repository), str(clone))
    git(clone, "apply", "--binary", str(patch.resolve()))
    assert files_of(clone) == files_of(repository)
