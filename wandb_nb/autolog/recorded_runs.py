"""The runs whose fits are recorded, and how much is recorded of each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wandb_nb.autolog.autolog_options import CONFIG_KEY
from wandb_nb.autolog.fit_parameters import plain_parameters
from wandb_nb.autolog.fit_run import FitRun
from wandb_nb.autolog.program_arguments import fill_config
from wandb_nb.integration.callback_log import never_stopping, notice
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.autolog.autolog_options import AutologOptions
    from wandb_nb.tracking.run import Run
    from wandb_nb.tracking.session.run_session import RunSession

MAX_FITS = 1000
MAX_CHARTS = 20
"""Charts and tables per run."""
MAX_NAMES = 100
"""Estimators whose parameters the config holds."""


class RecordedRun:
    """A run and the options by which its fits are recorded. Thread-safe."""

    proceed = None

    def __init__(self, run: Run, options: AutologOptions) -> None:
        self.run: Any = FitRun(run)
        self.options = options
        self._fits = self._charts = 0
        self._lock = threading.Lock()

    def begin_fit(self) -> bool:
        """Return whether one more fit is recorded; the end of that is reported."""
        with self._lock:
            self._fits += 1
            count = self._fits
        if count == 1:
            self.fill_config()
        if count > MAX_FITS:
            notice(self.run, f"magic has recorded {MAX_FITS:,} fits and records no more of this run", "magic-fits")
        return count <= MAX_FITS

    def begin_chart(self) -> bool:
        """Return whether the run takes one more chart or table."""
        with self._lock:
            self._charts += 1
            return self._charts <= MAX_CHARTS

    @never_stopping
    def fill_config(self) -> None:
        """Put the program's options into the config, unless the program put anything there."""
        fill_config(self.run.config, self.options)

    @never_stopping
    def set_parameters(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Put *parameters* of the estimator or library *name* into the config, in place of those of its last fit."""
        with self._lock:
            entries = dict(self.run.config.get(CONFIG_KEY) or {})
            if name in entries or len(entries) < MAX_NAMES:
                entries[name] = plain_parameters(parameters)
                self.run.config.update({CONFIG_KEY: entries}, allow_val_change=True)


_recorded: dict[RunSession, RecordedRun] = {}


def add(run: Run, options: AutologOptions) -> RecordedRun:
    """Record the fits of *run* until `remove` is called."""
    _recorded[session_of(run)] = recorded = RecordedRun(run, options)
    return recorded


def remove(run: Run) -> bool:
    """Record no more fits of *run*; return whether no other run records."""
    _recorded.pop(session_of(run), None)
    return not _recorded


def find(run: Run) -> RecordedRun | None:
    """Return *run* if its fits are recorded."""
    return _recorded.get(session_of(run))


def recorded_run(library: str | None = None) -> RecordedRun | None:
    """Return the active run if it records fits, and those of *library* if one is named."""
    run = active_runs.current()
    recorded = None if run is None else find(run)
    if recorded is None or (library is not None and not recorded.options.is_on(library)):
        return None
    return recorded
