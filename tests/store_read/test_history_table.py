"""History as columns."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.wire import varint
from wandb_nb.store.reading.history_table import HistoryTable
from wandb_nb.store.writing.row_encoder import RowEncoder, extra_items

ENCODER = RowEncoder()


def field(tag: bytes, body: bytes) -> bytes:
    """Return a field of bytes."""
    return tag + varint(len(body)) + body


def item(key: bytes, text: bytes) -> bytes:
    """Return an item, its key spelled as `RowEncoder` does."""
    return field(b"\x0a", field(b"\x12", key) + field(b"\x82\x01", text))


def part(row: dict[str, Any], step: int, **extra: int) -> bytes:
    """Return the record of a part of *step*."""
    return ENCODER.encode(row, step, step / 8, 1e9 + step, extra_items(**extra))


def as_dicts(table: HistoryTable) -> list[dict[str, Any]]:
    """Return the table as one dict per row."""
    rows: list[dict[str, Any]] = [{"_step": step} for step in table.step.tolist()]
    for columns in (table.numbers, table.others):
        for key, column in columns.items():
            for row, value in zip(list(column.rows), list(column.values), strict=True):
                assert key not in rows[row], "a key has one value a row"
                rows[row][key] = value
    return rows


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal, NaN included."""
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


keys = st.sampled_from(["loss", "acc", "a/b.c", "ü", "long key with blanks", "x"])
numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(2**53), 2**53),
    st.integers(10**300, 10**310),
    st.booleans(),
)
values = st.one_of(numbers, st.none(), st.text(max_size=200), st.lists(numbers, max_size=3))
plain_rows = st.dictionaries(keys, numbers, min_size=1, max_size=4)
any_rows = st.dictionaries(
    keys, st.one_of(values, st.dictionaries(st.sampled_from("de"), values, min_size=1)), max_size=4
)
# Runs of similar rows, as training loops make them, with different rows in between.
batches = st.lists(st.tuples(any_rows, st.integers(0, 2), st.integers(1, 80)), max_size=6)


def logged(batch: list[tuple[dict[str, Any], int, int]]) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Return the records of *batch* and the rows that a reader must return."""
    payloads, expected, step = [], [], 0
    for row, ahead, times in batch:
        for _ in range(times):
            payloads.append(part(row, step))
            if not expected or expected[-1]["_step"] != step:
                expected.append({"_step": step})
            expected[-1].update(flat(row))
            step += ahead
    return payloads, expected


def flat(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of *row* with the names and values that a reader returns."""
    leaves: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict) and value:
            leaves |= flat(value, f"{prefix}{key}.")
        else:
            leaves[prefix + key] = as_read(value)
    return leaves


def as_read(value: Any) -> Any:
    """Return *value* as a column stores it."""
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return value


@given(batches)
def test_any_rows_come_back(batch: list[tuple[dict[str, Any], int, int]]):
    """All logged rows are read back: by step, parts merged, the last value of a key winning."""
    payloads, expected = logged(batch)
    table = HistoryTable()
    table.append(payloads)

    rows = as_dicts(table)
    assert len(expected) == len(rows)
    for want, have in zip(expected, rows, strict=True):
        assert same(want, have)


@given(batches, st.lists(st.integers(0, 300), max_size=4))
def test_both_paths_agree_however_the_rows_are_cut(batch: list[tuple[dict[str, Any], int, int]], cuts: list[int]):
    """The fast path gives bit for bit the same as the exact one, for any split of the rows."""
    payloads, _ = logged(batch)
    fast, slow = HistoryTable(), HistoryTable()
    slow.append(payloads, fast=False)
    bounds = [0, *sorted(cuts), len(payloads)]
    for start, end in pairwise(bounds):
        fast.append(payloads[start:end])

    assert slow.keys == fast.keys
    assert set(slow.others) == set(fast.others)
    for name in ("step", "runtime", "timestamp", "attempt", "cell"):
        assert getattr(slow, name).tobytes() == getattr(fast, name).tobytes()
    for key, column in slow.numbers.items():
        assert column.rows.tobytes() == fast.numbers[key].rows.tobytes()
        np.testing.assert_array_equal(column.values, fast.numbers[key].values)


@given(st.lists(st.binary(max_size=60), max_size=120))
def test_garbage_is_counted_and_harms_nothing(garbage: list[bytes]):
    """Payloads that are not rows are counted, and the rows between them are read."""
    rows = [part({"loss": at}, at) for at in range(60)]
    table = HistoryTable()
    table.append([*garbage, *rows])

    unreadable = sum(not is_row(payload) for payload in garbage)
    assert unreadable == table.unreadable
    assert table.numbers["loss"].values[-60:].tolist() == list(range(60))


edits = st.tuples(st.integers(0, 79), st.floats(0, 1), st.binary(max_size=3), st.integers(0, 3))


@given(st.lists(edits, min_size=1, max_size=30), plain_rows)
def test_both_paths_agree_on_broken_rows(broken: list[tuple[int, float, bytes, int]], row: dict[str, Any]):
    """Both paths read rows with changed, inserted or cut bytes the same way."""
    payloads = [b"\x08" + varint(at + 1) + part({**row, "last": 1.5}, at) for at in range(80)]
    for at, where, new, cut in broken:
        start = int(where * len(payloads[at]))
        payloads[at] = payloads[at][:start] + new + payloads[at][start + cut :]

    assert_paths_agree(payloads)


