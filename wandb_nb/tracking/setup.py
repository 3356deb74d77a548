"""`setup()`: settings for all later calls of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_settings: Settings | None = None


def setup(settings: Settings | Mapping[str, Any] | None = None) -> None:
    """Set *settings* for every later `init()` and `login()` of this process; their own arguments take precedence.

    None resets them.
    """
    global _settings  # noqa: PLW0603 -- the settings of the process
    _settings = Settings(**settings) if settings is not None and not isinstance(settings, Settings) else settings


def current() -> Settings | None:
    """Return the settings of the last `setup()`."""
    return _settings
