"""Processes of this machine that give the same id and log to one run: in mode "shared", and programs that a run starts.

In mode "shared" the first one starts the run, or the one that is the primary process. The others attach to it, as
`attach()` does. So does a program that inherits WANDB_RUN_ID from the process that writes the run of this id.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import CommError
from wandb_nb.surroundings import host_name
from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.start.attach import attach_folder
from wandb_nb.tracking.start.resume import active_entry, starting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.settings import Resolved
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.run import Run

POLL_INTERVAL_SECONDS = 0.05


def join_or_start(settings: Resolved, config: Mapping[str, Any], start: Callable[[Resolved], Run]) -> Run:
    """Return the run that another process writes, with *config* added, or the one that *start* makes.

    *start* gets settings under which a run of that id which has ended is continued.

    Raises:
        CommError: Another process has to start the run, and none does within `init_timeout`.

    """
    if not (settings.x_primary and settings.x_update_finish_state):
        _await_primary(settings)
    continued = settings.resume or settings.resume_from or settings.fork_from
    settings = settings if continued else settings.replace("mode='shared'", resume="allow")
    with starting(settings):
        entry = _active_entry(settings)
        if entry is None:
            run = start(settings)
            session_of(run).logger.enable_shared_steps()  # before another process joins
            return run
    return _attach(entry, config)


def join_parents_run(settings: Resolved, config: Mapping[str, Any]) -> Run | None:
    """Return the run that WANDB_RUN_ID names, with *config* added, if a process that started this one writes it."""
    entry = None if settings.resume == "never" else _active_entry(settings)
    return _attach(entry, config) if entry is not None and _is_ancestor(entry) else None


def _attach(entry: RunEntry, config: Mapping[str, Any]) -> Run:
    run = attach_folder(Path(entry.path), entry.id)
    run.config.update(dict(config), allow_val_change=True)
    return run


def _is_ancestor(entry: RunEntry) -> bool:
    """Return whether the process that writes the run of *entry* has started this one, maybe through others."""
    import psutil  # takes 10 ms to load

    return entry.host == host_name() and any(each.pid == entry.pid for each in psutil.Process().parents())


def _await_primary(settings: Resolved) -> None:
    """Wait until another process has started the run."""
    until = time.monotonic() + settings.init_timeout
    while _active_entry(settings) is None:
        if time.monotonic() >= until:
            raise CommError(
                f"no process of this machine started the shared run {settings.run_id!r} within "
                f"{settings.init_timeout:g} s: start the primary process, or raise init_timeout"
            )
        time.sleep(POLL_INTERVAL_SECONDS)


def _active_entry(settings: Resolved) -> RunEntry | None:
    return active_entry(settings.run_id or "", settings.project)
