"""The active runs of this process, and the one that module-level calls act on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from wandb_nb.tracking.process.exit_hooks import ExitWatch
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from wandb_nb.tracking.run import Run

_active: list[Run] = []
_current: Run | None = None


def current() -> Run | None:
    """Return the run that module-level calls act on; in a forked child its parent's until it has its own."""
    return _current


def all_runs() -> list[Run]:
    """Return the active runs that this process logs to, those of other processes included, oldest first."""
    return list(_active)


def own() -> list[Run]:
    """Return the active runs that this process started, oldest first."""
    return [run for run in _active if session_of(run).is_owner]


def add(run: Run, *, make_current: bool) -> None:
    """Add *run* to the active ones until it finishes; it is finished when the interpreter ends."""
    global _current  # noqa: PLW0603 -- `wandb.run` is one per process
    exit_watch.install()
    session_of(run).on_finish.append(partial(_remove, run))
    _active.append(run)
    if make_current:
        _current = run


def _remove(run: Run) -> None:
    global _current  # noqa: PLW0603 -- as above
    if run in _active:
        _active.remove(run)
    if _current is run:
        _current = None


def _finish_all(exit_code: int) -> None:
    for run in reversed(own()):
        _finish(run, exit_code)


def _finish(run: Run, exit_code: int) -> None:
    try:
        run.finish(exit_code or session_of(run).default_exit_code)
    except Exception as error:  # noqa: BLE001 -- the other runs must be finished, too
        session_of(run).notice(f"run {run.name} could not be finished ({type(error).__name__}: {error})")


exit_watch = ExitWatch(_finish_all)
