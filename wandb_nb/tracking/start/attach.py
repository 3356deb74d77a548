"""A run in another process than the one that started it, by pickling or by its id.

What such a process logs goes to a segment of its own, as in a forked child; the owner merges it when it finishes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.settings import resolve
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.rows.periodic_checks import PeriodicChecks
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.session.notices import NoticeQueue
from wandb_nb.tracking.session.run_directory import RunDirectory
from wandb_nb.tracking.session.run_session import RunSession
from wandb_nb.tracking.start.identity import RunIdentity
from wandb_nb.tracking.start.resume_state import ResumeState
from wandb_nb.tracking.start.telemetry import FeatureUse
from wandb_nb.tracking.terminal.presenter import presenter, wants_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.store.metrics.definition import Metric


@dataclass(frozen=True)
class Ticket:
    """What another process needs to know to log to a run."""

    directory: str
    run_id: str
    name: str
    start_time: float
    project: str | None = None
    entity: str | None = None
    silent: bool = False
    step: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()


def attach(attach_id: str | None = None, run_id: str | None = None, *, run: Run | None = None) -> Run:
    """Return the active run of that id which another process of this user on this machine has started.

    *attach_id* and *run_id* are two names of the id; *run* is a run itself, as another process sent it.

    Logging, config and summary work as in a forked child: everything is on disk when the call returns and joins the
    run when its owner finishes it; `finish()` ends only what this process logs. In the process that started the run,
    the very same object is returned.

    Raises:
        UsageError: The run has ended, or no id is given.
        RunNotFoundError: There is no such run; the message lists similar names.

    """
    if run is not None:
        return run
    run_id = attach_id or run_id
    if run_id is None:
        raise UsageError("attach() needs the id of an active run: attach(run_id='...')")
    for active in active_runs.all_runs():
        if active.id == run_id:
            return active
    from wandb_nb.store.runs.find import find_run

    folder = find_run(run_id)
    return attach_folder(folder.parent if folder.is_file() else folder, run_id)


def attach_folder(folder: Path, run_id: str) -> Run:
    """Return the active run in *folder*; see `attach`.

    Raises:
        UsageError: The run has ended.

    """
    if owner_alive(folder) is False:
        raise UsageError(
            f"run {run_id} in {folder} has ended, so no process can attach to it; "
            f"init(id={run_id!r}, resume='must') continues it"
        )
    return join(_read_ticket(folder, run_id))


def join(ticket: Ticket) -> Run:
    """Return the run that *ticket* is for, the same object each time."""
    for run in active_runs.all_runs():
        if run.id == ticket.run_id and str(run.directory) == ticket.directory:
            return run
    run = Run(_attached_session(ticket))
    active_runs.add(run, make_current=active_runs.current() is None)
    return run


def ticket_of(run: Run) -> Ticket:
    """Return what `join` needs in another process, which may log soon."""
    session = session_of(run)
    session.logger.enable_shared_steps()
    return Ticket(
        directory=str(run.directory),
        run_id=run.id,
        name=run.name,
        start_time=run.start_time,
        project=session.identity.project,
        entity=session.identity.entity,
        silent=run.settings.silent,
        step=run.step,
        config=json.loads(json.dumps(run.config.as_dict(), default=str)),
        metrics=tuple(session.logger.metrics),
    )


def _attached_session(ticket: Ticket) -> RunSession:
    """Return a session that writes a segment of its own in the directory of the run's owner."""
    settings = resolve({}, settings={"silent": ticket.silent}, setup=None)
    identity = RunIdentity(
        id=ticket.run_id,
        name=ticket.name,
        project=ticket.project,
        entity=ticket.entity,
        group=None,
        job_type=None,
        notes=None,
        tags=(),
        start_time=ticket.start_time,
        host="",
        git=None,
    )
    checks = PeriodicChecks(active_runs.exit_watch.check_streams)
    notices = NoticeQueue(identity, presenter, checks, enabled=wants_warnings(settings))
    session = RunSession(
        identity,
        settings,
        "offline",
        directory=RunDirectory.attach(Path(ticket.directory), ticket.run_id, notices.add),
        config={},
        features=FeatureUse(enabled=False),
        resume=ResumeState(next_step=ticket.step, config=ticket.config),
        notices=notices,
        checks=checks,
        owner=False,
    )
    for metric in ticket.metrics:
        session.logger.metrics.define(metric, overwrite=False)  # the owner has recorded it
    return session


def _read_ticket(folder: Path, run_id: str) -> Ticket:
    from wandb_nb.store.format.layout import data_files
    from wandb_nb.store.reading.run_state import replayed  # brings numpy
    from wandb_nb.store.reading.tail import Tail

    state = replayed(map(Tail, data_files(folder)))
    steps = state.table.step
    return Ticket(
        directory=str(folder),
        run_id=run_id,
        name=state.name,
        start_time=state.start_time or 0.0,
        project=state.project or None,
        entity=state.entity or None,
        step=int(steps.max()) + 1 if len(steps) else state.starting_step,
        config=state.config,
        metrics=tuple(state.metrics),
    )
