"""The settings that decide how a server is reached, as environment variables for the background process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.settings.fields import FIELDS

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved

NAMES = (
    "insecure_disable_ssl",
    "http_proxy",
    "https_proxy",
    "heartbeat_seconds",
    "ignore_globs",
    *(name for name in FIELDS if name.startswith(("x_graphql_", "x_file_stream_", "x_file_transfer_", "x_extra_http"))),
)


def export_environment(settings: Resolved, key: str) -> dict[str, str]:
    """Return variables from which `resolve()` in another process gets *key* and the network part of *settings*."""
    exported = {FIELDS[name].env[0]: _to_text(getattr(settings, name)) for name in NAMES if settings.is_set(name)}
    return {**exported, "WANDB_BASE_URL": settings.base_url, "WANDB_API_KEY": key, "WANDB_MODE": "online"}


def _to_text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
