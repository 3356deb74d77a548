"""`wandb.helper`: what `init(config=)` does with its argument, for programs that do it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.tracking.config.loading import load

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["parse_config"]


def parse_config(
    params: Any, exclude: Iterable[str] | None = None, include: Iterable[str] | None = None
) -> dict[str, Any]:
    """Return *params*, whatever `init(config=)` takes, as a dict of the wanted keys.

    Raises:
        ConfigTypeError: *params* is an object that holds no config.

    """
    return load(params, tuple(include or ()) or None, tuple(exclude or ()) or None, ())
