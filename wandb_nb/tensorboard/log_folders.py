"""The folders with event files, the files in them that belong to a run, and what their metrics are called."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

EVENT_FILE = "tfevents"
"""In the name of every event file."""
MAX_FOLDERS = 2_000
"""Looked at below one folder: a program may write its event files beside a large data set."""


def event_files(folder: Path, since: float, *, below: bool) -> Iterator[Path]:
    """Yield the event files in *folder*, or also *below* it, that were written after *since* (unix seconds)."""
    places = islice(os.walk(folder), MAX_FOLDERS if below else 1)
    for place, names, files in places:
        names.sort()
        for name in sorted(files):
            path = Path(place, name)
            if EVENT_FILE in name and _is_newer(path, since):
                yield path


def common_root(folders: Sequence[Path]) -> Path | None:
    """Return the folder that *folders* have in common; None if there is none."""
    try:
        return Path(os.path.commonpath(folders)) if folders else None
    except ValueError:  # different drives
        return None


def namespace(folder: Path, root: Path | None) -> str:
    """Return what stands before the names of metrics in *folder*: its path below *root*, without one its name."""
    if root is None or not folder.is_relative_to(root):
        return folder.name
    relative = folder.relative_to(root).as_posix()
    return "" if relative == "." else relative


def prefixed(names: Iterable[str], prefix: str) -> dict[str, str]:
    """Return the full name of each of *names*."""
    return {name: f"{prefix}/{name}" if prefix else name for name in names}


def _is_newer(path: Path, since: float) -> bool:
    try:
        return path.stat().st_mtime >= since
    except OSError:  # removed meanwhile
        return False
