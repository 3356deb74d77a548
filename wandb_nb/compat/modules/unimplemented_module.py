"""Modules of wandb that this version does not implement: integrations.

A program can import them and their names. Using one raises the one line that `sweep()` raises, or is ignored in
disabled mode.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from wandb_nb.compat.alias_table import submodule
from wandb_nb.tracking.unimplemented import refuse
from wandb_nb.tracking.unimplemented_types import unimplemented_type

CLASSES: Final = frozenset({
    "WandbCallback", "WandbDSPyCallback", "WandbEvalCallback", "WandbHook", "WandbMetricsLogger",
    "WandbModelCheckpoint", "WandbObserver", "WandbTracer",
})  # fmt: skip
FUNCTIONS: Final = frozenset({
    "autolog", "log", "log_summary", "monitor", "patch", "unpatch", "upload_dataset", "wandb_callback",
    "wandb_log", "watch",
})  # fmt: skip


def __getattr__(name: str) -> Any:
    """Return a class or function that refuses to be used, or a module below `wandb.integration`.

    Raises:
        AttributeError: There is none of them.

    """
    if name in CLASSES:
        return unimplemented_type(name)
    if name in FUNCTIONS:
        return _refusing(name)
    return submodule("wandb.integration", name)


@cache
def _refusing(name: str) -> Any:
    """Return the function *name*, the same one from each module."""
    return refuse(f"{name}()")
