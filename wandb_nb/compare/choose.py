"""Which runs of this machine a comparison is of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.compare.comparison import compare
from wandb_nb.compare.load import load
from wandb_nb.errors import RunNotFoundError, StoreError
from wandb_nb.store.find import find_run
from wandb_nb.store.registry import CONTINUED, REPLACED, Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.subject import Subject
    from wandb_nb.store.registry import Entry

LAST = 5


def diff(first: str, second: str, keys: Sequence[str] = ()) -> Comparison:
    """Compare the runs that two references mean: paths, ids, names, "latest", "latest~1".

    Raises RunNotFoundError, with near names, and StoreError.
    """
    return compare([load(find_run(ref)) for ref in (first, second)], keys)


def newest(last: int = LAST, *, group: str | None = None, project: str | None = None) -> list[Entry]:
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


def several(entries: Sequence[Entry], keys: Sequence[str] = ()) -> Comparison:
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


def _readable(entry: Entry) -> Subject | None:
    try:
        return load(Path(entry.path))
    except StoreError:  # deleted or damaged from its beginning: the others are compared
        return None
