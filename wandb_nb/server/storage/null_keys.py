"""Keys that were logged as None and have no other value: a summary has them with null.

W&B's client leaves them out of the summaries that it sends, so they come from the rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.untrusted_json import load_object

if TYPE_CHECKING:
    from collections.abc import Iterable

_NULL = "null"


def with_null_keys(summary: str, sources: Iterable[str]) -> str:
    """Return *summary* with the keys that are null in one of *sources* and that it lacks. All are texts of objects.

    The earlier summary is a source, so that a key stays in the next one that the client sends.
    """
    objects = [load_object(source) for source in sources if _NULL in source]
    values = load_object(summary) if objects else None
    if values is None:
        return summary
    changed = [_add_nulls(values, source) for source in objects if source is not None]
    return json.dumps(values) if any(changed) else summary


def _add_nulls(values: dict[str, Any], source: dict[str, Any]) -> bool:
    """Add what is null in *source* to *values*; return whether there was any."""
    changed = False
    for key, value in source.items():
        if key.startswith("_"):
            continue
        if value is None and key not in values:
            values[key] = None
            changed = True
        elif isinstance(value, dict) and "_type" not in value:
            below = values.get(key, {})
            if isinstance(below, dict) and _add_nulls(below, value):
                values[key] = below
                changed = True
    return changed
