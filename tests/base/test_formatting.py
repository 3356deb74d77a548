"""Sizes, times, numbers and foreign text as people read them."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.formatting import age, align, clean, clock, duration, number, parse_size, size, wrap


@given(st.text(max_size=300))
def test_clean_text_is_one_printable_line(name):
    """No name can break the line, send an escape sequence or reverse the writing direction."""
    text = clean(name)

    assert len(text.splitlines()) <= 1
    assert len(text) <= 80
    assert not set(text) & set("\x1b\x07\r\n\u202e\u2066\x9b")
    text.encode()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (3723, "1:02:03"), (math.nan, "0:00"), (-5, "0:00")]
)
def test_a_clock_shows_hours_minutes_and_seconds(seconds, text):
    """A running time has minutes and seconds, and hours if there are any."""
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.99995, "0.99995"), (0.9999999, "0.9999999"), (1.0, "1"), (12345.678, "12345.7"), (1e-9, "1e-09"),
     (1 / 3, "0.33333"), (-2.000001, "-2.000001"), (1e20, "1e+20"), (float("nan"), "nan"), (float("-inf"), "-inf")],
)  # fmt: skip
def test_a_fraction_never_looks_whole(value: float, text: str):
    """A number has five digits, and more if a fraction would otherwise look whole."""
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0, "0 s"),
        (59, "59 s"),
        (61, "1 min 1 s"),
        (3_600, "1 h"),
        (90_061, "1 d 1 h"),
        (math.inf, "0 s"),
        (math.nan, "0 s"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    """A duration in words has at most two units, and is empty for a value that is not a time."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (125, "2 min"), (7_300, "2 h"), (200_000, "2 d"), (-9, "0 s")]
)
def test_an_age_has_one_unit(seconds: float, text: str) -> None:
    """An age has only its largest unit; a time in the future counts as now."""
    assert age(time.time() - seconds - 0.2) == text


def test_lines_break_between_words() -> None:
    """Long lines break between words with an indent, commands in quotes and blanks within a line stay as they are."""
    text = f"a  table  row\n{'word ' * 4}'wandb-nb sync --all' https://{'x' * 30}"

    assert wrap(text, 20).split("\n") == [
        "a  table  row",
        "word word word word",
        "    'wandb-nb sync --all'",
        f"    https://{'x' * 30}",
    ]


def test_rows_are_aligned() -> None:
    """Columns are as wide as their widest cell, and long or unsafe cells are shortened and cleaned."""
    assert align([("A", "BB"), ("long", 1), ("x" * 9, "\x1b")], longest=5) == ["A      BB", "long   1", "xxxx…  �"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2.5e6, "2.5 MB"), (3e9, "3.0 GB"), (3e12, "3000.0 GB")],
)
def test_a_size_has_decimal_units(count: float, text: str) -> None:
    """A size has one decimal from a thousand bytes on."""
    assert size(count) == text


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("500", 500), ("3.2 MB", 3_200_000), ("10GB", 10**10), ("7k", 7_000), ("1tb", 10**12)]
)
def test_a_size_is_read_as_it_is_written(text, count):
    """A size has a number and a decimal unit; anything else is an error that shows the form."""
    assert parse_size(text) == count
    for wrong in ("", "much", "-1", "1 PB", "1e3", "5 M B"):
        with pytest.raises(ValueError, match="must be a size such as"):
            parse_size(wrong)
