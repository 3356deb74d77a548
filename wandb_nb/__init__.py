"""The experiment tracker made for notebooks: the documented `wandb.init()` system, without an account.

`import wandb_nb as wandb`, then `wandb.init(project=...)`, `wandb.log({...})`, `wandb.finish()`; in a notebook
`%load_ext wandb_nb` brings `%wandb init`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb._api import (
    alert,
    define_metric,
    finish,
    followed,
    init,
    later,
    log,
    mark_preempting,
    read,
    restore,
    save,
)
from wandb_nb._version import __version__
from wandb_nb.errors import (
    AuthenticationError,
    CommError,
    ConfigError,
    ConfigTypeError,
    Error,
    InitStartError,
    LaunchError,
    NoRunError,
    NotLoggedInError,
    RowError,
    RowTypeError,
    RunFinishedError,
    RunNotFoundError,
    SettingsError,
    StoreError,
    UsageError,
)
from wandb_nb.settings import Settings
from wandb_nb.tracking.config.config import Config
from wandb_nb.tracking.login.login import login
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.session.run_files import AlertLevel
from wandb_nb.tracking.session.summary import Summary
from wandb_nb.tracking.setup import setup
from wandb_nb.tracking.start.attach import attach
from wandb_nb.tracking.unimplemented import CALLS, TYPES

if TYPE_CHECKING:
    config: Config
    run: Run | None
    summary: Summary

__all__ = [
    "AlertLevel",
    "AuthenticationError",
    "CommError",
    "Config",
    "ConfigError",
    "ConfigTypeError",
    "Error",
    "InitStartError",
    "LaunchError",
    "NoRunError",
    "NotLoggedInError",
    "RowError",
    "RowTypeError",
    "Run",
    "RunFinishedError",
    "RunNotFoundError",
    "Settings",
    "SettingsError",
    "StoreError",
    "Summary",
    "UsageError",
    "__version__",
    "alert",
    "attach",
    "config",
    "define_metric",
    "finish",
    "init",
    "log",
    "login",
    "mark_preempting",
    "read",
    "restore",
    "run",
    "save",
    "setup",
    "summary",
]


def __getattr__(name: str) -> Any:
    """Give what follows the active run, and what IPython and Jupyter ask for, which is loaded only then."""
    if name == "run":
        return active_runs.current()
    if name in ("config", "summary"):
        return followed(name)
    if name in CALLS or name in TYPES:
        return later(name)
    if name in ("load_ipython_extension", "unload_ipython_extension"):
        from wandb_nb.notebook import ipython_extension

        return getattr(ipython_extension, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
