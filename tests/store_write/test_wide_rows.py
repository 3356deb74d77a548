"""Rows of many values, which orjson writes, and numpy's scalars: bit for bit the same as single values."""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.errors import RowError, RowTypeError
from wandb_nb.store.format.decode import HistoryRecord, decode
from wandb_nb.store.reading.history_table import HistoryTable
from wandb_nb.store.writing.key_prefixes import RESERVED, PrefixCache, prefix_of
from wandb_nb.store.writing.row_encoder import RowEncoder

WIDE = 20
patterns = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
floats = patterns | st.floats() | st.floats(allow_subnormal=True, min_value=-1e-307, max_value=1e-307)
integers = st.integers() | st.integers(-(2**64), 2**64)
leaf = floats | integers | st.booleans() | st.none() | st.text(max_size=9)
anything = leaf | st.lists(leaf, max_size=3) | st.dictionaries(st.sampled_from("ab"), leaf, min_size=1)
names = st.text(max_size=20).filter(lambda name: name not in RESERVED)
scalars = [
    *(np.float16, np.float32, np.float64, np.bool_, np.intc, np.uintc, np.longlong, np.ulonglong),
    *(getattr(np, f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)),
]


def values_of(body: bytes) -> dict[tuple[str, ...], Any]:
    """Return the values of a record, without those that every row has."""
    record = decode(b"\x08\x01" + body)
    assert isinstance(record, HistoryRecord)
    return {path: value for path, value in record.items if path[0] not in RESERVED}


def encode(row: Any, encoder: RowEncoder | None = None) -> bytes:
    """Return *row* as a record."""
    return (encoder or RowEncoder()).encode(row, 3, 1.5, 1e9)


def one_by_one(row: dict[str, Any]) -> str:
    """Return the values of *row*, each logged alone, as JSON, which compares NaN with NaN and 1 with 1.0."""
    return text_of({path: value for key, item in row.items() for path, value in values_of(encode({key: item})).items()})


def text_of(values: dict[tuple[str, ...], Any]) -> str:
    """Return *values* in their order as JSON."""
    return json.dumps([[path, value] for path, value in values.items()])


def bits(value: float) -> bytes:
    """Return the bits of a float; all NaN are equal."""
    return struct.pack("<d", math.nan if math.isnan(value) else value)


@given(st.lists(floats, min_size=1, max_size=40))
def test_every_float_comes_back_bit_by_bit(values: list[float]):
    """All floats, such as subnormals, -0.0 and NaN, survive narrow and wide rows and both readers."""
    wide = {f"m{at:02}": value for at, value in enumerate(values)}
    encoder = RowEncoder()
    for row in (wide, *({key: value} for key, value in wide.items())):
        expected = {key: bits(value) for key, value in row.items()}
        payload = encode(row, encoder)
        assert {path[0]: bits(value) for path, value in values_of(payload).items()} == expected
        table = HistoryTable()
        table.append([b"\x08\x01" + payload])
        numbers = {key: bits(column.values[0]) for key, column in table.numbers.items() if key not in RESERVED}
        assert numbers == expected


@given(st.lists(integers, min_size=WIDE, max_size=WIDE))
def test_whole_numbers_of_any_size_come_back(values: list[int]):
    """Integers beyond 2**53 and beyond 64 bits are stored with all digits, also in a wide row."""
    row = {f"m{at:02}": value for at, value in enumerate(values)}
    assert list(values_of(encode(row)).values()) == values


@given(st.dictionaries(names, anything, min_size=1, max_size=40))
def test_a_wide_row_equals_its_single_values(row: dict[str, Any]):
    """A row of any width has the values and the order of its parts logged alone, twice from one encoder."""
    encoder = RowEncoder()
    for _ in range(2):
        assert text_of(values_of(encode(row, encoder))) == one_by_one(row)


@pytest.mark.parametrize("width", [1, WIDE])
@pytest.mark.parametrize("kind", scalars)
def test_a_numpy_scalar_is_stored_as_a_python_number(kind: type, width: int):
    """Each numpy number type gives the same bytes as the equal Python number."""
    python = {f"m{at:02}": kind(at / 3).item() for at in range(width)}
    assert all(type(value) in {int, float, bool} for value in python.values())
    assert encode({key: kind(at / 3) for at, key in enumerate(python)}) == encode(python)


