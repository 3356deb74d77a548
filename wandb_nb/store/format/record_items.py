"""Keys and values: one item of a history, summary, config or stats record.

Invalid JSON stays text. Only bytes that are not a protobuf message raise `WireError`.
"""

from __future__ import annotations

import json
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.key_paths import put
from wandb_nb.store.format.wire import BYTES, FIXED64, fields, zigzag
from wandb_nb.values import MAX_PATH, TYPE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.store.format.record_types import Items
    from wandb_nb.values import KeyPath

# Fields of an item, in all kinds that have items; 3 to 8 are the typed values of 0.31.
KEY, NESTED_KEY, NONE, BOOLEAN, INTEGER, NUMBER, TEXT, JSON, VALUE_JSON = 1, 2, 3, 4, 5, 6, 7, 8, 16
# The first byte of a JSON number, of NaN or of an infinity; no other JSON value begins with one of these.
NUMBER_STARTS = tuple(bytes((byte,)) for byte in b"-0123456789NI")


def parse_json(text: bytes) -> Any:
    """Return the value of JSON *text* (NaN and infinities allowed), or the text itself where it is not JSON.

    A number in a form that JSON does not allow (`007`), or with too many digits for an int, is still a number.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _lenient_number(text)


def _lenient_number(text: bytes) -> float | str:
    if text[:1] in NUMBER_STARTS:
        with suppress(ValueError):
            return float(text)
    return as_text(text)


def as_text(data: bytes) -> str:
    """Return the text of *data*, with replacement characters for invalid UTF-8."""
    return data.decode("utf-8", "replace")


def read_item(data: bytes) -> tuple[KeyPath, Any]:
    """Return key path and value of a history, summary, config or stats item."""
    key: bytes = b""
    nested: list[bytes] = []
    value: Any = None
    has_json = False
    for number, wire_type, raw in fields(data):
        if isinstance(raw, int):
            value = value if has_json else _typed_int(number, raw, value)
        elif number == KEY and wire_type == BYTES:
            key = raw
        elif number == NESTED_KEY and wire_type == BYTES:
            nested.append(raw)
        elif number == VALUE_JSON and wire_type == BYTES:
            value, has_json = parse_json(raw), True
        elif not has_json:
            value = _typed_bytes(number, wire_type, raw, value)
    return key_path(key, nested), value


def _typed_int(number: int, raw: int, otherwise: Any) -> Any:
    if number == BOOLEAN:
        return bool(raw)
    if number == INTEGER:
        return zigzag(raw)
    return None if number == NONE else otherwise


def _typed_bytes(number: int, wire_type: int, raw: bytes, otherwise: Any) -> Any:
    if number == NUMBER and wire_type == FIXED64:
        return struct.unpack("<d", raw)[0]
    if number == TEXT and wire_type == BYTES:
        return as_text(raw)
    if number == JSON and wire_type == BYTES:
        return parse_json(raw)
    return otherwise


def whole_objects(items: Items) -> Iterable[tuple[KeyPath, Any]]:
    """Return *items* with the leaves of objects that have a `_type` joined again.

    Since 0.22 the official package writes a histogram as three items, `("h", "_type")` and so on, and the masks of an
    image as deeper ones.
    """
    typed = {path[:-1] for path, _ in items if len(path) > 1 and path[-1] == TYPE_KEY}
    if not typed:
        return items
    whole: dict[KeyPath, Any] = {}
    for path, value in items:
        length = next((length for length in range(1, len(path)) if path[:length] in typed), 0)
        if length:
            if not isinstance(whole.get(path[:length]), dict):
                whole[path[:length]] = {}
            put(whole[path[:length]], path[length:], value)
        else:
            whole[path] = value
    return whole.items()


def key_path(key: bytes, nested: list[bytes]) -> KeyPath:
    """Return the path in an item's `nested_key`, or in its `key` if it has none."""
    if not nested:
        return (as_text(key),)
    names = [as_text(name) for name in nested]
    if len(names) > MAX_PATH:
        names[MAX_PATH - 1 :] = [".".join(names[MAX_PATH - 1 :])]
    return tuple(names)


def read_items(data: bytes, number: int) -> Items:
    """Return the items that are the fields *number* of the message *data*."""
    values = (raw for field_number, _kind, raw in fields(data) if field_number == number)
    return tuple(read_item(raw) for raw in values if isinstance(raw, bytes))
