"""What is captured of a script: git, code, command line, console and environment, all of one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import sys
import wandb_nb as wandb
run = wandb.init(project="p", save_code=True, notes="why")
for done in range(5):
    print(f"\\r{done} of 4", end="", file=sys.stderr)
print("trained \\x1b[31mred\\x1b[0m")
wandb.log({"loss": 1})
raise ValueError("the end")
"""


def _git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=n", "-c", "user.email=n@example.invalid"]
    done = subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Run the module `pack.train` of a changed repository; return repository, files of the run and commit."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "pack").mkdir()
    (folder / "pack/train.py").write_text(SCRIPT, "utf-8")
    (folder / "notes.txt").write_text("before\n", "utf-8")
    (folder / ".gitignore").write_text("wandb/\n", "utf-8")
    _git(folder, "init", "-q", "-b", "trunk")
    _git(folder, "remote", "add", "origin", "https://me:pass-word-1@example.invalid/r.git")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "first")
    (folder / "notes.txt").write_text("after\n", "utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    environment = {**clean, "WANDB_NB_DATA_DIR": str(folder / "wandb/data"), "WANDB_MODE": "offline"}
    command = [sys.executable, "-m", "pack.train", "--lr", "0.1"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1, done.stderr
    return folder, folder / "wandb/latest-run/files", _git(folder, "rev-parse", "HEAD")


def test_git(captured: tuple[Path, Path, str]) -> None:
    """Commit and remote are recorded, the remote without its password, and the changes of the work tree."""
    _, files, commit = captured
    found = json.loads((files / "wandb-metadata.json").read_text())["git"]
    assert found["commit"] == commit
    assert "pass-word-1" not in found["remote"]
    assert found["remote"].endswith("example.invalid/r.git")
    assert "+after" in (files / "diff.patch").read_text()


def test_program_and_command_line(captured: tuple[Path, Path, str]) -> None:
    """A module run with `-m` is known by its file, with its arguments."""
    _, files, _ = captured
    metadata = json.loads((files / "wandb-metadata.json").read_text())
    assert metadata["args"] == ["--lr", "0.1"]
    assert metadata["codePath"] == "pack/train.py"
    assert (files / "code/pack/train.py").read_text() == SCRIPT


def test_console(captured: tuple[Path, Path, str]) -> None:
    """The log has the last state of a progress bar, no colour codes, and the traceback that ended the script."""
    log = (captured[1] / "output.log").read_text()
    assert "4 of 4" in log
    assert "3 of 4" not in log
    assert "trained red" in log
    assert "ValueError: the end" in log


def test_environment(captured: tuple[Path, Path, str]) -> None:
    """Packages, Python, host and CPU are there."""
    _, files, _ = captured
    metadata = json.loads((files / "wandb-metadata.json").read_text())
    assert {"python", "os", "host", "cpu_count"} <= metadata.keys()
    assert "numpy==" in (files / "requirements.txt").read_text()
