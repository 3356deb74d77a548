"""The public names as a type checker sees them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import wandb_nb

HERE = Path(__file__).parent


def test_usage_is_well_typed(tmp_path: Path) -> None:
    """A strict type checker finds nothing wrong with ordinary usage."""
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(HERE / "api.py")]
    command += ["--config-file", str(Path(wandb_nb.__file__).parents[1] / "pyproject.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    assert done.returncode == 0, done.stdout
