"""`wandb.sdk.wandb_init`: `init`, and the class that some programs drive in two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb._api import init

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.tracking.run import Run

__all__ = ["_WandbInit", "init"]


class _WandbInit:
    """`init()` in two steps: `setup(arguments)`, then `init()`. The name is W&B's."""

    def __init__(self) -> None:
        self._arguments: dict[str, Any] = {}

    def setup(self, kwargs: Mapping[str, Any]) -> None:
        """Take the arguments of `init()`; those that are None count as not given."""
        self._arguments = {name: value for name, value in kwargs.items() if value is not None}

    def init(self) -> Run:
        """Start the run; see `wandb_nb.init`."""
        return init(**self._arguments)
