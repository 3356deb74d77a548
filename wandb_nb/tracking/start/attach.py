"""A run in another process than the one that started it: given along by pickling, or asked for by its id.

What such a process logs goes to a segment of its own, as in a forked child; the owner takes it in when it finishes.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.secrets.redact import Redactor
from wandb_nb.errors import UsageError
from wandb_nb.settings import resolve
from wandb_nb.store.format.layout import RunDir
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.store.writing.writer import RunWriter
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.session.run_directory import RunDirectory
from wandb_nb.tracking.start.identity import RunIdentity
from wandb_nb.tracking.start.resume_state import ResumeState
from wandb_nb.tracking.start.telemetry import FeatureUse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.store.runs.registry import RunEntry


@dataclass(frozen=True)
class Ticket:
    """What another process has to know of a run to log to it."""

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


def attach(run_id: str) -> Run:
    """Return the run *run_id*, which another process of this user on this machine has started and goes on with.

    Logging, config and summary work as in a forked child: all of it is on disk when the call returns and joins the
    run when its owner finishes it; `finish()` ends only what this process logs.  In the process that started the
    run it is that very object.  Raises UsageError when the run has ended, and RunNotFoundError, with near names,
    when there is no such run.
    """
    for run in active_runs.going_on():
        if run.id == run_id:
            return run
    from wandb_nb.store.runs.find import find_run

    folder = find_run(run_id)
    folder = folder.parent if folder.is_file() else folder
    if owner_alive(folder) is False:
        raise UsageError(
            f"run {run_id} in {folder} has ended, so nobody can attach to it; "
            f"init(id={run_id!r}, resume='must') continues it"
        )
    return join(_ticket(folder, run_id))


def join(ticket: Ticket) -> Run:
    """Return the run that *ticket* is for, the same object each time."""
    for run in active_runs.going_on():
        if run.id == ticket.run_id and str(run.directory) == ticket.directory:
            return run
    run = AttachedRun(ticket)
    active_runs.add(run, make_current=active_runs.current() is None)
    return run


def ticket_of(run: Run) -> Ticket:
    """Return what `join` needs in another process, which may be about to log."""
    run.expect_others()
    return Ticket(
        directory=str(run.directory),
        run_id=run.id,
        name=run.name,
        start_time=run.start_time,
        project=run.identity.project,
        entity=run.identity.entity,
        silent=run.settings.silent,
        step=run.step,
        config=json.loads(json.dumps(run.config.as_dict(), default=str)),
        metrics=run.definitions,
    )


class AttachedDirectory(RunDirectory):
    """The place of a run that another process owns: only a segment there is written from here."""

    def __init__(self, ticket: Ticket, notice: Callable[[str], None]) -> None:  # the owner's has made everything
        folder = Path(ticket.directory)
        self._dir = RunDir(folder, ticket.run_id)
        self.writer = RunWriter(self._dir.run_file, warn=notice, owner=False)
        self.redact = Redactor(os.environ)
        self.observers = self.online = None
        self.linked = set()
        self.entry: RunEntry | None = None

    def take_stop_request(self) -> bool:
        """Return False: the request is for the owner."""
        return False


class AttachedRun(Run):
    """The run as this process holds it, which did not start it."""

    def __init__(self, ticket: Ticket) -> None:
        settings = resolve({}, given={"silent": ticket.silent}, setup=None)
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
        place = AttachedDirectory(ticket, self.notice)
        used = FeatureUse(enabled=False)
        earlier = ResumeState(next_step=ticket.step, config=ticket.config)
        super().__init__(identity, settings, "offline", place.writer, place, {}, used, earlier)
        for metric in ticket.metrics:
            self._history.metrics.define(metric, overwrite=False)  # the owner has recorded it
        self._history.attached()


def _ticket(folder: Path, run_id: str) -> Ticket:
    from wandb_nb.store.reading.run_state import replayed  # brings numpy
    from wandb_nb.store.reading.tail import Tail, data_files

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
