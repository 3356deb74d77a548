"""What thirty published programs do with wandb at import, init, log and finish, each under `wandb-nb run`.

The programs make the same calls in the same forms; none of their own packages is installed for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import wandb_nb
from wandb_nb.store.runs.registry import Registry

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
RUNS = {"optuna": 3}
EXIT_CODES = {"composer": 1}
ROWS = 3


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_program(program: Path, tmp_path: Path) -> None:
    """The program ends well, and its three rows are in the run or runs that it made, which have ended as it did."""
    code = "import sys; sys.path[:] = [path for path in sys.path if path]; from wandb_nb.cli import main; main()"
    command = [sys.executable, "-c", code, "run", str(program)]
    environment = os.environ | {"WANDB_MODE": "offline", "WANDB_CONFIG_DIR": str(tmp_path / "config")}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    entries = Registry().all()
    assert len(entries) == RUNS.get(program.stem, 1)
    frames = [wandb_nb.read(entry.path) for entry in entries]
    assert sum(map(len, frames)) == ROWS
    assert {entry.exit_code for entry in entries} == {EXIT_CODES.get(program.stem, 0)}
