"""Folders and descriptors of this process, of which any may be missing: home, working directory, standard streams."""

from __future__ import annotations

import os
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
