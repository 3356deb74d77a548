"""Which module of ours answers to which name below `wandb`.

The names are those that published programs import (wandb 0.12 to 0.31). A private path is here only because a program
needs it; that program stands beside it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import ModuleType

ALIASES: Final = {
    "wandb.env": "wandb_nb.compat.modules.wandb_env",
    "wandb.errors": "wandb_nb.errors",
    "wandb.errors.term": "wandb_nb.compat.modules.term",
    "wandb.sdk": "wandb_nb.compat.modules.sdk",
    "wandb.sdk.lib": "wandb_nb.compat.modules.sdk_lib",
    "wandb.sdk.lib.config_util": "wandb_nb.errors",  # Transformers catches its ConfigError
    "wandb.sdk.lib.disabled": "wandb_nb.tracking.disabled",
    "wandb.sdk.lib.runid": "wandb_nb.compat.modules.runid",  # gpt-neox
    "wandb.sdk.wandb_config": "wandb_nb.tracking.config.config",  # SwanLab
    "wandb.sdk.wandb_init": "wandb_nb.compat.modules.wandb_init",
    "wandb.sdk.wandb_run": "wandb_nb.tracking.run",  # Optuna and Ray check isinstance against its Run
    "wandb.sdk.wandb_settings": "wandb_nb.settings",
    "wandb.sdk.wandb_summary": "wandb_nb.tracking.rows.summary",
    "wandb.util": "wandb_nb.compat.modules.util",
    "wandb.wandb_run": "wandb_nb.tracking.run",  # Lightning, Megatron-LM
}


def submodule(parent: str, name: str) -> ModuleType:
    """Return the module of ours behind `<parent>.<name>`, whether the alias is on or not.

    Raises:
        AttributeError: There is no such module in the table.

    """
    target = ALIASES.get(f"{parent}.{name}")
    if target is None:
        raise AttributeError(f"module {parent!r} has no attribute {name!r}")
    return importlib.import_module(target)
