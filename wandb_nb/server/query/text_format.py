"""Values as people read them."""

from __future__ import annotations

import json
import math
import time
from typing import Any

_LONGEST = 120
_LARGEST_PLAIN = 1e15
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def shown(value: Any, longest: int = _LONGEST) -> str:
    """Return a value of a config or summary as one line: five digits, short lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = math.isfinite(value) and value == int(value) and abs(value) < _LARGEST_PLAIN
        return str(int(value)) if whole else f"{value:.5g}"
    if isinstance(value, str):
        text = value
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def age(seconds: float) -> str:
    """Return how long ago the unix time *seconds* was: "3 min"."""
    return duration(time.time() - seconds, parts=1)


def duration(seconds: float, parts: int = 2) -> str:
    """Return *seconds* in their *parts* largest units: "2 h 5 min"."""
    left, told = max(0, int(seconds)), list[str]()
    for size, unit in _UNITS:
        if left >= size or (unit == "s" and not told):
            told.append(f"{left // size} {unit}")
            left %= size
        elif told:
            break
    return " ".join(told[:parts])


def size(count: float) -> str:
    """Return a count of bytes: "3.2 MB"."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004 - units grow by a thousand
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
