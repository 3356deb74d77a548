"""Run directories below the server's root that the registry does not know: copied, or of another program."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.reading.tail import run_file, run_id, run_info
from wandb_nb.store.runs.find import WORKSPACES
from wandb_nb.store.runs.registry import RunEntry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

DEPTH = 5
MOST_FOLDERS = 4_000
MOST_RUNS = 2_000
SECONDS = 3.0
_PASSED_OVER = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"})


class FolderScan:
    """What a look below *root* found, as entries whose tokens this server made up.

    A look goes five folders deep, opens at most 4,000 folders and takes three seconds at most; `whole` tells whether
    it saw everything. For one worker thread at a time.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.whole = True
        self._known: dict[str, RunEntry] = {}

    def look(self, registered: Collection[str]) -> list[RunEntry]:
        """Return the runs found now, without those whose directories are *registered*."""
        self._end = time.monotonic() + SECONDS
        self.whole = True
        found = {}
        for folder in self._run_folders():
            path = str(folder)
            if path not in registered and (entry := self._known.get(path) or _entry(folder)):
                found[path] = entry
        self._known = found
        return list(found.values())

    def _run_folders(self) -> Iterator[Path]:
        runs = 0
        waiting = [(self.root, 0)]
        for opened, (folder, depth) in enumerate(waiting):  # grows on the way: near folders come first
            if opened > MOST_FOLDERS or runs > MOST_RUNS or time.monotonic() > self._end:
                self.whole = False
                return
            for inner in _folders_in(folder):
                if folder.name in WORKSPACES and "run-" in inner.name:
                    runs += 1
                    yield inner
                elif depth < DEPTH and inner.name not in _PASSED_OVER and not _hidden(inner.name):
                    waiting.append((inner, depth + 1))


def _folders_in(folder: Path) -> list[Path]:
    with suppress(OSError), os.scandir(folder) as found:  # not ours to read, or gone meanwhile
        return sorted(Path(one.path) for one in found if one.is_dir(follow_symlinks=False))
    return []


def _hidden(name: str) -> bool:
    return name.startswith(".") and name not in WORKSPACES


def _entry(folder: Path) -> RunEntry | None:
    """Return what the front of the run file tells; None for what is no run."""
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