@pytest.mark.parametrize(
    "odd",
    [
        item(b"loss", b"1") + item(b"loss", b"2") + item(b"_step", b"7"),  # a key twice
        item(b"loss", b'"x"') + item(b"loss", b"2") + item(b"_step", b"7"),  # the same, of two kinds
        field(b"\x0a", field(b"\x12", b"loss") + field(b"\x82\x01", b"1") + b"\x0a") + item(b"_step", b"7"),  # cut off
        item(b"loss", b"1"),  # no step
        item(b"loss", b"1") + field(b"\x12", b"\x01"),  # a broken step
        field(b"\x0a", field(b"\x0a", b"loss") + field(b"\x82\x01", b"1")) + item(b"_step", b"7"),  # a plain key
        item(b"loss", b"1") + field(b"\x12", b"\x08\x07"),  # a step of its own field
        item(b"loss", b"007") + item(b"_step", b"7"),
        item(b"loss", b"9" * 5000) + item(b"_step", b"7"),
        item(b"loss", b"") + item(b"_step", b"7"),
        item(b"loss", b"1,2") + item(b"_step", b"7"),
        item(b"loss", b"1") + field(b"\x1a", b"unknown") + item(b"_step", b"7"),
        item(b"loss", b"1") + item(b"_step", b"7") + field(b"\x22", b"unknown"),
        item(b"loss", b"1") + field(b"\x12", b"\x08\x09") + item(b"_step", b"7"),
        b"\x0a\x80\x80\x80\x01" + item(b"loss", b"1"),  # a length far too large
        field(b"\x0a", field(b"\x0a", b"loss") + field(b"\x82\x01", b"1") + b"\x18\x00") + item(b"_step", b"7"),
        field(b"\x0a", field(b"\x82\x01", b"1") + field(b"\x0a", b"loss")) + item(b"_step", b"7"),
        field(b"\x0a", field(b"\x0a", b"a") + field(b"\x0a", b"loss") + field(b"\x82\x01", b"1"))
        + item(b"_step", b"7"),
        field(b"\x0a", field(b"\x82\x01", b"1")) + item(b"_step", b"7"),  # a value without a key
    ],
)
def test_both_paths_agree_on_odd_rows(odd: bytes):
    """Both paths read rows that protobuf allows but no writer makes the same way, among ordinary ones."""
    ordinary = [part({"loss": at}, at) for at in range(40)]
    assert_paths_agree([*ordinary, *[field(b"\x12", odd)] * 40, *ordinary])
    assert_paths_agree([*ordinary, field(b"\x12", odd) + field(b"\xc2\x0c", b"stream"), *ordinary])
    assert_paths_agree([*ordinary, field(b"\x12", odd) + b"\x0a", *ordinary])


def assert_paths_agree(payloads: list[bytes]) -> None:
    """Compare the tables of both paths."""
    fast, slow = HistoryTable(), HistoryTable()
    fast.append(payloads)
    slow.append(payloads, fast=False)

    assert slow.keys == fast.keys
    assert slow.unreadable == fast.unreadable
    for name in ("step", "runtime", "timestamp", "attempt", "cell"):
        assert getattr(slow, name).tobytes() == getattr(fast, name).tobytes()
    for key, column in slow.numbers.items():
        assert column.rows.tobytes() == fast.numbers[key].rows.tobytes()
        np.testing.assert_array_equal(column.values, fast.numbers[key].values)
    for key, others in slow.others.items():
        assert others.rows == fast.others[key].rows
        assert repr(others.values) == repr(fast.others[key].values)


def is_row(payload: bytes) -> bool:
    """Return whether *payload* is a history record."""
    from wandb_nb.store.format.record_types import HistoryRecord
    from wandb_nb.store.format.wire import WireError

    try:
        return isinstance(decode(payload), HistoryRecord)
    except WireError:
        return False


def test_rows_of_different_writers_stay_apart():
    """Two writers at the same step make two rows, and each writer's parts join its own row."""
    table = HistoryTable()
    table.append([part({"a": 1}, 5)], writer=0)
    table.append([part({"a": 2}, 5)], writer=1)
    table.append([part({"a": 3, "b": 4}, 5)], writer=0)

    assert len(table) == 2
    assert table.numbers["a"].values.tolist() == [3, 2]
    assert table.numbers["b"].rows.tolist() == [0]
    assert table.numbers["a"].rewrites == 1


def test_attempts_and_folded_writers_make_rows_of_their_own():
    """The same step in a new attempt, or from another process, is another row."""
    table = HistoryTable()
    table.append([part({"a": 1}, 0), part({"a": 2}, 0, attempt=1), part({"a": 3}, 0, attempt=1, writer=7)])

    assert table.attempt.tolist() == [0, 1, 1]
    assert table.writer.tolist() == [0, 0, 7]
    assert table.keys == ["a"]


def test_last_value_of_any_type_wins():
    """A number replaces an earlier text in the same step, and the other way round."""
    table = HistoryTable()
    table.append([part({"a": 1, "b": "x"}, 0), part({"a": "y", "b": 2}, 0)])

    assert as_dicts(table) == [{"_step": 0, "a": "y", "b": 2.0}]


def test_rows_without_step_follow_the_last_one():
    """A row without a step gets the step after the previous row."""
    table = HistoryTable()
    table.append([part({"a": 1}, 5), b"\x12\x00", b"\x12\x00"])

    assert table.step.tolist() == [5, 6, 7]
