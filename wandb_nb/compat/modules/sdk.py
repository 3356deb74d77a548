"""`wandb.sdk`: the public names again, where programs written for wandb look for classes."""

from __future__ import annotations

from functools import partial

from wandb_nb._api import finish, init
from wandb_nb.compat.alias_table import submodule
from wandb_nb.settings import Settings
from wandb_nb.tracking.config.config import Config
from wandb_nb.tracking.login.login import login
from wandb_nb.tracking.rows.summary import Summary
from wandb_nb.tracking.session.alerts import AlertLevel
from wandb_nb.tracking.setup import setup

__all__ = ["AlertLevel", "Config", "Settings", "Summary", "finish", "init", "login", "setup"]

__getattr__ = partial(submodule, "wandb.sdk")
