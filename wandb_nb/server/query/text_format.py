"""Values of config and summary as people read them."""

from __future__ import annotations

import json
from typing import Any

from wandb_nb.formatting import number, shorten

_MAX_LENGTH = 120


def short_text(value: Any, max_length: int = _MAX_LENGTH) -> str:
    """Return *value* as one line: numbers with five digits, texts in lists joined, other lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        text = value
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        text = ", ".join(value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return shorten(text, max_length)
