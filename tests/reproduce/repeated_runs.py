"""Scripts, git and the command line, as the tests of `reproduce` run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from wandb_nb.store.runs.registry import Registry

SCRIPT = """\
import random
import sys

import wandb_nb

random.seed(int(sys.argv[1]))
with wandb_nb.init(project="p", mode="offline", config={"seed": int(sys.argv[1])}, settings={"silent": True}) as run:
    for step in range(5):
        run.log({"loss": random.random()})
"""


def call(*command: str | os.PathLike[str], folder: Path) -> str:
    """Run *command* in *folder* and return what it printed; a failure fails the test with its errors."""
    scripts = str(Path(sys.executable).parent)
    environ = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]])}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def git(folder: Path, *arguments: str) -> str:
    """Run git in *folder* with an identity of its own."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    return call("git", *identity, *arguments, folder=folder)


def wandb_nb(folder: Path, *arguments: str) -> str:
    """Run the command line in *folder* and return what it printed."""
    return call(sys.executable, "-m", "wandb_nb", *arguments, folder=folder)


def newest_run() -> Path:
    """Return the directory of the newest run."""
    return Path(Registry().all()[0].path)


def file_names(folder: Path) -> set[str]:
    """Return the paths of all files below *folder* outside Git's own folders."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return {path.as_posix() for path in paths if ".git" not in path.parts}
