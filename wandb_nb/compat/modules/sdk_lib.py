"""`wandb.sdk.lib`: `RunDisabled`, which Lightning checks for, and small modules below it."""

from __future__ import annotations

from functools import partial

from wandb_nb.compat.alias_table import submodule
from wandb_nb.tracking.disabled import DisabledRun

RunDisabled = DisabledRun

__all__ = ["RunDisabled"]

__getattr__ = partial(submodule, "wandb.sdk.lib")
