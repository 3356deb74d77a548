"""`import wandb.magic`: the fits of the active run, and of the runs that follow, are recorded."""

from __future__ import annotations

import os

from wandb_nb.autolog import hooks, recorded_runs
from wandb_nb.tracking.process import active_runs

os.environ.setdefault("WANDB_MAGIC", "true")  # the setting of the runs that follow, also of child processes
_run = active_runs.current()
if _run is not None and recorded_runs.find(_run) is None:
    hooks.start(_run, os.environ["WANDB_MAGIC"])
