"""The links to files elsewhere that runs of this user made, recorded outside the run directories.

A run directory can come from somebody else, with links to any file that this user can read. So a link in it is only
trusted if `run.save()` recorded it here. One file for each run directory, one JSON line for each link.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path


def record_link(directory: Path, name: str, target: Path) -> None:
    """Record that the run in *directory* links its file *name* to *target*.

    Raises:
        OSError: The record cannot be written.
    """
    path = _record_file(directory)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = json.dumps({"name": name, "target": os.fspath(target)}).encode() + b"\n"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        os.write(fd, line)
    finally:
        os.close(fd)


def recorded_links(directory: Path) -> dict[str, str]:
    """Return the links that the run in *directory* made: file name → target, as `os.readlink` returns it."""
    links: dict[str, str] = {}
    with suppress(OSError):  # a run without links, or of somebody else
        for line in _record_file(directory).read_bytes().splitlines():
            with suppress(ValueError, KeyError, TypeError):  # a line cut short by a full disk
                entry = json.loads(line)
                links[entry["name"]] = entry["target"]
    return links


def remove_records(directory: Path) -> None:
    """Remove the records of the run in *directory*, which is deleted."""
    with suppress(OSError):
        _record_file(directory).unlink(missing_ok=True)


def _record_file(directory: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(os.path.realpath(directory))).hexdigest()[:32]
    return Registry().folder / "links" / f"{digest}.jsonl"
