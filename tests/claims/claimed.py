"""Scripts from the documents, each run in its own process, and the command line's output about their runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "import os, sys\nimport wandb_nb as wandb\n"
PRINT_ERROR = (
    "\ndef print_error(call, *errors):\n    try: call()\n    except errors or wandb.Error as error: print(error)\n"
)


def claim(name: str, source: str, printed: str) -> Any:
    """Return a row of a table: the script *source* prints *printed*, in which `...` stands for any words."""
    return pytest.param(dedent(source).strip(), printed, id=name)


def run(folder: Path, source: str, *arguments: str, head: str = HEAD, **variables: str) -> Any:
    """Run *source*, after the import, as the script `train.py` of *folder*; return the finished process."""
    path = folder / "train.py"
    path.write_text(head + dedent(source).strip() + "\n", "utf-8")
    temporary = folder.with_name(f"{folder.name}-temporary")  # for runs whose folder cannot be written
    temporary.mkdir(exist_ok=True)
    environ = {**os.environ, "HOME": str(folder), "NETRC": str(folder / "netrc"), "TMPDIR": str(temporary)}
    return subprocess.run(
        [sys.executable, str(path), *arguments],
        cwd=folder,
        env={**environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def check(folder: Path, source: str, printed: str) -> None:
    """Run a row of a table: no error is printed, and the script prints what the claim means."""
    done = run(folder, source, head=HEAD + PRINT_ERROR)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    words = done.stdout.split()
    parts = [part.split() for part in printed.split("...")]
    if len(parts) == 1:
        assert words == parts[0], done.stderr
    for part in parts:
        assert " ".join(part) in " ".join(words)


def command(folder: Path, *arguments: str, code: int = 0, **variables: str) -> str:
    """Run `wandb-nb` in *folder*; return what it prints to stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "wandb_nb", *arguments],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "NETRC": str(folder / "netrc"), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def runs(folder: Path) -> list[dict[str, Any]]:
    """Return the runs of this machine as `wandb-nb ls` lists them, oldest first."""
    listed: list[dict[str, Any]] = json.loads(command(folder, "ls", "--json"))
    return listed[::-1]


def show_json(folder: Path, name: str = "latest") -> dict[str, Any]:
    """Return a run as `wandb-nb show` prints it: run, config and summary."""
    fields: dict[str, Any] = json.loads(command(folder, "show", name, "--json"))
    return fields
