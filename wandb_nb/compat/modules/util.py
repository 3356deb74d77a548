"""`wandb.util`, and `wandb.sdk.lib.runid`: the functions that published programs call."""

from __future__ import annotations

import importlib
import json
import re
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.run_names import new_id as generate_id
from wandb_nb.tracking.config.config_value import to_config_value

if TYPE_CHECKING:
    from types import ModuleType

_MAX_NAME = 128

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)")
_UNITS = {unit: 1000**power for power, unit in enumerate(("b", "kb", "mb", "gb", "tb", "pb", "eb"))}

__all__ = [
    "from_human_size",
    "generate_id",
    "get_module",
    "json_dumps_safer",
    "make_artifact_name_safe",
    "to_forward_slash_path",
]


def from_human_size(size: str) -> int:
    """Return a size such as "10GB" or "1.5 MB" in bytes; units are powers of 1,000 (dalle-mini).

    Raises:
        ValueError: It is not a number with a unit.

    """
    match = _SIZE.fullmatch(size.strip())
    factor = _UNITS.get(match[2].lower() or "b") if match else None
    if match is None or factor is None:
        raise ValueError(f"the size {size!r} is not possible: give a number with a unit, such as '10GB'")
    return int(float(match[1]) * factor)


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
