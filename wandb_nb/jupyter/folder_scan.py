"""Finds run directories below the server's root that are not registered: copies, or runs of another program."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import WORKSPACES, run_file, run_id
from wandb_nb.store.reading.tail import run_info
from wandb_nb.store.runs.registry import RunEntry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MAX_DEPTH = 5
MAX_FOLDERS = 4_000
MAX_RUNS = 2_000
MAX_SCAN_SECONDS = 3.0
_SKIPPED_FOLDERS = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"})


class FolderScan:
    """Scans the folders below *root* for runs, and creates tokens for the entries it returns.

    A scan goes five folders deep, opens at most 4,000 folders and takes at most three seconds; `complete` is False if
    it reached one of these limits. For one worker thread at a time.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.complete = True
        self._entries: dict[str, RunEntry] = {}
        self._deadline = 0.0

    def scan(self, registered: Collection[str]) -> list[RunEntry]:
        """Return the runs that are there now, except those whose directories are *registered*."""
        self._deadline = time.monotonic() + MAX_SCAN_SECONDS
        self.complete = True
        entries = {}
        for folder in self._run_folders():
            path = str(folder)
            if path not in registered and (entry := self._entries.get(path) or _entry(folder)):
                entries[path] = entry
        self._entries = entries
        return list(entries.values())

    def _run_folders(self) -> Iterator[Path]:
        run_count = 0
        queue = [(self.root, 0)]
        for opened, (folder, depth) in enumerate(queue):  # grows during the loop: near folders come first
            if opened > MAX_FOLDERS or run_count > MAX_RUNS or time.monotonic() > self._deadline:
                self.complete = False
                return
            for subfolder in _subfolders(folder):
                if folder.name in WORKSPACES and "run-" in subfolder.name:
                    run_count += 1
                    yield subfolder
                elif depth < MAX_DEPTH and not _is_skipped(subfolder.name):
                    queue.append((subfolder, depth + 1))


def _subfolders(folder: Path) -> list[Path]:
    with suppress(OSError), os.scandir(folder) as entries:  # not readable, or deleted meanwhile
        return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    return []


def _is_skipped(name: str) -> bool:
    return name in _SKIPPED_FOLDERS or (name.startswith(".") and name not in WORKSPACES)


def _entry(folder: Path) -> RunEntry | None:
    """Return an entry from the start of the run file; None if *folder* is not a run."""
    try:
        file = run_file(folder)
        info = run_info(file)
    except (OSError, StoreError):
        return None
    return RunEntry(
        id=run_id(file),
        token=secrets.token_urlsafe(24),
        path=str(folder),
        key=f"folder.{sha256(os.fsencode(folder)).hexdigest()[:16]}",
        created=(info.start_time if info else None) or file.stat().st_mtime,
        project=info.project if info else "",
        entity=info.entity if info else "",
        name=info.name if info else "",
        group=info.group if info else "",
        host=info.host if info else "",
        state="unknown",
    )
