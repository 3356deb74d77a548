"""What any program has around it, and what may be missing nevertheless: folders, streams, arguments, a host name."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

_STANDARD_DESCRIPTORS = (0, 1, 2)


def home() -> Path:
    """Return the user's home; without one, a path below which nothing can exist."""
    try:
        return Path.home()
    except RuntimeError:  # neither HOME nor an entry of this user in the system's list
        return Path(os.devnull, "no home directory")


def working_directory() -> Path:
    """Return the working directory; if it was deleted, a path below which nothing can exist."""
    try:
        return Path.cwd()
    except OSError:
        return Path(os.devnull, "deleted working directory")


def host_name() -> str:
    """Return the name of this machine, "localhost" if the system refuses to tell it."""
    try:
        return socket.gethostname()
    except OSError:
        return "localhost"


def main_file() -> str | None:
    """Return the path of the running script as Python has it; None at a prompt and in embedded interpreters."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.fspath(file) if isinstance(file, (str, os.PathLike)) else None


def arguments() -> list[str]:
    """Return the arguments of the program; embedded interpreters may have none, or such that are not texts."""
    return [str(argument) for argument in getattr(sys, "argv", ())[1:]]


def expanded(path: Path) -> Path:
    """Return *path* with `~` replaced by the home, where there is one."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def is_file(path: Path) -> bool:
    """Return whether *path* is a file, or a link to one; False in a folder that cannot be entered."""
    return os.path.isfile(path)  # noqa: PTH113 -- pathlib raises an error for such a folder


def is_directory(path: Path) -> bool:
    """Return whether *path* is a folder, or a link to one; False in a folder that cannot be entered."""
    return os.path.isdir(path)  # noqa: PTH112 -- as above


def open_standard_descriptors() -> None:
    """Open closed descriptors 0 to 2, so that no file of a run gets such a number and what is printed to it."""
    for descriptor in _STANDARD_DESCRIPTORS:
        try:
            os.fstat(descriptor)
        except OSError:  # noqa: PERF203 -- closed
            opened = os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
            os.set_inheritable(opened, True)
