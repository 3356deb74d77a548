"""Secrets in JSON files that are made of values: figures, graphs, scenes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_content import MediaContent

if TYPE_CHECKING:
    from collections.abc import Callable


def clean_json(content: MediaContent, clean: Callable[[Any, str], Any], name: str) -> MediaContent:
    """Return *content* without the secrets that *clean* finds in its texts; the same content if there are none.

    *name* is what the value is called. Numbers in base64, as Plotly and Bokeh write them, stay as they are.
    """
    value = json.loads(content.data or b"null")
    cleaned = _cleaned(value, clean, name)
    return content if cleaned == value else MediaContent(json.dumps(cleaned, separators=(",", ":")).encode())


def _cleaned(value: Any, clean: Callable[[Any, str], Any], name: str) -> Any:
    if isinstance(value, str):
        return clean(value, name)
    if isinstance(value, list):
        return [_cleaned(each, clean, name) for each in value]
    if not isinstance(value, dict) or "bdata" in value or value.get("type") == "bytes":
        return value
    return {clean(key, ""): _cleaned(each, clean, f"{name}.{key}") for key, each in value.items()}
