"""Modules of wandb that this version does not implement: integrations.

A program can import them and their names. Using one raises the one line that `sweep()` raises, or is ignored in
disabled mode.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

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
    """Return a class or function that refuses to be used.

    Raises:
        AttributeError: There is neither.

    """
    if name in CLASSES:
        return unimplemented_type(name)
    if name in FUNCTIONS:
        return _refusing(name)
    raise AttributeError(f"this module of wandb has no attribute {name!r}")


@cache
def _refusing(name: str) -> Any:
    """Return the function *name*, the same one from each module."""
    return refuse(f"{name}()")
