"""The earlier directories of a resumed run, whose rows come before its own."""

from __future__ import annotations

import os
import re
from glob import escape
from typing import TYPE_CHECKING

from wandb_nb.store.reading.tail import run_id, run_info

if TYPE_CHECKING:
    from pathlib import Path


def predecessors(run_file: Path) -> list[Path]:
    """Return the run files that the run of *run_file* continues, oldest first."""
    files: list[Path] = []
    if not _is_resumed(run_file):
        return files
    own = run_file.resolve()
    siblings = (folder / run_file.name for folder in own.parent.parent.glob(f"*run-*-{escape(run_id(own))}"))
    older = [file for file in siblings if file.is_file() and start_order(file.parent) < start_order(own.parent)]
    for file in sorted(older, key=lambda file: start_order(file.parent), reverse=True):
        files.insert(0, file)
        if not _is_resumed(file):
            break
    return files


def start_order(folder: Path) -> tuple[str, str]:
    """Return a key that sorts run directories by their start: the time in their names."""
    stamp = re.search(r"run-(\d{8}_\d{6})", folder.name)
    return (stamp[1] if stamp else "", os.fspath(folder))


def _is_resumed(run_file: Path) -> bool:
    info = run_info(run_file)
    return info is not None and info.resumed
