"""The fast reader of row items returns the same as the general one."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from wandb_nb.store.format.wire import BYTES, WireError, WireMessage, fields
from wandb_nb.sync.upload.lines import json_tree
from wandb_nb.values import leaves

keys = st.text(max_size=8) | st.just("k" * 127) | st.just("k" * 128) | st.just("k" * 20_000)
values = st.sampled_from(
    ["1", "-0.5", "NaN", '"é"', "[1, 2]", '{"a": {"b": 1}}', "no JSON", "", "9" * 130, "9" * 17_000]
)
forms = st.sampled_from(["nested", "key", "both", "deep", "value first", "no value"])


def item(form: str, key: str, value: str) -> WireMessage:
    """Return an item in one of the forms that files have."""
    message = WireMessage()
    if form == "value first":
        message.text(16, value)
    if form in ("key", "both"):
        message.text(1, key)
    if form != "key":
        message.text(2, key)
    if form == "deep":
        message.text(2, "inner")
    if form not in ("value first", "no value"):
        message.text(16, value)
    return message


def generally(data: bytes, number: int) -> list[json_tree.Item] | None:
    """Return the items as the general reader has them, or None if the message is invalid."""
    items_read: list[json_tree.Item] = []
    try:
        for field, kind, raw in fields(data):
            if field == number and kind == BYTES and isinstance(raw, bytes):
                path, text = json_tree._item(raw)
                inner = leaves(path, json.loads(text)) if text[0] == "{" else None
                items_read += [(leaf, json.dumps(value)) for leaf, value in inner] if inner else [(path, text)]
    except WireError:
        return None
    return items_read


def quickly(data: bytes, number: int) -> list[json_tree.Item] | None:
    """Return the result of `items`."""
    try:
        return list(json_tree.items(data, number))
    except WireError:
        return None


@given(st.lists(st.tuples(forms, keys, values), max_size=5), st.booleans(), st.integers(0, 3))
@example([("nested", "loss", "1")] * 3, True, 0)
def test_quick_way_reads_the_same(given_items: list[tuple[str, str, str]], step: bool, cut: int) -> None:
    """For any forms, lengths, other fields and missing ends, both give the same items, or neither a message."""
    message = WireMessage()
    for number, one in enumerate(given_items):
        message.message(1, item(*one))
        if step and number == 1:
            message.message(2, WireMessage().varint(1, 5))
    data = message.encode()
    data = data[: len(data) - cut]
    assert quickly(data, 1) == generally(data, 1)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_alike(data: bytes) -> None:
    """For arbitrary bytes both give the same result, and no other error."""
    assert quickly(b"\x0a" + data, 1) == generally(b"\x0a" + data, 1)


def test_a_merged_tree_is_a_copy():
    """What is put into a tree later does not change the tree that was merged into it."""
    row = {"deep": {"n": "1"}}
    summary: dict = {}
    json_tree.merge(summary, row)
    json_tree.put(summary, ("deep", "n"), "2")
    assert row == {"deep": {"n": "1"}}
