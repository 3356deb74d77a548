"""Rows as record bytes."""

from __future__ import annotations

import json
import math
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.errors import RowError, RowTypeError
from wandb_nb.store.format.decode import HistoryRecord, decode
from wandb_nb.store.writing.key_prefixes import RESERVED
from wandb_nb.store.writing.row_encoder import RowEncoder, extra_items

keys = st.text(max_size=150).filter(lambda key: key not in RESERVED)
numbers = st.integers() | st.floats()
values = st.recursive(
    numbers | st.none() | st.text(max_size=200) | st.lists(numbers, max_size=3),
    lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=3),
)


def items_of(body: bytes) -> dict[tuple[str, ...], object]:
    """Return the items of a record as a reader sees them; each key may occur once only."""
    record = decode(b"\x08\x01" + body)
    assert isinstance(record, HistoryRecord)
    items = dict(record.items)
    assert len(items) == len(record.items)
    return items


def leaves(row, path=()):
    """Return the leaves of *row* by path."""
    items = {}
    for key, value in row.items():
        items.update(leaves(value, (*path, key)) if isinstance(value, dict) else {(*path, key): value})
    return items


def text(value: object) -> str:
    """Return *value* as JSON, which compares NaN with NaN."""
    return json.dumps(value)


@given(
    st.dictionaries(keys.map(lambda key: key.encode("utf-8", "ignore").decode()), values, max_size=6),
    st.one_of(st.integers(0, 300), st.integers(16_000, 17_000), st.integers(0, 1 << 40)),
)
def test_a_row_decodes_to_what_was_logged(row, step):
    """Any row is decoded leaf by leaf, with its step, runtime and timestamp; one encoder encodes it twice."""
    encoder = RowEncoder()
    body = encoder.encode(row, step, 1.25, 1_700_000_000.5)
    assert encoder.encode(row, step, 1.25, 1_700_000_000.5) == body
    items = items_of(body)
    assert decode(b"\x08\x01" + body).step == step
    expected = {**leaves(row), ("_step",): step, ("_runtime",): 1.25, ("_timestamp",): 1_700_000_000.5}
    assert {path: text(value) for path, value in items.items()} == {
        path: text(value) for path, value in expected.items()
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324, -1.7976931348623157e308, 10**40, True])
def test_special_numbers_are_the_same_each_time(value):
    """NaN, infinities and the longest numbers are right in a key's first row and in later ones."""
    encoder = RowEncoder()
    for _ in range(2):
        assert text(items_of(encoder.encode({"a": value}, 0, 0.0, 0.0))["a",]) == text(value)


def test_extra_items_are_stored():
    """Cell, attempt and writer, in any combination, are items of the row."""
    encoder = RowEncoder()
    assert extra_items() == b""
    items = items_of(encoder.encode({"a": 1}, 0, 0.0, 0.0, extra_items(cell=12, attempt=0, writer=345)))
    assert items["_cell",] == 12
    assert items["_attempt",] == 0
    assert items["_writer",] == 345


def test_empty_rows_and_dicts_are_harmless():
    """An empty row is a row, as in the official client; an empty nested dict adds nothing."""
    encoder = RowEncoder()
    assert set(items_of(encoder.encode({}, 0, 0.0, 0.0))) == {("_step",), ("_runtime",), ("_timestamp",)}
    assert encoder.encode({"a": {}, "b": {"c": {}}}, 0, 0.0, 0.0) == encoder.encode({}, 0, 0.0, 0.0)


def test_any_mapping_is_a_row():
    """Mappings other than dicts are accepted, nested ones too."""
    row = MappingProxyType({"a": MappingProxyType({"b": 1})})
    assert items_of(RowEncoder().encode(row, 0, 0.0, 0.0))["a", "b"] == 1


@pytest.mark.parametrize(
    ("row", "kind", "message"),
    [
        ([("a", 1)], RowTypeError, "takes a dict of metrics, got list"),
        ({1: 2}, RowTypeError, "metric names must be strings, got int 1"),
        ({None: 2.5}, RowTypeError, "metric names must be strings, got NoneType None"),
        ({"a": 1, "_step": 2}, RowError, "metric name '_step' is reserved"),
        ({"_timestamp": 2.5}, RowError, "'_timestamp'"),
        ({"_runtime": math.nan}, RowError, "'_runtime'"),
        ({"a": {"b": object()}}, RowTypeError, "cannot log 'a.b': unsupported type object"),
        ({"a": {"b": {object(): 1}}}, RowTypeError, r"keys of 'a.b' must be strings, got object <object"),
        ({"small": 1, "big": "x" * 10_000_001}, RowError, "10.0 MB.* most of it is 'big', a str"),
    ],
)
def test_bad_rows_are_named(row, kind, message):
    """Something that cannot be a row raises an error with key and type, even if the encoder knows the key."""
    encoder = RowEncoder()
    encoder.encode({"a": 1, "b": 2.5}, 0, 0.0, 0.0)
    with pytest.raises(kind, match=message):
        encoder.encode(row, 0, 0.0, 0.0)


def test_a_dict_in_itself_is_an_error():
    """A row that contains itself raises a clear error."""
    row: dict[str, object] = {}
    row["again"] = row
    with pytest.raises(RowError, match="contains itself"):
        RowEncoder().encode(row, 0, 0.0, 0.0)


def test_a_row_of_two_scalars_is_small():
    """Two random floats take at most 160 bytes in the file, including chunk header and record number."""
    body = RowEncoder().encode({"loss": 0.12345678901234567, "acc": 1 / 3}, 123_456, 12345.678901, 1_790_000_000.123)
    assert len(body) + 7 + 4 <= 160


@given(st.lists(st.floats(), max_size=6))
def test_a_kind_of_float_is_stored_as_the_float_it_is(values):
    """A numpy float64 gives the same bytes as Python's float, in its first row and later."""
    plain, other = RowEncoder(), RowEncoder()
    for step in range(2):
        row = {f"m{at}": value for at, value in enumerate(values)}
        same = {key: np.float64(value) for key, value in row.items()}
        assert plain.encode(row, step, 0.0, 1.0) == other.encode(same, step, 0.0, 1.0)
