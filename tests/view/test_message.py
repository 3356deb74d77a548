"""The message format and its three encodings."""

import base64
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wandb_nb.view.message.run_message import Message, Series, pack, parse, parse_json, strict_json

RUN = {
    "id": "abcd1234", "name": "snowy-owl-10", "project": "digits", "entity": "", "group": "", "jobType": "",
    "notes": "", "tags": [], "state": "running", "exitCode": None, "startTime": 1.7e9, "runtime": 62.5, "rows": 3,
    "step": 2, "url": None, "lost": 0,
}  # fmt: skip


def header(**changes):
    """Return a header without series."""
    plain = {
        "v": 1, "cursor": "c", "more": False, "done": False, "run": RUN, "config": {}, "summary": {}, "metrics": [],
        "series": [],
    }  # fmt: skip
    return {**plain, **changes}


def series(key, value, x=None):
    """Return a series of *value* at steps 0, 1, 2 and so on."""
    steps = np.arange(len(value), dtype=float)
    return Series(
        key, steps, steps / 10, np.array(value, float), x, None if x is None else "epoch", [[1, 0]], len(value)
    )


@given(
    st.dictionaries(st.text(), arrays(np.float64, st.integers(0, 20), elements=st.floats(width=64)), max_size=5),
    st.dictionaries(
        st.text(), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=4)
    ),
)
@settings(deadline=None)
def test_round_trips(values, config):
    """A packed message is decoded equal over HTTP and from a snapshot, for any names and numbers."""
    message = pack(header(config=config), [series(key, value) for key, value in values.items()])
    snapshot = json.loads(json.dumps(message.to_json(None, "f8")), parse_constant=pytest.fail)

    for back in (parse(message.to_bytes()), parse_json(snapshot)):
        assert message.blob == back.blob
        assert json.loads(strict_json(message.header)) == back.header
        for one in back.series():
            assert np.array_equal(values[one.key], one.value, equal_nan=True)


def test_http_body_is_aligned():
    """The length field includes the padding, and the blob starts at a multiple of eight."""
    for name in ("", "a", "ab", "abc", "abcd", "é", "\ud800"):
        body = pack(header(cursor=name), [series("k", [1.0])]).to_bytes()
        (length,) = struct.unpack_from("<I", body)

        assert (4 + length) % 8 == 0
        assert json.loads(body[4 : 4 + length])["cursor"] == name


def test_json_is_strict():
    """NaN and infinities become strings at any depth, and other objects their text."""
    value = {"a": [float("nan"), {"b": float("inf"), 1: -float("inf")}], "t": (1, 2.5), "o": {1} - {1}}

    assert strict_json(value) == '{"a":["NaN",{"b":"Infinity","1":"-Infinity"}],"t":[1,2.5],"o":"set()"}'


def test_equal_columns_are_stored_once():
    """Two metrics logged together share their steps and times in the blob."""
    message = pack(header(), [series("a", [1, 2, 3]), series("b", [4, 5, 6])])

    assert len(message.blob) == 4 * 3 * 8
    assert [list(one.value) for one in message.series()] == [[1, 2, 3], [4, 5, 6]]


def test_small_floats_halve_the_blob():
    """The f4 form has half the bytes; values outside its range become infinite without a warning."""
    snapshot = pack(header(), [series("a", [0.1, 1e300])]).to_json({"id": "i", "token": "t", "kernel": None}, "f4")

    assert snapshot["dtype"] == "f4"
    assert snapshot["access"] == {"id": "i", "token": "t", "kernel": None}
    assert len(base64.b64decode(snapshot["data"])) == 6 * 4
    assert list(parse_json(snapshot).series()[0].value) == [np.float32(0.1), np.inf]


def test_large_steps_stay_exact():
    """Steps that f4 would round keep the blob in f8."""
    steps = np.array([2.0**24, 2.0**24 + 1])
    message = pack(header(), [Series("a", steps, steps, steps, attempts=[[0, 0]], n=2)])

    snapshot = message.to_json(None, "f4")

    assert snapshot["dtype"] == "f8"
    assert list(parse_json(snapshot).series()[0].step) == list(steps)


def test_lines_are_attempts():
    """A series has the range of each attempt, without empty ones."""
    columns = np.arange(5.0)
    one = Series("a", columns, columns, columns, attempts=[[1, 0], [2, 3], [3, 3]])

    assert one.lines() == [(1, slice(0, 3)), (3, slice(3, 5))]


def test_x_column_travels():
    """The step metric's column is decoded if there is one."""
    message = pack(header(), [series("a", [1.0, 2.0], x=np.array([0.0, 0.5]))])

    back = parse(message.to_bytes()).series()[0]
    assert list(back.x) == [0.0, 0.5]
    assert back.step_metric == "epoch"
    assert isinstance(message, Message)
