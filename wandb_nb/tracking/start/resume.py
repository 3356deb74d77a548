"""The run that an `init()` continues: resumed at its end, rewound to a step, or forked.

It continues in a new directory that names its predecessor; readers join the two.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import CommError, UsageError
from wandb_nb.host import command
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.store.format.layout import run_file_name, workspace
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.surroundings import is_file
from wandb_nb.tracking.start.resume_file import ResumeFile
from wandb_nb.tracking.start.resume_state import ResumeState, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from wandb_nb.settings import Resolved
    from wandb_nb.settings.value_types import Moment
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.online.server_lookup import ServerLookup

_SUPERSEDED = (REPLACED, CONTINUED)


def starting(settings: Resolved) -> AbstractContextManager[None]:
    """Return a block in which no other process of this user starts the run that *settings* name, if they name one.

    The block raises UsageError if one is starting it for minutes.
    """
    run_id = settings.resume_from.run_id if settings.resume_from else settings.run_id
    if run_id is None and settings.resume == "auto":  # the unfinished run of this folder, whichever it is
        run_id = str(workspace(settings.root_dir).absolute())
    return nullcontext() if run_id is None else Registry().starting(run_id)


def find_previous(
    settings: Resolved, notice: Callable[[str], Any], server: ServerLookup | None = None
) -> ResumeState | None:
    """Return the run that these *settings* continue; None for a new run, which replaces one of its id.

    *server* is that of an online run. Of a run that this machine and the server have, the longer one counts.

    Raises:
        UsageError: `resume` does not allow it: "must" without such a run, "never" with one, an id that was deleted, a
            step that the run does not have, or a run that a process still writes.
        CommError: The server does not answer where online mode was requested explicitly.

    """
    _check_id(settings)
    if settings.resume_from is not None:
        return _at(settings.resume_from, settings, "resume_from", server)
    if settings.fork_from is not None:
        return _at(settings.fork_from, settings, "fork_from", server).forked()
    entry = _newest(settings.run_id, settings.project) if settings.run_id else None
    if settings.resume == "auto":
        entry = _unfinished(settings, entry, notice)
    run_id = entry.id if entry is not None else settings.run_id
    remote = server.find(run_id) if server and settings.resume and run_id else None
    existing = entry or remote
    _check_resume(settings, None if existing is None else existing.name, server)
    if settings.resume in (None, "never"):
        return None
    return _longer(None if entry is None else read(entry), remote)


def active_entry(run_id: str, project: str | None) -> RunEntry | None:
    """Return the directory in which a process of this machine writes the run at this moment."""
    return next((entry for entry in _directories(run_id, project) if owner_alive(entry.path)), None)


def _longer(local: ResumeState | None, remote: ResumeState | None) -> ResumeState | None:
    """Return the state with more steps; the local one, which has more fields, where both have the same."""
    if local is None or remote is None or remote.next_step <= local.next_step:
        return local or remote
    attempt = max(local.attempt, remote.attempt)
    return remote._replace(
        group=local.group, job_type=local.job_type, project=local.project, entity=local.entity, attempt=attempt
    )


def _directories(run_id: str, project: str | None) -> list[RunEntry]:
    """Return the directories of the run that are not replaced, newest first; ids are unique in a project."""
    entries = (entry for entry in Registry().find(run_id) if entry.state != REPLACED)
    return [entry for entry in entries if project in (None, entry.project) and is_file(_file(entry))]


def _newest(run_id: str, project: str | None) -> RunEntry | None:
    return next(iter(_directories(run_id, project)), None)


def _file(entry: RunEntry) -> Path:
    return Path(entry.path) / run_file_name(entry.id)


def _check_id(settings: Resolved) -> None:
    """Refuse an id that was deleted, or that a process writes at this moment."""
    run_id, project = settings.run_id, settings.project or DEFAULT_PROJECT
    if run_id is None:
        return
    if Registry().is_deleted(run_id, project):
        raise UsageError(
            f"the id {run_id!r} belonged to a deleted run of project {project!r} and cannot be used again; "
            "give another id, or none"
        )
    for entry in _directories(
        run_id, settings.project or (None if settings.resume or settings.resume_from else project)
    ):
        if owner_alive(entry.path):
            raise UsageError(
                f"run {run_id!r} ({entry.name}) is still written by a running process (pid {entry.pid} on "
                f"{entry.host}): finish it first, or give another id"
            )


def _at(moment: Moment, settings: Resolved, argument: str, server: ServerLookup | None) -> ResumeState:
    """Return the run of *moment* as it was at its step."""
    entry = _newest(moment.run_id, settings.project) or _newest(moment.run_id, None)
    local = None if entry is None else read(entry, moment.step)
    if local is not None and local.last_step >= moment.step:
        return local
    if server is not None and (remote := server.at(moment, argument)) is not None:
        return remote
    if entry is None or local is None:
        raise UsageError(
            f"{argument} names run {moment.run_id!r}, which does not exist on this machine"
            f"{'' if server is None else ' or on the server'}; '{command('ls')}' lists the runs"
        )
    raise UsageError(
        f"{argument} names step {moment.step} of run {moment.run_id!r} ({entry.name}), whose steps end at "
        f"{local.last_step}"
    )


def _unfinished(settings: Resolved, entry: RunEntry | None, notice: Callable[[str], Any]) -> RunEntry | None:
    """Return the run that resume="auto" continues: *entry*, of a given id, else the unfinished one of this folder.

    That is the run which the resume file names, else the last one that did not end with exit code 0. A run that is
    still active is left alone.
    """
    folder = workspace(settings.root_dir).absolute()
    recorded_id = ResumeFile(folder).read()
    if settings.run_id is not None:
        if recorded_id not in (None, settings.run_id):
            notice(
                f"resume='auto' continues the given id {settings.run_id}, not the unfinished run {recorded_id}; "
                "leave the id out to continue that one"
            )
        return entry
    if recorded_id is not None and (recorded := _newest(recorded_id, None)) is not None:
        return None if owner_alive(recorded.path) else recorded
    entries = (each for each in Registry().all() if each.state not in _SUPERSEDED)
    last = next((each for each in entries if Path(each.path).parent == folder and is_file(_file(each))), None)
    return None if last is None or last.exit_code == 0 or owner_alive(last.path) else last


def _check_resume(settings: Resolved, name: str | None, server: ServerLookup | None) -> None:
    """Refuse what `resume` does not allow; *name* is that of the existing run, None for none."""
    if settings.resume == "must" and name is None:
        id_text = f"the id {settings.run_id!r}" if settings.run_id else "no id given"
        if server is not None and server.failed:
            raise CommError(
                f"resume='must' finds no run to continue here ({id_text}), and {settings.base_url} could not be asked: "
                "check the address and the network"
            )
        raise UsageError(
            f"resume='must' finds no run to continue ({id_text}): '{command('ls')}' shows the runs of this machine, "
            "resume='allow' starts a new one"
        )
    if settings.resume == "never" and name is not None:
        raise UsageError(
            f"resume='never', but run {settings.run_id!r} ({name}) exists: give another id, "
            "or resume='allow' to continue it"
        )
