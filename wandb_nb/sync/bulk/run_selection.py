"""Which runs a `sync` means: from the paths that were given to run files, oldest first."""

from __future__ import annotations

import os
import re
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import RunNotFoundError
from wandb_nb.store.reading.tail import run_file, run_id, run_info
from wandb_nb.store.runs.find import WORKSPACES, find_run, run_at
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.upload import progress as cursors

if TYPE_CHECKING:
    from collections.abc import Iterable


def pick(paths: Iterable[str], *, include_synced: bool) -> list[Path]:
    """Return the run files below *paths*, each once; all runs of this folder's `wandb/` where no path is given.

    A path is a run directory, a run file, a folder of runs, or whatever else names a run (id, name, `latest`).  With a
    resumed run come the parts before it.  What is on a server already is left out unless *include_synced*.  Raises
    RunNotFoundError for a path that means no run.
    """
    given = list(paths) or [name for name in WORKSPACES if Path(name).is_dir()]
    if not given:
        raise RunNotFoundError(
            f"There is no folder wandb/ in {Path.cwd()}: give the path of a run or of a folder of runs."
        )
    found: dict[Path, None] = {}
    for path in given:
        below = _below(path)
        if paths and not below:
            raise RunNotFoundError(f"There is no run in {path}: give the directory of a run, or a folder of runs.")
        for file in below:
            found |= dict.fromkeys((*earlier(file), file.resolve()))
    return sorted((file for file in found if include_synced or not synced(file)), key=lambda file: _order(file.parent))


def earlier(file: Path) -> list[Path]:
    """Return the run files of the parts that the run of *file* goes on from, oldest first: its rows follow theirs."""
    parts: list[Path] = []
    if not _resumed(file):
        return parts
    own = file.resolve()
    beside = (folder / file.name for folder in own.parent.parent.glob(f"*run-*-{escape(run_id(own))}"))
    older = [part for part in beside if part.is_file() and _order(part.parent) < _order(own.parent)]
    for part in sorted(older, key=lambda part: _order(part.parent), reverse=True):
        parts.insert(0, part)
        if not _resumed(part):
            break
    return parts


def _resumed(file: Path) -> bool:
    info = run_info(file)
    return info is not None and info.resumed


def synced(file: Path) -> bool:
    """Tell whether the run of *file* is marked as being on a server from end to end."""
    return file.with_name(f"{file.name}.synced").exists()


def removable(file: Path) -> bool:
    """Tell whether the run of *file* has ended and all of it is on a server, its files too."""
    known = cursors.load(file)
    return synced(file) and owner_alive(file.parent) is not True and not (known and known.problems)


def _below(path: str) -> list[Path]:
    folder = Path(path)
    if folder.is_dir() and run_at(path) is None:
        inner = [folder / name for name in WORKSPACES if (folder / name).is_dir()] or [folder]
        # Directories only: `latest-run` is a link to one of them.
        runs = (run for place in inner for run in place.glob("*run-*") if not run.is_symlink())
        return [file for run in runs for file in run.glob("run-*.wandb")]
    return [run_file(find_run(path))]


def _order(folder: Path) -> tuple[str, str]:
    """Return what sorts run directories by their start: the time in their names."""
    stamp = re.search(r"run-(\d{8}_\d{6})", folder.name)
    return (stamp[1] if stamp else "", os.fspath(folder))
