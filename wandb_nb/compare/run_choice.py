"""Selection of the runs of this machine to compare."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.compare.comparison import compare
from wandb_nb.compare.comparison_message import overlay
from wandb_nb.compare.load_inputs import load
from wandb_nb.errors import RunNotFoundError, StoreError
from wandb_nb.host import command
from wandb_nb.store.runs.find import find_run
from wandb_nb.store.runs.notebook_runs import of_one_notebook
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
BACKGROUND_POINTS = 8_000


def compare_pair(first: str, second: str, keys: Sequence[str] = ()) -> Comparison:
    """Compare the runs of two references: paths, ids, names, "latest", "latest~1".

    Raises:
        RunNotFoundError: There is no such run; the message suggests similar names.
        StoreError: A run file cannot be read.

    """
    return compare([load(find_run(ref)) for ref in (first, second)], keys)


def newest_runs(last: int = LAST, *, group: str | None = None, project: str | None = None) -> list[RunEntry]:
    """Return the *last* newest runs, newest first: of *group* or *project* if given, else of the newest run's project.

    Replaced runs, and directories whose run continues in a later one, do not count.
    """
    entries = [entry for entry in Registry().all() if entry.state not in (REPLACED, CONTINUED)]
    present = (entry for entry in entries if Path(entry.path).is_dir())
    if group is not None:
        matching = [entry for entry in present if entry.group == group and project in (None, entry.project)]
    else:
        entries = list(present)
        chosen = project if project is not None else next((entry.project for entry in entries), "")
        matching = [entry for entry in entries if entry.project == chosen]
    return matching[:last]


def earlier_runs(entry: RunEntry, most: int = LAST) -> list[RunEntry]:
    """Return the *most* newest earlier runs of the notebook of *entry*, newest first.

    If the notebook's path is unknown, those of the same kernel count. Parts of the run itself and replaced runs do not.
    """
    others = (one for one in Registry().all() if one.created < entry.created and one.id != entry.id)
    same = (one for one in others if one.state not in (REPLACED, CONTINUED) and of_one_notebook(one, entry))
    return list(islice((one for one in same if Path(one.path).is_dir()), most))


def background_runs(entry: RunEntry) -> Overlay:
    """Return the earlier runs in one downsampled message, for the background of the charts of *entry*."""
    messages = [message for one in earlier_runs(entry) if (message := _message(one)) is not None]
    return overlay(messages, BACKGROUND_POINTS)


def compare_entries(entries: Sequence[RunEntry], keys: Sequence[str] = ()) -> Comparison:
    """Compare the runs of *entries*, oldest first, without those whose files cannot be read.

    Raises:
        RunNotFoundError: Fewer than two runs are left.

    """
    inputs = [one for entry in entries[::-1] if (one := _load_or_none(entry)) is not None]
    if len(inputs) < 2:  # noqa: PLR2004 -- a pair
        raise RunNotFoundError(
            f"there {'is only one run' if inputs else 'is no run'} to compare here; "
            f"'{command('ls')}' lists the runs of this machine, --group and --project select others"
        )
    return compare(inputs, keys)


def _message(entry: RunEntry) -> Message | None:
    stream = RunStream(entry.path)
    try:
        while stream.advance():
            pass
    except StoreError:  # see _load_or_none
        return None
    return stream.snapshot(BACKGROUND_POINTS)


def _load_or_none(entry: RunEntry) -> ComparisonInput | None:
    try:
        return load(Path(entry.path))
    except StoreError:  # deleted, or damaged from the start: the others are compared
        return None
