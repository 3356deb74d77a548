"""Starts and ends the record of a run's fits: the hooks on the libraries, and the options of the program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from wandb_nb.autolog import booster_trainings, keras_fits, program_arguments, recorded_runs
from wandb_nb.autolog.autolog_options import AutologOptions
from wandb_nb.autolog.estimator_hooks import EstimatorHooks
from wandb_nb.errors import Error
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from wandb_nb.tracking.run import Run

_hooks = (EstimatorHooks(), *booster_trainings.hooks, *keras_fits.hooks, *program_arguments.hooks)


def start(run: Run, value: Any) -> None:
    """Record the fits of *run* until it finishes, as *value*, the argument of `init(magic=)`, asks for.

    Options that cannot be understood are reported, and count as none.
    """
    session = session_of(run)
    try:
        options = AutologOptions(value)
    except Error as error:
        session.notice(f"the options of magic for run {run.name} are left out: {error}", "magic-options")
        options = AutologOptions(True)
    if session.directory is None or not options.is_on():
        return
    recorded_runs.add(run, options)
    session.before_finish.append(partial(_finish, run))
    program_arguments.remember_parsed()
    for hooks in _hooks:
        hooks.install()


def _finish(run: Run) -> None:
    """Fill the config of *run*, and give the libraries their own functions back with the last run that records."""
    recorded = recorded_runs.find(run)
    is_last = recorded_runs.remove(run)
    if is_last:
        for hooks in _hooks:
            hooks.remove()
    if recorded is not None:
        recorded.fill_config()
    if is_last:
        program_arguments.forget_parsed()
