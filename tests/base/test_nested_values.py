"""Numbers, and nested dictionaries as their leaves."""

from __future__ import annotations

import math
from types import MappingProxyType

from wandb_nb.values import MAX_PATH, dotted, is_finite, is_number, leaves


def test_bools_are_not_numbers() -> None:
    """Ints and floats are numbers; bools and texts are not."""
    assert [is_number(value) for value in (1, 1.5, math.nan, True, "1", None)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_values_beyond_floats_are_not_finite() -> None:
    """NaN, infinities and ints beyond the largest float are not finite, and the check does not fail."""
    assert [is_finite(value) for value in (0, -1.5, 10**400, math.nan, -math.inf, True)] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_leaves_have_dotted_names() -> None:
    """Nested mappings become dotted names; typed objects and empty ones stay whole."""
    histogram = {"_type": "histogram", "values": [1]}
    values = {"a": 1, "b": {"c": 2, "d": MappingProxyType({"e": [3]})}, "h": histogram, "none": {}, "_wandb": {"x": 4}}

    leaves = dict(dotted(values))

    assert leaves == {"a": 1, "b.c": 2, "b.d.e": [3], "h": histogram, "none": {}, "_wandb.x": 4}
    assert set(leaves) - set(dict(dotted(values, private=False))) == {"_wandb.x"}


def test_deep_values_end() -> None:
    """A path ends at the depth limit, for any value below it."""
    value: dict[str, object] = {"end": 1}
    for _ in range(MAX_PATH * 3):
        value = {"k": value}

    ((path, rest),) = leaves((), value)

    assert (len(path), type(rest)) == (MAX_PATH, dict)
