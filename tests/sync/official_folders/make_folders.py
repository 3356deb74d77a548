"""Makes the run folders here: offline runs of the official package, with the machine's details removed.

    python tests/sync/official_folders/make_folders.py PYTHON…

Each PYTHON is an interpreter whose environment has a version of the official package. Nothing is sent. Names of the
machine, its user and its paths are replaced by x characters of equal length; files that no sync reads (logs, lists of
packages) are omitted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "store_read"))

import make_golden  # noqa: E402 - the same scrubbing as of the files that readers are tested with

from wandb_nb.store.format.framing import FILE_HEADER, frame, scan  # noqa: E402

LEFT_OUT = ("requirements.txt", "conda-environment.yaml", "output.log")


def make(python: str) -> None:
    """Run the recipe with *python* and copy its folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(folder, python)
        (run_folder,) = folder.glob("wandb/offline-run-*")
        private = [text for text in make_golden._private(folder, python) if len(text) > 3]
        private.append(str(Path(python).parents[1]).encode())
        target = HERE / run_folder.name
        (run_file,) = run_folder.glob("run-*.wandb")
        payloads = [make_golden._scrub(part, private) for part in scan(run_file.read_bytes(), final=True).payloads]
        target.mkdir()
        (target / run_file.name).write_bytes(FILE_HEADER + frame(payloads, len(FILE_HEADER)))
        for file in (run_folder / "files").rglob("*"):
            if file.is_file() and file.name not in LEFT_OUT:
                copy = target / file.relative_to(run_folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(make_golden._scrub(file.read_bytes(), private))


def _run(folder: Path, python: str) -> None:
    home = folder / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(folder),
        "WANDB_DISABLE_GIT": "true",
        "WANDB_HOST": "host",
        "WANDB_USERNAME": "user",
        "WANDB_START_METHOD": "thread",
        "PYTHONWARNINGS": "ignore",
        # One system sample per second, under each name that the setting has had.
        "WANDB__STATS_SAMPLE_RATE_SECONDS": "0.5",
        "WANDB__STATS_SAMPLES_TO_AVERAGE": "2",
        "WANDB__STATS_SAMPLING_INTERVAL": "1",
        "WANDB_X_STATS_SAMPLING_INTERVAL": "1",
    }
    shutil.copy(HERE / "recipe.py", folder)
    subprocess.run([python, "recipe.py"], cwd=folder, env=environment, check=True, timeout=120)


if __name__ == "__main__":
    for interpreter in sys.argv[1:]:
        make(interpreter)
