"""From what a user calls a run to its directory."""

from __future__ import annotations

import os
from difflib import get_close_matches
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import RunNotFoundError
from wandb_nb.store.layout import age_order
from wandb_nb.store.registry import REPLACED, Registry

if TYPE_CHECKING:
    from wandb_nb.store.registry import Entry

WORKSPACES = ("wandb", ".wandb")
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
    counting = (Path(entry.path) for entry in entries if entry.state != REPLACED)
    found = [path for path in counting if _has_run(path)] or _in_workspaces(text)
    if not found:
        raise RunNotFoundError(_not_found(text, registry.all()))
    return found[0]


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
    return sorted((folder for folder in folders if not folder.is_symlink()), key=age_order, reverse=True)


def _not_found(text: str, entries: list[Entry]) -> str:
    if text == "latest" and not entries:
        return (
            "There is no run yet on this machine. Start one with wandb_nb.init(), or give the path of a run directory."
        )
    names = {name for entry in entries for name in (entry.name, entry.id) if name}
    near = get_close_matches(text, sorted(names), MOST_NEAR_NAMES)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"No run has the path, id or name {text!r}.{hint} `wandb-nb ls` shows the runs of this machine."
