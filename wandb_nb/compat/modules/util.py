"""`wandb.util`: the functions that published programs call."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from wandb_nb.compat.modules.runid import generate_id
from wandb_nb.errors import UsageError
from wandb_nb.tracking.config.config_value import to_config_value

if TYPE_CHECKING:
    from types import ModuleType

_MAX_NAME = 128

__all__ = ["generate_id", "get_module", "json_dumps_safer", "make_artifact_name_safe", "to_forward_slash_path"]


def json_dumps_safer(obj: Any, **options: Any) -> str:
    """Return *obj* as JSON text; values without a JSON form, such as numpy scalars, become plain ones or text."""
    return json.dumps(obj, default=to_config_value, **options)


def get_module(name: str, required: str | bool | None = None, lazy: bool = True) -> ModuleType | None:
    """Return the module *name*, or None if it is not installed. *lazy* is accepted; the module is imported now.

    Raises:
        UsageError: The module is not installed, and *required* (the text of the error) was given.

    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if required:
            raise UsageError(required if isinstance(required, str) else f"{name} is not installed") from error
        return None


def make_artifact_name_safe(name: str) -> str:
    """Return *name* with every character that an artifact's name cannot have replaced by "_", at most 128 long."""
    safe = "".join(character if character.isalnum() or character in "_-." else "_" for character in name)
    half = _MAX_NAME // 2 - 1
    return safe if len(safe) <= _MAX_NAME else f"{safe[:half]}..{safe[-half:]}"


def to_forward_slash_path(path: str) -> str:
    """Return *path* with forward slashes, as servers name files."""
    return path.replace("\\", "/")
