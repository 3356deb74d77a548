"""From what a user calls a run to its directory, and to the directories that it was resumed from."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import RunNotFoundError
from wandb_nb.store.decode import WireError, decode
from wandb_nb.store.kinds import RunInfo
from wandb_nb.store.reader import Tail, run_file, run_id
from wandb_nb.store.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.store.registry import Entry

WORKSPACES = ("wandb", ".wandb")
# The run record stands at the front; what comes before it is small.
FRONT_BYTES = 1 << 16
MOST_NEAR_NAMES = 3


def find_run(ref: str | os.PathLike[str]) -> Path:
    """Return the run directory (or file) that *ref* means: a path, an id, a name, or "latest".

    Ids and names are looked up among the runs of this user on this machine, then among the run directories below
    `wandb/` here.  The newest run wins.  Raises `RunNotFoundError`, with near names, when there is none.
    """
    text = os.fspath(ref)
    path = _as_path(text)
    if path is not None:
        return path
    registry = Registry()
    if text == "latest":
        newest = registry.latest()
        entries = [newest] if newest else []
    else:
        entries = registry.find(text) or registry.find_name(text)
    found = [Path(entry.path) for entry in entries if _has_run(Path(entry.path))] or _in_workspaces(text)
    if not found:
        raise RunNotFoundError(_not_found(text, registry.all()))
    return found[0]


def chain(path: Path) -> list[Path]:
    """Return the directories of one run, oldest first, up to *path*: those it was resumed from, and itself.

    A directory whose run did not resume another one begins the chain.
    """
    file = run_file(path)
    own = file.parent.resolve()
    if not _resumed(file):
        return [path]
    older = [folder for folder in _same_id(file) if _order(folder) < _order(own)]
    links = [path]
    for folder in sorted(older, key=_order, reverse=True):
        links.insert(0, folder)
        if not _resumed(run_file(folder)):
            break
    return links


def _as_path(text: str) -> Path | None:
    try:
        path = Path(text)
        return path if text and (path.is_file() or _has_run(path)) else None
    except (ValueError, OSError):  # a text that no path can be: with a zero byte, or far too long
        return None


def _has_run(path: Path) -> bool:
    return path.is_dir() and any(path.glob("run-*.wandb"))


def _in_workspaces(text: str) -> list[Path]:
    """Return the run directories here that carry the id *text*, newest first; "latest" means all."""
    if not text or "/" in text or "\0" in text:
        return []
    pattern = "*run-*" if text == "latest" else f"*run-*-{escape(text)}"
    folders = [folder for name in WORKSPACES for folder in Path(name).glob(pattern) if _has_run(folder)]
    return sorted((folder for folder in folders if not folder.is_symlink()), key=_order, reverse=True)


def _same_id(file: Path) -> Iterable[Path]:
    """Return the other directories of the run that *file* belongs to."""
    identity, own = run_id(file), file.parent.resolve()
    beside = own.parent.glob(f"*run-*-{escape(identity)}")
    known = (Path(entry.path) for entry in Registry().find(identity))
    folders = {folder.resolve() for folder in (*beside, *known) if (folder / file.name).is_file()}
    return folders - {own}


def _order(folder: Path) -> tuple[str, str]:
    """Return what sorts run directories by age: the time in their name."""
    stamp = re.search(r"run-(\d{8}_\d{6})", folder.name)
    return (stamp[1] if stamp else "", folder.name)


def _resumed(file: Path) -> bool:
    for payload in Tail(file).read(FRONT_BYTES):
        try:
            record = decode(payload)
        except WireError:
            continue
        if isinstance(record, RunInfo):
            return record.resumed
    return False


def _not_found(text: str, entries: list[Entry]) -> str:
    if text == "latest" and not entries:
        return (
            "There is no run yet on this machine. Start one with wandb_nb.init(), or give the path of a run directory."
        )
    names = {name for entry in entries for name in (entry.name, entry.id) if name}
    near = get_close_matches(text, sorted(names), MOST_NEAR_NAMES)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"No run has the path, id or name {text!r}.{hint} `wandb-nb ls` shows the runs of this machine."
