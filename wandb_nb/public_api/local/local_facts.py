"""What the records of a run on this machine say of it besides its rows; kept for ended runs, so that lists are fast."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.atomic_file import replacement
from wandb_nb.store.format.layout import run_file_name
from wandb_nb.store.reading.run_state import replayed
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.run_chain import parts
from wandb_nb.store.runs.run_source import sources

if TYPE_CHECKING:
    from wandb_nb.store.runs.registry import RunEntry

_VERSION = 1
"""Of the form of a stored file; one of another version is read anew from the run."""


@dataclass(frozen=True)
class LocalFacts:
    """The values of a run, as its records add up. *runtime* is in seconds; *exit_code* is None until the run ends."""

    name: str
    notes: str
    group: str
    job_type: str
    tags: list[str]
    host: str
    sweep: str
    git_remote: str
    git_commit: str
    starting_step: int
    start_time: float | None
    runtime: float
    exit_code: int | None
    config: dict[str, Any]
    config_wandb: dict[str, Any]
    summary: dict[str, Any]
    stats: dict[str, Any]


_NAMES = tuple(field.name for field in fields(LocalFacts))


def read_facts(entry: RunEntry) -> LocalFacts:
    """Return the facts of the run of *entry*: those stored if its file is as it was then, else from its records.

    Raises:
        StoreError: A file of the run cannot be read.

    """
    stored, identity = Registry().facts_file(entry), _identity(entry)
    facts = _stored_facts(stored, identity)
    if facts is None:
        facts = _facts(Path(entry.path))
        if facts.exit_code is not None and identity:
            _store(stored, identity, facts)
    return facts


def _facts(folder: Path) -> LocalFacts:
    state = replayed(sources(parts(folder)), with_rows=False)
    if state.exit_code is None:  # the summary of a run that has not ended is in its rows
        state = replayed(sources(parts(folder)))
    return LocalFacts(**{name: getattr(state, name) for name in _NAMES})


def _identity(entry: RunEntry) -> list[int]:
    """Return what changes whenever the run's file does; empty if there is no file."""
    try:
        status = Path(entry.path, run_file_name(entry.id)).stat()
    except OSError:
        return []
    return [_VERSION, status.st_size, status.st_mtime_ns, status.st_ino]


def _stored_facts(file: Path, identity: list[int]) -> LocalFacts | None:
    try:
        content = json.loads(file.read_bytes())
        return LocalFacts(**content["facts"]) if content["identity"] == identity else None
    except (OSError, ValueError, TypeError, KeyError):  # none, or of another version: the run's records count
        return None


def _store(file: Path, identity: list[int], facts: LocalFacts) -> None:
    with suppress(OSError):  # the next list reads the run again
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacement(file, private=True) as unfinished:
            unfinished.write_text(json.dumps({"identity": identity, "facts": asdict(facts)}), "utf-8")
