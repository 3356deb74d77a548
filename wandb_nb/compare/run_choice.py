"""Which runs of this machine a comparison is of."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.compare.comparison import compare
from wandb_nb.compare.comparison_message import overlay
from wandb_nb.compare.load_inputs import load
from wandb_nb.errors import RunNotFoundError, StoreError
from wandb_nb.store.runs.find import find_run
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.comparison_input import ComparisonInput
    from wandb_nb.compare.comparison_message import Overlay
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.view.message.run_message import Message

LAST = 5
GHOST_POINTS = 8_000


def diff(first: str, second: str, keys: Sequence[str] = ()) -> Comparison:
    """Compare the runs that two references mean: paths, ids, names, "latest", "latest~1".

    Raises RunNotFoundError, with near names, and StoreError.
    """
    return compare([load(find_run(ref)) for ref in (first, second)], keys)


def newest(last: int = LAST, *, group: str | None = None, project: str | None = None) -> list[RunEntry]:
    """Return the *last* newest runs, newest first: of *group* or *project* if given, else of the newest run's project.

    Directories whose run was replaced, or goes on in a later one, don't count.
    """
    entries = [entry for entry in Registry().all() if entry.state not in (REPLACED, CONTINUED)]
    present = (entry for entry in entries if Path(entry.path).is_dir())
    if group is not None:
        fitting = [entry for entry in present if entry.group == group and project in (None, entry.project)]
    else:
        found = list(present)
        wanted = project if project is not None else next((entry.project for entry in found), "")
        fitting = [entry for entry in found if entry.project == wanted]
    return fitting[:last]


def earlier(entry: RunEntry, most: int = LAST) -> list[RunEntry]:
    """Return the *most* newest runs that the notebook of the run *entry* had before, newest first.

    Where nobody knows the notebook's path, those of the same kernel. Its own parts and replaced runs don't count.
    """
    others = (one for one in Registry().all() if one.created < entry.created and one.id != entry.id)
    same = (one for one in others if one.state not in (REPLACED, CONTINUED) and _of_one_notebook(one, entry))
    return list(islice((one for one in same if Path(one.path).is_dir()), most))


def ghosts(entry: RunEntry) -> Overlay:
    """Return those runs in one message, thinned out, to be drawn behind the run *entry*."""
    found = [message for one in earlier(entry) if (message := _message(one)) is not None]
    return overlay(found, GHOST_POINTS)


def several(entries: Sequence[RunEntry], keys: Sequence[str] = ()) -> Comparison:
    """Compare the runs of *entries*, oldest first; those whose files cannot be read are left out.

    Raises RunNotFoundError where fewer than two are left.
    """
    subjects = [one for entry in entries[::-1] if (one := _readable(entry)) is not None]
    if len(subjects) < 2:  # noqa: PLR2004 - that is what comparing takes
        raise RunNotFoundError(
            f"There {'is only one run' if subjects else 'is no run'} to compare here; "
            "`wandb-nb ls` shows the runs of this machine, --group and --project choose others."
        )
    return compare(subjects, keys)


def _of_one_notebook(one: RunEntry, other: RunEntry) -> bool:
    if one.notebook or other.notebook:
        return one.notebook == other.notebook
    if one.kernel or other.kernel:
        return one.kernel == other.kernel
    in_notebook = one.cell and other.cell  # of a kernel that no server knows, as nbclient's
    return bool(in_notebook) and (one.pid, one.host) == (other.pid, other.host)


def _message(entry: RunEntry) -> Message | None:
    stream = RunStream(entry.path)
    try:
        while stream.advance():
            pass
    except StoreError:  # as below
        return None
    return stream.snapshot(GHOST_POINTS)


def _readable(entry: RunEntry) -> ComparisonInput | None:
    try:
        return load(Path(entry.path))
    except StoreError:  # deleted or damaged from its beginning: the others are compared
        return None
