"""Makes the run folders here: real offline runs of the official package, without what tells the machine.

    python tests/sync/official_folders/make_folders.py PYTHON…

Each PYTHON is an interpreter in whose environment a version of the official package is installed.  Nothing is sent.
Names of the machine, its user and its paths are overwritten by as many x; what no sync reads (logs, lists of packages)
is left out.
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
    """Run the recipe with *python* and keep its folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(folder, python)
        (made,) = folder.glob("wandb/offline-run-*")
        private = [text for text in make_golden._private(folder, python) if len(text) > 3]
        private.append(str(Path(python).parents[1]).encode())
        target = HERE / made.name
        (run_file,) = made.glob("run-*.wandb")
        payloads = [make_golden._scrub(part, private) for part in scan(run_file.read_bytes(), final=True).payloads]
        target.mkdir()
        (target / run_file.name).write_bytes(FILE_HEADER + frame(payloads, len(FILE_HEADER)))
        for file in (made / "files").rglob("*"):
            if file.is_file() and file.name not in LEFT_OUT:
                kept = target / file.relative_to(made)
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(make_golden._scrub(file.read_bytes(), private))


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
        # One sample of the system a second, under the names that the setting has had.
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
