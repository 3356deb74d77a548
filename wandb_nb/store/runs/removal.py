"""Deleting a run with all its directories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError, UsageError
from wandb_nb.store.format.layout import RunDir
from wandb_nb.store.runs.saved_links import remove_records
from wandb_nb.store.writing.owner_lock import owner_alive

if TYPE_CHECKING:
    from wandb_nb.store.runs.registry import Registry, RunEntry


def directories(registry: Registry, entry: RunEntry) -> list[RunEntry]:
    """Return the entries of the run of *entry*, newest first; only *entry* if the registry lacks the run."""
    return [one for one in registry.find(entry.id) if one.project == entry.project] or [entry]


def delete(registry: Registry, entries: list[RunEntry]) -> None:
    """Delete the directories of one run; no later run of its project can have its id.

    Raises:
        UsageError: A living process writes one of them; nothing is deleted.
        StoreError: A directory could not be deleted.

    """
    if any(owner_alive(Path(entry.path)) for entry in entries):
        raise UsageError(f"run {entries[0].id} is still being written by a living process: finish it first")
    for entry in entries:
        path = Path(entry.path)
        if path.is_dir():
            remove_records(path)
            RunDir.open(path).discard()
        if path.exists():
            raise StoreError(f"{path} could not be deleted")
        registry.forget(entry, deleted=True)
