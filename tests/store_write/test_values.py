"""Values as JSON text: accepted types, their form, and the errors for others."""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
from collections import OrderedDict, UserString, deque
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from uuid import UUID

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.errors import RowError, RowTypeError
from wandb_nb.store.format.json_value import to_json


class Colour(Enum):
    """An enum."""

    RED = 3


class Level(IntEnum):
    """An enum that is an integer too."""

    HIGH = 9


@dataclass
class Point:
    """A record."""

    x: int
    y: Colour


class Tensor:
    """What the tensor libraries have in common, with the traits that keep numpy from reading it directly."""

    def __init__(self, values, *, bound: bool) -> None:
        self._values, self._bound = np.asarray(values), bound
        self.shape, self.dtype = self._values.shape, self._values.dtype

    def item(self):
        """Return the one element."""
        return self._values.item()

    def detach(self):
        """Detach it from its gradient."""
        return Tensor(self._values, bound=False)

    def cpu(self):
        """Return it on the CPU."""
        return self

    def __array__(self, dtype=None, copy=None):
        if self._bound:
            raise RuntimeError("detach it first")
        return np.asarray(self._values, dtype)


class Element:
    """A tensor of a library without arrays; None means an unreadable one."""

    def __init__(self, value) -> None:
        self._value = value

    def item(self):
        """Return the one element."""
        if self._value is None:
            raise LookupError("freed")
        return self._value


class Unready:
    """A number that is not available yet."""

    def __float__(self) -> float:
        raise LookupError("not computed")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_plain_values_are_their_json(value):
    """All JSON values are read back unchanged, infinities included."""
    assert json.loads(to_json(value, "k")) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "NaN"),
        (-math.inf, "-Infinity"),
        (np.float32(1.1), "1.100000023841858"),
        (np.float64(2), "2.0"),
        (np.int64(-3), "-3"),
        (np.bool_(True), "true"),
        (np.longdouble(1.5), "1.5"),
        (np.array(1.5), "1.5"),
        (np.array([[2.5]]), "2.5"),
        (np.arange(3), "[0,1,2]"),
        (np.array([[1, 2], [3, 4]]), "[[1,2],[3,4]]"),
        (np.zeros(0), "[]"),
        (np.array(["a"] * 40), json.dumps(["a"] * 40, separators=(",", ":"))),
        (np.datetime64("2020-01-02"), '"2020-01-02"'),
        (Tensor(0.5, bound=True), "0.5"),
        (Tensor([0.5, 1], bound=True), "[0.5,1.0]"),
        (pd.Series([1, 2]), "[1,2]"),
        (pd.Timestamp("2020-01-02"), '"2020-01-02T00:00:00"'),
        (dt.datetime(2020, 1, 2, 3, tzinfo=dt.timezone.utc), '"2020-01-02T03:00:00+00:00"'),
        (dt.date(2020, 1, 2), '"2020-01-02"'),
        (Colour.RED, '"RED"'),
        (Level.HIGH, '"HIGH"'),
        (Colour, f'"{__name__}.Colour"'),
        (len, '"builtins.len"'),
        (b"a\xff", '"a\\\\xff"'),
        ({3, 1}, "[1,3]"),
        ((1, (2,)), "[1,[2]]"),
        (deque([1]), "[1]"),
        (range(2), "[0,1]"),
        (OrderedDict(a={"b": 1}), '{"a":{"b":1}}'),
        ({1: 2}, '{"1":2}'),
        (Decimal("1.5"), "1.5"),
        (PurePosixPath("a/b"), '"a/b"'),
        (np.str_("x"), '"x"'),
        (1 + 2j, '"(1+2j)"'),
        (np.clongdouble(1 + 2j), '"(1+2j)"'),
        (UserString("x"), '"x"'),
        (np.complex64(1j), '"1j"'),
        (UUID(int=5), '"00000000-0000-0000-0000-000000000005"'),
        (dt.timedelta(minutes=1.5), "90.0"),
        (np.timedelta64(1500, "ms"), "1.5"),
        (pd.Timedelta("1h"), "3600.0"),
        (pd.Period("2024-01"), '"2024-01"'),
        (pd.NA, "null"),
        (pd.NaT, "null"),
        (np.datetime64("NaT", "s"), "null"),
        (np.timedelta64("NaT", "s"), "null"),
        (np.ma.masked, "null"),
        (np.ma.array([7], mask=[True]), "null"),
        (np.ma.array([1, 7, 3], mask=[False, True, False]), "[1,null,3]"),
        (np.ma.array([1, 2]), "[1,2]"),
        (np.array(["2020-01-02", "NaT"], "M8[D]"), '["2020-01-02",null]'),
        (np.array([(1, 2.5), (3, 4.5)], [("a", "i4"), ("b", "f8")]), '{"a":[1,3],"b":[2.5,4.5]}'),
        (np.array((1, 2.5), [("a", "i4"), ("b", "f8")])[()], '{"a":1,"b":2.5}'),
        (np.array([1, None, "x"], object), '[1,null,"x"]'),
        (np.array([1, pd.NA], object), "[1,null]"),
        (np.array([0.5], np.float16), "0.5"),
        (np.array([1.5, 2]).astype(ml_dtypes.bfloat16), "[1.5,2.0]"),
        (np.array([1.5, 2]).astype(ml_dtypes.float8_e5m2), "[1.5,2.0]"),
        (np.array([-1, 2]).astype(ml_dtypes.int4), "[-1,2]"),
        (ml_dtypes.bfloat16(1.5), "1.5"),
        (np.array([2**63, 1], np.uint64), "[9223372036854775808,1]"),
        (Point(1, Colour.RED), '{"x":1,"y":"RED"}'),
        ({np.int64(1): 1, 2.5: 2, None: 3, False: 4, np.float32(0.5): 5}, '{"1":1,"2.5":2,"None":3,"False":4,"0.5":5}'),
        ({(1, 2): 1, dt.date(2020, 1, 2): 2, b"b": 3, Colour.RED: 4}, '{"(1, 2)":1,"2020-01-02":2,"b":3,"RED":4}'),
    ],
)
def test_other_values_have_their_form(value, text):
    """Numpy, tensors, times, enums, sets, bytes, functions: each gets the JSON of the format."""
    assert to_json(value, "k") == text


