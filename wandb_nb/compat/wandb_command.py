"""The command `wandb`: our command line under that name, on the PATH of programs that use wandb_nb as wandb."""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

FOLDER = Path(__file__).parent / "command"
NAME = "wandb"
PYTHON_VARIABLE = "WANDB_NB_PYTHON"
_MARK = "# The command `wandb` of wandb_nb. 'wandb-nb install-command --remove' removes it.\n"


def package_is_installed() -> bool:
    """Tell an installed wandb from a folder `wandb` with runs in it, which Python takes for a namespace package."""
    spec = PathFinder.find_spec(NAME)
    return spec is not None and spec.origin is not None


def add_to_path(environ: MutableMapping[str, str]) -> None:
    """Put the command first on the PATH in *environ*."""
    remove_from_path(environ)
    environ["PATH"] = os.pathsep.join(filter(None, (str(FOLDER), environ.get("PATH", os.defpath))))
    environ[PYTHON_VARIABLE] = sys.executable


def remove_from_path(environ: MutableMapping[str, str]) -> None:
    """Undo `add_to_path`."""
    if environ.pop(PYTHON_VARIABLE, None) is not None:
        folders = environ.get("PATH", "").split(os.pathsep)
        environ["PATH"] = os.pathsep.join(folder for folder in folders if folder != str(FOLDER))


def install() -> Path:
    """Put the command beside the programs of this virtual environment and return its path.

    Raises:
        UsageError: This is not a virtual environment, or it has a command `wandb` of another package.
        StoreError: The file cannot be written.

    """
    path = _installed_path()
    if package_is_installed():
        raise UsageError(
            f"the package wandb is installed in {sys.prefix} and brings this command: uninstall it first, or start "
            "programs with 'wandb-nb run', which put ours on their PATH"
        )
    if path.exists() and not _is_our_command(path):
        raise UsageError(f"{path} is another package's command; it was left as it is")
    text = (FOLDER / NAME).read_text("utf-8").replace("#!/bin/sh\n", "#!/bin/sh\n" + _MARK, 1)
    try:
        path.write_text(text.replace(f'"${{{PYTHON_VARIABLE}:-python3}}"', shlex.quote(sys.executable)), "utf-8")
        path.chmod(0o755)
    except OSError as error:
        raise StoreError(f"cannot write the command {path}: {error}") from error
    return path


def uninstall() -> Path | None:
    """Remove what `install` wrote and return its path; None where there is nothing of it."""
    path = _installed_path()
    if not path.exists() or not _is_our_command(path):
        return None
    path.unlink()
    return path


def _installed_path() -> Path:
    """Return where the command of this virtual environment is or would be.

    Raises:
        UsageError: This is not a virtual environment.

    """
    if sys.prefix == sys.base_prefix and not (Path(sys.prefix) / "conda-meta").is_dir():
        raise UsageError(
            f"{sys.prefix} is not a virtual environment: make one with 'python -m venv', or start programs with "
            "'wandb-nb run', which put the command on their PATH"
        )
    return Path(sysconfig.get_path("scripts")) / NAME


def _is_our_command(path: Path) -> bool:
    return _MARK.encode() in path.read_bytes()
