"""Find the directory of a run from a path, an id or a name."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import RunNotFoundError
from wandb_nb.host import command
from wandb_nb.store.format.layout import FILES, WORKSPACES, age_order, run_directories, run_file, run_files, run_id
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry

if TYPE_CHECKING:
    from wandb_nb.store.runs.registry import RunEntry

MAX_NEAR_NAMES = 3
_LATEST = re.compile(r"latest(?:~(\d{1,9}))?")


def find_run(ref: str | os.PathLike[str]) -> Path:
    """Return the run directory (or file) of *ref*: a path, an id, a name, "latest", or "latest~1" for the one before.

    Ids and names are looked up among the runs of this user on this machine, then among the run directories below
    `wandb/` here. The newest run wins.

    Raises:
        RunNotFoundError: There is none; the message suggests similar names.

    """
    text = os.fspath(ref)
    path = run_at(text)
    if path is not None:
        return path
    registry = Registry()
    back = _LATEST.fullmatch(text)
    if back is not None:
        entries = [entry for entry in registry.all() if entry.state not in (REPLACED, CONTINUED)]
    else:
        entries = registry.find(text) or registry.find_name(text)
    counting = (Path(entry.path) for entry in entries if entry.state != REPLACED)
    place = int(back[1] or 0) if back else 0
    directory = next(islice(filter(_has_run, counting), place, None), None)
    directory = directory or _in_workspaces(text, place, back is not None)
    if directory is None:
        raise RunNotFoundError(_not_found(text, registry.all()))
    return directory


def run_at(text: str) -> Path | None:
    """Return the run directory or file that the path *text* names, also by the folder of its files; else None."""
    try:
        path = Path(text)
        if text and path.name == FILES and _has_run(path.parent):  # what `run.dir` names
            return path.parent
        return path if text and (path.is_file() or _has_run(path)) else None
    except (ValueError, OSError):  # not a path: it has a zero byte, or is far too long
        return None


def _has_run(path: Path) -> bool:
    return path.is_dir() and bool(run_files(path))


def _in_workspaces(text: str, place: int, latest: bool) -> Path | None:
    """Return the run directory here that carries the id *text*, or any if *latest*: the newest but *place*."""
    if not text or "/" in text or "\0" in text:
        return None
    folders = [folder for name in WORKSPACES for folder in run_directories(Path(name), None if latest else text)]
    matching = (folder for folder in folders if _has_run(folder) and (latest or run_id(run_file(folder)) == text))
    newest = sorted(matching, key=age_order, reverse=True)
    return newest[place] if place < len(newest) else None


def _not_found(text: str, entries: list[RunEntry]) -> str:
    if _LATEST.fullmatch(text) and not entries:
        return (
            "there is no run on this machine yet: start one with wandb_nb.init(), or give the path of a run directory"
        )
    if _LATEST.fullmatch(text):
        return f"there is no run {text!r}: '{command('ls')}' shows the runs of this machine, newest first"
    names = {name for entry in entries for name in (entry.name, entry.id) if name}
    near = get_close_matches(text, sorted(names), MAX_NEAR_NAMES)
    hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
    return f"no run has the path, id or name {text!r}{hint}: '{command('ls')}' shows the runs of this machine"
