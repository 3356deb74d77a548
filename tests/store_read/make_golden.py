"""Makes the golden files: run files of the official package, with the machine's details removed.

    python tests/store_read/make_golden.py NAME PYTHON [typed]

PYTHON is an interpreter whose environment has a version of the official package. Nothing is sent: the package runs in
offline mode. Names of the machine, its user and its paths are replaced by x characters of equal length, so that the
records keep their form, and the file is framed again.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from wandb_nb.store.format.framing import FILE_HEADER, frame, scan

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"


def make(name: str, python: str, *options: str) -> None:
    """Run the recipe with *python*; store its run file as `golden/<name>.wandb` and the expected content beside it."""
    with tempfile.TemporaryDirectory() as folder:
        expected = _run(Path(folder), python, options)
        run_file = next(Path(folder).glob("wandb/*run-*/run-*.wandb"))
        private = _private(Path(folder), python)
        payloads = [_scrub(payload, private) for payload in scan(run_file.read_bytes(), final=True).payloads]
    target = GOLDEN / f"{name}.wandb"
    target.write_bytes(FILE_HEADER + frame(payloads, len(FILE_HEADER)))
    target.with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n")


def _run(folder: Path, python: str, options: tuple[str, ...]) -> dict[str, object]:
    home = folder / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(folder),
        "WANDB_SILENT": "true",
        "WANDB_DISABLE_GIT": "true",
        "WANDB_HOST": "host",
        "WANDB_USERNAME": "user",
        "WANDB_START_METHOD": "thread",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [python, str(HERE / "golden_recipe.py"), *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    line = next(line for line in done.stderr.splitlines() if line.startswith("EXPECTED "))
    return json.loads(line.removeprefix("EXPECTED "))


def _private(folder: Path, python: str) -> list[bytes]:
    """Return the texts that would reveal the machine, longer ones first."""
    texts = {str(folder), str(HERE), python, os.path.realpath(python), socket.gethostname(), socket.getfqdn()}
    texts |= {getpass.getuser(), os.environ.get("USER", ""), platform.platform(), platform.release(), _processor()}
    return [text.encode() for text in sorted(texts, key=len, reverse=True) if text]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")


def _scrub(payload: bytes, private: list[bytes]) -> bytes:
    for text in private:
        payload = payload.replace(text, b"x" * len(text))
    return payload


if __name__ == "__main__":
    make(*sys.argv[1:])
