"""A dirty repository, whose script makes a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from repeated_runs import SCRIPT, git

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with a script in a folder, which has an uncommitted change, and an untracked file."""
    folder = tmp_path / "repository"
    (folder / "jobs").mkdir(parents=True)
    (folder / "jobs" / "train.py").write_text(SCRIPT)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    (folder / "jobs" / "train.py").write_text(SCRIPT.replace("range(5)", "range(7)"))
    (folder / "jobs" / "helper.py").write_text("x = 1\n")
    return folder
