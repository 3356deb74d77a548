"""The list of this machine's runs, the same for `wandb-nb ls`, `%wandb ls` and completion."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from wandb_nb.formatting import age, align, clean, clock
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.store.writing.owner_lock import owner_alive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wandb_nb.store.runs.registry import RunEntry

MAX_LISTED = 20
MAX_LABEL, MAX_ID = 24, 64
"""Characters of a name or project, so that a line fits the output of a notebook; an id is needed whole."""
MAX_COMPLETIONS = 200  # Tab must not wait for thousands of files
HEADS = ("STATE", "PROJECT", "NAME", "ID", "STEPS", "STARTED", "DURATION")


class ListedRun(TypedDict):
    """One run of the list. Times are seconds, `created` since 1970; `duration` is None while the run is active."""

    state: str
    project: str
    name: str
    id: str
    steps: int | None
    created: float
    duration: float | None
    path: str


def list_runs(project: str | None = None, limit: int = MAX_LISTED) -> list[ListedRun]:
    """Return the newest *limit* runs, newest first; of *project* if given."""
    entries = (entry for entry in current_entries() if project in (None, entry.project))
    return [_listed(entry) for entry in itertools.islice(entries, limit)]


def table(runs: Sequence[ListedRun]) -> list[str]:
    """Return *runs* as aligned lines under a line of heads."""
    return align([HEADS, *map(_row, runs)], MAX_ID)


def completions(prefix: str = "") -> dict[str, str]:
    """Return what names a run, with a description of the run: ids, names without blanks, `latest` and `latest~1`."""
    runs = list(itertools.islice(current_entries(), MAX_COMPLETIONS))
    words: dict[str, str] = {}
    for back, entry in enumerate(runs[:2]):
        words["latest" if back == 0 else f"latest~{back}"] = _description(entry)
    for entry in runs:  # of equal names the newest one is meant
        names = [name for name in (entry.name, entry.id) if name and not any(map(str.isspace, name))]
        for name in names:
            words.setdefault(name, _description(entry))
    return {word: text for word, text in words.items() if word.startswith(prefix)}


def field_values(field: str) -> list[str]:
    """Return the distinct values without blanks of a registry *field*, such as "project", of the newest runs."""
    newest = itertools.islice(Registry().all(), MAX_COMPLETIONS)
    values = (getattr(entry, field, None) for entry in newest)
    return sorted({str(value) for value in values if value and not any(map(str.isspace, str(value)))})


def metric_names() -> list[str]:
    """Return the names without blanks in the summaries of the newest runs."""
    newest = itertools.islice(current_entries(), MAX_LISTED)
    names = {name for entry in newest for name in entry.summary if not name.startswith("_")}
    return sorted(name for name in names if not any(map(str.isspace, name)))


def current_entries() -> Iterator[RunEntry]:
    """Yield the entries of the registry, newest first, without those that a later run replaced or continued."""
    entries: Iterable[RunEntry] = Registry().all()
    return (entry for entry in entries if entry.state not in (CONTINUED, REPLACED))


def state_of(entry: RunEntry) -> str:
    """Return the state of *entry*. A run whose process is gone and that has no exit record has crashed."""
    path = Path(entry.path)
    if not path.exists():
        return "deleted"
    return "crashed" if entry.state == "running" and owner_alive(path) is False else entry.state


def _listed(entry: RunEntry) -> ListedRun:
    steps = entry.summary.get("_step")
    return {
        "state": state_of(entry),
        "project": entry.project,
        "name": entry.name,
        "id": entry.id,
        "steps": steps + 1 if isinstance(steps, int) else None,
        "created": entry.created,
        "duration": None if entry.ended is None else max(0.0, entry.ended - entry.created),
        "path": entry.path,
    }


def _row(run: ListedRun) -> tuple[Any, ...]:
    steps = "-" if run["steps"] is None else run["steps"]
    duration = "-" if run["duration"] is None else clock(run["duration"])
    project, name = clean(run["project"], MAX_LABEL), clean(run["name"], MAX_LABEL)
    return run["state"], project, name, run["id"], steps, f"{age(run['created'])} ago", duration


def _description(entry: RunEntry) -> str:
    return clean(" · ".join(filter(None, (entry.name, entry.state, entry.project, f"{age(entry.created)} ago"))), 200)