def test_special_numpy_types_are_not_plain_numbers():
    """A duration is not taken for the integer inside it, and a long double is still handled separately."""
    row = {"took": np.timedelta64(1500, "ms"), "long": np.longdouble(0.5)}
    wide = {**row, **{f"m{at}": 0.5 for at in range(WIDE)}}
    assert text_of(values_of(encode(wide)))[: len(one_by_one(row)) - 1] == one_by_one(row)[:-1]
    assert values_of(encode(row))["long",] == 0.5
    assert values_of(encode(row))["took",] != 1500


@pytest.mark.parametrize(
    ("extra", "kind", "message"),
    [
        ({1: 2}, RowTypeError, "metric names must be strings, got int 1"),
        ({"_step": 2}, RowError, "metric name '_step' is reserved"),
        ({"bad": object()}, RowTypeError, "cannot log 'bad': unsupported type object"),
    ],
)
def test_a_bad_wide_row_is_named(extra: dict[Any, Any], kind: type[Exception], message: str):
    """A wide row raises the same errors as a short one, also from an encoder that knows its other names."""
    good = {f"m{at}": 0.5 for at in range(WIDE)}
    encoder = RowEncoder()
    encode(good, encoder)
    with pytest.raises(kind, match=message):
        encode({**good, **extra}, encoder)


def test_rows_are_the_same_without_orjson():
    """Without orjson, wide rows are still stored."""
    source = (
        "import sys\nsys.modules['orjson'] = None\n"
        "from wandb_nb.store.writing.row_encoder import RowEncoder\n"
        "row = {f'm{at:02}': at / 7 for at in range(20)}\n"
        "sys.stdout.buffer.write(RowEncoder().encode(row, 3, 1.5, 1e9))"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, env={**os.environ})
    assert values_of(done.stdout) == {(f"m{at:02}",): at / 7 for at in range(20)}


def test_names_are_cached_within_bounds():
    """All 8,000 names of a row are found in the cache; names that never return take bounded memory."""
    cache = PrefixCache()
    first = [cache[str(number)] for number in range(8000)]
    assert all(cache[str(number)] is prefixes for number, prefixes in enumerate(first))
    for number in range(50_000):
        name = f"once/{number:05}"
        assert prefix_of(cache[name], name, 4) == f"\n\x13\x12\x0aonce/{number:05}\x82\x01\x04"
    assert len(cache) <= 8192


def test_long_values_leave_nothing_in_the_cache():
    """A text of a new length in each row does not make the cache grow."""
    prefixes = PrefixCache()["text"]
    assert all(prefix_of(prefixes, "text", size) for size in range(2000))
    assert len(prefixes) <= 32


def test_rows_of_other_names_do_not_mix():
    """Rows with as many names as an earlier one, but others or in another order, have their own names."""
    encoder = RowEncoder()
    names = [f"m{at}" for at in range(WIDE)]
    for order in (names, names[::-1], [f"x/{name}" for name in names], names, [*names[1:], "last"]):
        row = {name: at / 7 for at, name in enumerate(order)}
        assert values_of(encode(row, encoder)) == {(name,): value for name, value in row.items()}


def test_numbers_alone_are_returned_as_they_are():
    """A row of many plain numbers comes back as names and values; one with anything else does not."""
    encoder = RowEncoder()
    row = {f"m{at}": at / 7 for at in range(WIDE)}
    names, values = encoder.encode_row(row, 0, 0.0, 0.0)[1] or ([], [])
    assert dict(zip(names, values, strict=True)) == row
    assert (encoder.encode_row({**row, "m3": math.nan}, 0, 0.0, 0.0)[1] or ([], []))[0] is names
    for other in ("text", None, [1], np.float32(2)):
        assert encoder.encode_row({**row, "m3": other}, 0, 0.0, 0.0)[1] is None
    assert encoder.encode_row({"a": 1.0}, 0, 0.0, 0.0)[1] is None
