"""JSON objects that clients send."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 100  # so that code which walks a value later does not exhaust the stack


def parse_object(text: str) -> dict[str, Any]:
    """Return the object that *text* holds; it may contain bare NaN and infinities.

    Raises:
        ValueError: The text is not JSON, not an object, or nests too deep; the message is a noun phrase that says
            which.

    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {text[:80]!r}") from error
    if not isinstance(value, dict):
        raise ValueError(f"not a JSON object: {text[:80]!r}")  # noqa: TRY004 -- what is wrong is the text's value
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}: {text[:80]!r}")
    return value


def _depth(value: Any) -> int:
    """Return how deep *value* nests, level by level."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for container in level
            for inner in (container.values() if isinstance(container, dict) else container)
            if isinstance(inner, (dict, list))
        ]
    return depth
