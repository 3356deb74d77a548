"""Which runs this user made on this machine: they are trusted more than directories of unknown origin."""

from __future__ import annotations

import os
from pathlib import Path

from wandb_nb.store.format.layout import run_id
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.run_chain import predecessors


def is_own_run(run_file: Path) -> bool:
    """Return whether a process of this user started the run of *run_file* on this machine."""
    directory = os.path.realpath(run_file.parent)
    return any(os.path.realpath(entry.path) == directory for entry in Registry().find(run_id(run_file)))


def predecessors_to_send(run_file: Path) -> list[Path]:
    """Return the run files that the run of *run_file* continues, oldest first.

    The file of an unknown run could name any id, so only runs beside it count as its predecessors, not other runs of
    this user.
    """
    files = predecessors(run_file)
    if is_own_run(run_file):
        return files
    workspace = Path(os.path.realpath(run_file)).parent.parent
    return [file for file in files if Path(os.path.realpath(file)).parent.parent == workspace]
