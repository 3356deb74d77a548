"""Values as people read them."""

from __future__ import annotations

import json
from typing import Any

from wandb_nb.formatting import number, shorten

_LONGEST = 120


def shown(value: Any, longest: int = _LONGEST) -> str:
    """Return a value of a config or summary as one line: five digits, short lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        text = value
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return shorten(text, longest)
