"""`wandb.integration`: callbacks that log what a library trains, one module or package per library.

A library is imported when its callback is first used, never at load time. `callback_log` has what they share. May
import `wandb_nb.tracking` and what is below it. Next: `wandb_nb.sklearn_plots`, which is `wandb.integration.sklearn`.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Return the module of this name below `wandb.integration`.

    Raises:
        AttributeError: There is none.

    """
    return import_module("wandb_nb.compat.alias_table").submodule("wandb.integration", name)  # it is in a higher layer
