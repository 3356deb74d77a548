"""Continuing a run of this machine: in a new directory, from where the earlier one stopped.

The newest directory of an id holds all that is needed, since each part of a run carries config and summary on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import UsageError
from wandb_nb.store.lock import owner_alive
from wandb_nb.store.registry import Registry
from wandb_nb.tracking.earlier import Earlier

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved
    from wandb_nb.store.registry import Entry


def earlier(settings: Resolved) -> Earlier | None:
    """Return what the run of these *settings* continues; None for a new run.

    UsageError where `resume` does not allow what is found: "must" without a known run, "never" with one, or a
    run that another process, or this one, still writes.
    """
    for name in ("resume_from", "fork_from"):
        if getattr(settings, name) is not None:
            raise UsageError(f"init({name}=...) is not built yet; resume='allow' with an id continues a run at its end")
    if settings.resume is None:
        return None
    if settings.resume == "auto" and settings.run_id is None:
        found = _unfinished(settings.root_dir)
    else:
        found = _newest(settings.run_id)
    _check(settings, found)
    return None if found is None or settings.resume == "never" else _read(found)


def _newest(run_id: str | None) -> Entry | None:
    entries = Registry().find(run_id) if run_id else []
    return next((entry for entry in entries if Path(entry.path).is_dir()), None)


def _unfinished(root: Path | None) -> Entry | None:
    """Return the newest run below *root* if it ended in any way but with exit code 0."""
    here = (root or Path.cwd()).absolute()
    beside = (entry for entry in Registry().all() if Path(entry.path).parent.parent == here)
    newest = next((entry for entry in beside if Path(entry.path).is_dir()), None)
    return newest if newest is not None and newest.exit_code != 0 else None


def _check(settings: Resolved, found: Entry | None) -> None:
    if settings.resume == "must" and found is None:
        named = f"the id {settings.run_id!r}" if settings.run_id else "no id given"
        raise UsageError(
            f"resume='must' finds no run to continue ({named}): 'wandb-nb ls' shows the runs of this machine, "
            "resume='allow' starts a new one"
        )
    if settings.resume == "never" and found is not None:
        raise UsageError(
            f"resume='never', but there is a run {found.id!r} ({found.name}) already: give another id, "
            "or resume='allow' to continue it"
        )
    if found is not None and owner_alive(found.path):
        raise UsageError(f"run {found.id!r} ({found.name}) is still being written by a living process: finish it first")


def _read(found: Entry) -> Earlier:
    from wandb_nb.store.layout import RunDir  # the readers load numpy, which only a resumed run has to
    from wandb_nb.store.reader import Tail
    from wandb_nb.store.replay import RunState

    directory = RunDir.open(found.path)
    state = RunState()
    for number, file in enumerate((directory.run_file, *sorted(directory.segments.glob("*.wandb")))):
        tail = Tail(file)
        tail.settle()
        while payloads := tail.read():
            state.apply(payloads, number)
    steps = state.table.step
    return Earlier(
        run_id=found.id,
        name=state.name,
        project=state.project or None,
        entity=state.entity or None,
        group=state.group or None,
        job_type=state.job_type or None,
        notes=state.notes or None,
        tags=tuple(state.tags),
        next_step=max(state.starting_step, int(steps.max()) + 1 if len(steps) else 0),
        runtime=state.runtime,
        config=state.config,
        summary=dict(state.summary),
        metrics=tuple(state.metrics),
    )