def test_an_item_is_enough():
    """A tensor of a library without arrays is stored by its `item()`."""
    assert to_json([Element(2.5), Element(Level.HIGH)], "k") == '[2.5,"HIGH"]'


def test_large_arrays_become_histograms():
    """An array of more than 32 elements is 32 counts over its finite elements and 33 edges."""
    array = np.append(np.linspace(0, 1, 1000), [np.nan, np.inf])
    histogram = json.loads(to_json(array, "k"))
    counts, edges = np.histogram(array[:1000], bins=32)
    assert histogram == {"_type": "histogram", "values": counts.tolist(), "bins": edges.tolist()}
    assert to_json(np.arange(32), "k").startswith("[0,")
    assert len(json.loads(to_json(np.full(33, np.nan), "k"))["bins"]) == 33


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "array",
    [
        np.full(40, 7.0),
        np.zeros(40, np.float16),
        np.arange(40).astype(ml_dtypes.bfloat16),
        np.full(40, 2**62),
        np.arange(2**62, 2**62 + 40),
        np.full(40, 1e308),
        np.full(40, -sys.float_info.max),
        np.array([-1.7e308, 0, 1.7e308] * 20),
        np.full(40, 5e-324),
        np.array([5e-324, 1e-322] * 20),
        np.array([1e-310, 3e-310] * 20),
        np.array([1, 1 + sys.float_info.epsilon] * 20),
        np.array([True, False] * 20),
        np.array([1, 2.5] * 20, object),
        np.array([3 + 4j] * 40),
    ],
)
def test_every_array_of_numbers_has_its_histogram(array):
    """Constant, huge, tiny, 62-bit and narrow arrays of any number type: each element is in the bin that spans it."""
    histogram = json.loads(to_json(array, "k"))
    counts, edges = histogram["values"], np.array(histogram["bins"])
    numbers = np.abs(array).astype(float) if array.dtype.kind == "c" else array.astype(float)
    assert len(counts) == 32
    assert (edges[1:] > edges[:-1]).all()
    assert counts == np.histogram(numbers, edges)[0].tolist()
    assert sum(counts) == array.size


def test_missing_elements_are_not_counted():
    """A histogram omits masked and missing elements, and never counts the number below the mask."""
    masked = np.ma.array([1e9] * 10 + [1.0] * 40, mask=[True] * 10 + [False] * 40)
    for array in (masked, np.array([None, pd.NA] * 5 + [1.0] * 40, object), pd.Series([None] * 10 + [1] * 40)):
        histogram = json.loads(to_json(array, "k"))
        assert sum(histogram["values"]) == 40
        assert histogram["bins"][-1] < 2


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "cannot log 'k': unsupported type object"),
        ({"a": [1, object()]}, r"cannot log 'k.a\[1\]': unsupported type object"),
        (pd.DataFrame({"a": [1]}), "cannot log 'k': unsupported type pandas.*DataFrame"),
        (np.array(object()), "cannot log 'k': unsupported type object"),
        ({"a": {object(): 3}}, r"keys of 'k.a' must be strings, got object <object"),
        (iter([]), "cannot log 'k': unsupported type list_iterator"),
        ((number for number in ()), "cannot log 'k': unsupported type generator"),
        (Element(None), "cannot log 'k': .*Element gives no value: freed"),
        (Unready(), "cannot log 'k': .*Unready gives no value: not computed"),
    ],
)
def test_what_cannot_be_stored_is_named(value, message):
    """The error names the dotted key and the type, and is both a TypeError and a ValueError."""
    with pytest.raises(RowTypeError, match=message) as caught:
        to_json(value, "k")
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


def test_a_container_in_itself_is_an_error():
    """A list or dict that contains itself gives a clear error, not a recursion error."""
    values: list[object] = []
    values.append({"again": values})
    with pytest.raises(RowError, match="contains itself"):
        to_json(values, "k")


def test_an_endless_integer_is_an_error_or_text():
    """An integer of thousands of digits is refused with its key if Python refuses to print it."""
    try:
        str(10**5000)
    except ValueError:
        with pytest.raises(RowError, match="cannot log 'k': the integer"):
            to_json(10**5000, "k")
    else:
        assert to_json(10**5000, "k") == "1" + "0" * 5000
