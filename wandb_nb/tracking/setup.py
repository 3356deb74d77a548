"""`setup()`: settings for everything that this process does later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_settings: Settings | None = None


def setup(settings: Settings | Mapping[str, Any] | None = None) -> None:
    """Set *settings* for every later `init()` and `login()` of this process, whose own win.  None resets."""
    global _settings  # noqa: PLW0603 -- that is what the call is for
    _settings = Settings(**settings) if settings is not None and not isinstance(settings, Settings) else settings


def current() -> Settings | None:
    """Return what was set up."""
    return _settings
