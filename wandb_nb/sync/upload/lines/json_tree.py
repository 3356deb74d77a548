"""Nested values whose leaves stay JSON text, copied from the run file to the request without parsing."""

from __future__ import annotations

import json
import re
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from wandb_nb.store.format.key_paths import put
from wandb_nb.store.format.record_items import key_path
from wandb_nb.store.format.wire import BYTES, FIXED64, fields, zigzag
from wandb_nb.values import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.values import KeyPath

Tree: TypeAlias = "dict[str, Tree | str]"
"""Values by key; a string is the JSON text of a leaf."""
Item: TypeAlias = "tuple[KeyPath, str]"

KEY, NESTED_KEY, NONE, BOOLEAN, INTEGER, NUMBER, TEXT, JSON, VALUE_JSON = 1, 2, 3, 4, 5, 6, 7, 8, 16
KEY_TAGS, JSON_TAG = bytes((KEY << 3 | BYTES, NESTED_KEY << 3 | BYTES)), b"\x82\x01"
MIN_ITEM_BYTES, MAX_ONE_BYTE_LENGTH = 6, 127
_NUMBER = re.compile(rb"-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN|true|false|null")


def items(data: bytes, number: int) -> Iterator[Item]:
    """Yield path and JSON text of the items in field *number* of a message; objects are split into their leaves."""
    position, end, tag = 0, len(data), number << 3 | BYTES
    while position + 4 < end and data[position] == tag:  # nearly every row starts so; a third of the time
        start, stop = _span(data, position + 1)
        if stop > end:
            break
        yield from _leaves(data[start:stop])
        position = stop
    if position < end:
        for field, wire_type, raw in fields(data[position:]):
            if field == number and wire_type == BYTES and isinstance(raw, bytes):
                yield from _leaves(raw)


def _leaves(raw: bytes) -> tuple[Item, ...]:
    path, text = _simple_item(raw) or _item(raw)
    if text[0] != "{":
        return ((path, text),)
    return tuple((leaf, json.dumps(value)) for leaf, value in leaves(path, json.loads(text)))


def _simple_item(raw: bytes) -> Item | None:
    """Return an item that is one key and its JSON, as nearly all are; None for any other."""
    if len(raw) < MIN_ITEM_BYTES or raw[0] not in KEY_TAGS or raw[1] > MAX_ONE_BYTE_LENGTH:
        return None
    split = raw[1] + 2
    if raw[split : split + 2] != JSON_TAG or len(raw) < split + 4:
        return None
    start, stop = _span(raw, split + 2)
    return (_path(raw[:split]), json_text(raw[start:])) if stop == len(raw) else None


def _span(data: bytes, position: int) -> tuple[int, int]:
    """Return start and end of the bytes after the length at *position*; the end is beyond *data* from 16 kB on."""
    size, following = data[position], data[position + 1]
    if size <= MAX_ONE_BYTE_LENGTH:
        return position + 1, position + 1 + size
    if following > MAX_ONE_BYTE_LENGTH:
        return position, len(data) + 1
    start = position + 2
    return start, start + (size & MAX_ONE_BYTE_LENGTH | following << 7)


@lru_cache(maxsize=10_000)
def _path(raw: bytes) -> KeyPath:
    """Return the path in the field of an item that holds its key."""
    return key_path(raw[2:], []) if raw[0] == KEY_TAGS[0] else key_path(b"", [raw[2:]])


def paths(data: bytes, number: int) -> Iterator[KeyPath]:
    """Yield the paths of the items in field *number* of a message."""
    for field, wire_type, raw in fields(data):
        if field == number and wire_type == BYTES and isinstance(raw, bytes):
            yield _item(raw)[0]


def merge(tree: Tree, new: Tree) -> None:
    """Overwrite the leaves of *tree* with those of *new*, whose own trees are copied."""
    for key, value in new.items():
        previous = tree.get(key)
        if isinstance(value, dict) and isinstance(previous, dict) and "_type" not in value:
            merge(previous, value)
        else:
            tree[key] = _copied(value)


def _copied(value: Tree | str) -> Tree | str:
    return {key: _copied(each) for key, each in value.items()} if isinstance(value, dict) else value


def build_tree(leaves: Iterator[Item]) -> Tree:
    """Return the tree with these *leaves*."""
    tree: Tree = {}
    for path, text in leaves:
        if len(path) == 1:
            tree[path[0]] = text
        else:
            put(tree, path, text)
    return tree


def render(tree: Tree) -> str:
    """Return the JSON text of *tree*."""
    return (
        "{"
        + ",".join(f"{quoted(key)}:{value if isinstance(value, str) else render(value)}" for key, value in tree.items())
        + "}"
    )


@lru_cache(maxsize=10_000)
def quoted(key: str) -> str:
    """Return *key* as JSON."""
    return json.dumps(key)


def json_text(raw: bytes) -> str:
    """Return *raw* as JSON text; anything that is not JSON becomes a JSON string."""
    if _NUMBER.fullmatch(raw):
        return raw.decode()
    text = raw.decode("utf-8", "replace")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return json.dumps(text)
    return text.strip().replace("\n", " ")  # must stay one line; JSON strings hold no raw newlines


def _item(raw: bytes) -> Item:
    key, nested, text, from_json = b"", [], "null", False
    for number, wire_type, value in fields(raw):
        if number == VALUE_JSON and isinstance(value, bytes):
            text, from_json = json_text(value), True
        elif number == KEY and isinstance(value, bytes):
            key = value
        elif number == NESTED_KEY and isinstance(value, bytes):
            nested.append(value)
        elif not from_json:
            text = _typed(number, wire_type, value, text)
    return key_path(key, nested), text


def _typed(number: int, wire_type: int, value: int | bytes, otherwise: str) -> str:
    """Return the JSON of a typed value, which files of W&B 0.31 may hold."""
    if isinstance(value, int):
        texts = {NONE: "null", BOOLEAN: "true" if value else "false", INTEGER: str(zigzag(value))}
        return texts.get(number, otherwise)
    if number == NUMBER and wire_type == FIXED64:
        return json.dumps(struct.unpack("<d", value)[0])
    if number == TEXT:
        return json.dumps(value.decode("utf-8", "replace"))
    return json_text(value) if number == JSON else otherwise
