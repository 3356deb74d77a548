"""Fold the segments of a run whose owner died into its run file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json
from wandb_nb.store.format.layout import data_files
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.runs.appended_file import opened_for_appending
from wandb_nb.store.writing.segments import fold_segments

if TYPE_CHECKING:
    import os
    from pathlib import Path


def fold_after_crash(run_dir: str | os.PathLike[str]) -> int:
    """Append the rows of the segments in *run_dir* to its run file; return how many records were added.

    Repeated calls are harmless. When this returns, the records are on disk.

    Raises:
        StoreError: The run's owner is alive, or may be (it ran on another host), or a file cannot be written.

    """
    with opened_for_appending(run_dir) as writer:
        folder = writer.path.parent
        summary = _summary(folder)  # of several files: in one, who recorded what after which row is lost
        count = writer.append_open_row() + fold_segments(folder, writer)
        if count:
            writer.append(records.summary({key: to_json(value, key) for key, value in summary.items()}))
        return count


def _summary(folder: Path) -> dict[str, Any]:
    """Return the summary of the run in *folder*, by all its writers."""
    from wandb_nb.store.reading.run_state import replayed  # loads numpy

    tails = [Tail(file) for file in data_files(folder)]
    for tail in tails:
        tail.finalize()
    return replayed(tails).summary
