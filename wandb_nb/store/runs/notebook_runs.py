"""The runs of one notebook, by what the registry knows of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb import host
from wandb_nb.store.runs.registry import Registry, RunEntry
from wandb_nb.surroundings import host_name

if TYPE_CHECKING:
    from collections.abc import Iterator


def of_one_notebook(one: RunEntry, other: RunEntry) -> bool:
    """Return whether two runs are of one notebook; if its path is unknown, of one kernel."""
    if one.notebook or other.notebook:
        return one.notebook == other.notebook
    if one.kernel or other.kernel:
        return one.kernel == other.kernel
    in_notebook = one.cell and other.cell  # a kernel that no server knows, such as nbclient's
    return bool(in_notebook) and (one.pid, one.host) == (other.pid, other.host)


def runs_of_this_notebook(notebook: str | None, host_setting: str | None) -> Iterator[RunEntry]:
    """Yield the runs of the notebook of this process, newest first; *notebook* is its path where that is known."""
    here = RunEntry(
        id="",
        token="",
        path="",
        key="",
        created=0.0,
        pid=os.getpid(),
        host=host_setting or host_name(),
        kernel=host.kernel_id(),
        notebook=notebook,
        cell=host.kind(),
    )
    return (entry for entry in Registry().all() if of_one_notebook(entry, here) and Path(entry.path).is_dir())
