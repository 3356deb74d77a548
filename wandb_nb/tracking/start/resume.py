"""Which run of this machine an `init()` goes on from: resumed at its end, rewound to a step, or branched off.

The run goes on in a new directory, which says what it continues; readers join the two.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import CommError, UsageError
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.store.format.layout import run_file_name, workspace
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.tracking.start.resume_file import ResumeFile
from wandb_nb.tracking.start.resume_state import ResumeState, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.settings import Resolved
    from wandb_nb.settings.value_types import Moment
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.start.server_lookup import ServerLookup

_ENDED_EARLIER = (REPLACED, CONTINUED)


def earlier(settings: Resolved, notice: Callable[[str], Any], remote: ServerLookup | None = None) -> ResumeState | None:
    """Return what the run of these *settings* goes on from; None for a new run, which replaces one of its id.

    *remote* is the server of an online run: of a run that both know, what got further counts.  UsageError where
    `resume` does not allow what is found: "must" without a known run, "never" with one, an id that was deleted, a
    step that the run does not have, or a run that another process, or this one, still writes.
    """
    _check_id(settings)
    if settings.resume_from is not None:
        return _at(settings.resume_from, settings, "resume_from", remote)
    if settings.fork_from is not None:
        return _at(settings.fork_from, settings, "fork_from", remote).forked()
    found = _newest(settings.run_id, settings.project) if settings.run_id else None
    if settings.resume == "auto":
        found = _auto(settings, found, notice)
    run_id = found.id if found is not None else settings.run_id
    there = remote.find(run_id) if remote and settings.resume and run_id else None
    _check(settings, _name(found or there), remote)
    if settings.resume in (None, "never"):
        return None
    here = None if found is None else read(found)
    return _further(here, there)


def _name(found: RunEntry | ResumeState | None) -> str | None:
    return None if found is None else found.name


def _further(here: ResumeState | None, there: ResumeState | None) -> ResumeState | None:
    """Return what got further; this machine knows more of a run that is as far here."""
    if here is None or there is None or there.next_step <= here.next_step:
        return here or there
    attempt = max(here.attempt, there.attempt)
    return replace(
        there, group=here.group, job_type=here.job_type, project=here.project, entity=here.entity, attempt=attempt
    )


def _known(run_id: str, project: str | None) -> list[RunEntry]:
    """Return the directories of the run that still count, newest first; an id belongs to its project."""
    entries = (entry for entry in Registry().find(run_id) if entry.state != REPLACED)
    return [entry for entry in entries if project in (None, entry.project) and _file(entry).is_file()]


def _newest(run_id: str, project: str | None) -> RunEntry | None:
    return next(iter(_known(run_id, project)), None)


def _file(entry: RunEntry) -> Path:
    return Path(entry.path) / run_file_name(entry.id)


def _check_id(settings: Resolved) -> None:
    """Refuse an id that was deleted, or that somebody writes at this moment."""
    run_id, project = settings.run_id, settings.project or DEFAULT_PROJECT
    if run_id is None:
        return
    if Registry().is_deleted(run_id, project):
        raise UsageError(
            f"the id {run_id!r} belonged to a deleted run of project {project!r} and cannot be used again; "
            "give another id, or none"
        )
    for entry in _known(run_id, settings.project or (None if settings.resume or settings.resume_from else project)):
        if owner_alive(entry.path):
            raise UsageError(
                f"run {run_id!r} ({entry.name}) is still being written by a living process (pid {entry.pid} on "
                f"{entry.host}): finish it first, or give another id"
            )


def _at(moment: Moment, settings: Resolved, argument: str, remote: ServerLookup | None) -> ResumeState:
    """Return the run of *moment* as it was at its step."""
    found = _newest(moment.run_id, settings.project) or _newest(moment.run_id, None)
    known = None if found is None else read(found, moment.step)
    if known is not None and known.last_step >= moment.step:
        return known
    if remote is not None and (there := remote.at(moment, argument)) is not None:
        return there
    if found is None or known is None:
        raise UsageError(
            f"{argument} names the run {moment.run_id!r}, which is not known on this machine"
            f"{'' if remote is None else ' or on the server'}; 'wandb-nb ls' shows those that are"
        )
    raise UsageError(
        f"{argument} names step {moment.step} of run {moment.run_id!r} ({found.name}), whose steps end at "
        f"{known.last_step}"
    )


def _auto(settings: Resolved, found: RunEntry | None, notice: Callable[[str], Any]) -> RunEntry | None:
    """Return the run that resume="auto" goes on with: the one of the id given, else the one of this folder.

    That is the run which the resume file names, else the last one that ended in any way but with exit code 0.  A
    living run has not ended, and is left alone.
    """
    folder = workspace(settings.root_dir).absolute()
    noted = ResumeFile(folder).read()
    if settings.run_id is not None:
        if noted not in (None, settings.run_id):
            notice(f"resume='auto' goes on with the given id {settings.run_id}, not with the unfinished run {noted}")
        return found
    if noted is not None and (named := _newest(noted, None)) is not None:
        return None if owner_alive(named.path) else named
    entries = (entry for entry in Registry().all() if entry.state not in _ENDED_EARLIER)
    last = next((entry for entry in entries if Path(entry.path).parent == folder and _file(entry).is_file()), None)
    return None if last is None or last.exit_code == 0 or owner_alive(last.path) else last


def _check(settings: Resolved, found: str | None, remote: ServerLookup | None) -> None:
    """Refuse what `resume` does not allow; *found* is the name of the run that is there, None for none."""
    if settings.resume == "must" and found is None:
        named = f"the id {settings.run_id!r}" if settings.run_id else "no id given"
        if remote is not None and remote.failed:
            raise CommError(
                f"resume='must' finds no run to continue here ({named}), and {settings.base_url} could not be asked: "
                "check address and network"
            )
        raise UsageError(
            f"resume='must' finds no run to continue ({named}): 'wandb-nb ls' shows the runs of this machine, "
            "resume='allow' starts a new one"
        )
    if settings.resume == "never" and found is not None:
        raise UsageError(
            f"resume='never', but there is a run {settings.run_id!r} ({found}) already: give another id, "
            "or resume='allow' to continue it"
        )
