"""The runs of this process that go on, and the one that module-level calls act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.tracking.process.exit_hooks import ExitWatch

if TYPE_CHECKING:
    from wandb_nb.tracking.run import Run

_going_on: list[Run] = []
_current: Run | None = None


def current() -> Run | None:
    """Return the run that module-level calls act on; in a forked child that is its parent's until it has its own."""
    return _current


def going_on() -> list[Run]:
    """Return the runs that this process knows and that go on, those of others among them, oldest first."""
    return list(_going_on)


def own() -> list[Run]:
    """Return the runs that this very process started and that go on, oldest first."""
    return [run for run in _going_on if not run.is_child]


def add(run: Run, *, make_current: bool) -> None:
    """Note that *run* goes on, and see to it that it is finished when the interpreter ends."""
    global _current  # noqa: PLW0603 -- `wandb.run` is one a process
    watch.install()
    _going_on.append(run)
    if make_current:
        _current = run


def remove(run: Run) -> None:
    """Note that *run* has ended."""
    global _current  # noqa: PLW0603 -- as above
    if run in _going_on:
        _going_on.remove(run)
    if _current is run:
        _current = None


def _finish_all(exit_code: int) -> None:
    for run in reversed(own()):
        _finish(run, exit_code)


def _finish(run: Run, exit_code: int) -> None:
    try:
        run.finish(exit_code)
    except Exception as error:  # noqa: BLE001 -- the other runs want to be finished, too
        run.notice(f"run {run.name} could not be finished ({type(error).__name__}: {error})")


def _look_out() -> None:
    for run in own():
        run.look_soon()


watch = ExitWatch(_finish_all, _look_out)
