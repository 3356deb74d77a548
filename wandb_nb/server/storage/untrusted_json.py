"""JSON objects from outside."""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 100  # whoever walks through a value later must not run out of stack


def parse_object(text: str) -> dict[str, Any]:
    """Return the object that *text* holds; NaN and infinities may stand bare in it.

    ValueError, with the reason, where it is no JSON, no object, or nests deeper than any client's.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON: {text[:80]!r}") from error
    if not isinstance(value, dict):
        raise ValueError(f"no JSON object: {text[:80]!r}")  # noqa: TRY004 - what is wrong is the text's value
    if text.count("{") + text.count("[") > DEEPEST and _depth(value) > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST}: {text[:80]!r}")
    return value


def _depth(value: Any) -> int:
    """Return how deep *value* nests, level by level."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
    return depth
