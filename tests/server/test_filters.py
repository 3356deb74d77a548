"""Filters and orders of runs."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.errors import UsageError
from wandb_nb.run_filters.filters import matches, parse_filter
from wandb_nb.run_filters.run_order import sort_runs
from wandb_nb.run_filters.run_values import RunValues


def run_values(**fields: Any) -> RunValues:
    """Return a run's values."""
    config = {key: {"value": value} for key, value in fields.pop("config", {}).items()}
    row = {"name": "r", "display_name": "r", "state": "finished", "created": 0.0, "tags": "[]", "summary": "{}"}
    return RunValues(SimpleNamespace(**{**row, "config": json.dumps(config), **fields}))


RUN = run_values(
    config={"lr": 0.1, "net": {"width": 8}, "a.b": 1, "name": "éé"},
    tags='["x", "y"]',
    summary='{"acc": 0.5, "bad": NaN}',
)


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"state": "finished"},
        {"config.lr.value": 0.1},
        {"config.lr": {"$gt": 0.05, "$lte": 0.1}},
        {"config.net.width": 8},
        {"config.net.value.width": {"$exists": False}},
        {"config.a.b": 1},
        {"summary_metrics.acc": {"$gte": 0.5}},
        {"tags": {"$in": ["y", "z"]}},
        {"tags": "x"},
        {"displayName": {"$regex": "^r"}},
        {"config.name": {"$regex": "^.é$"}},
        {"config.name": {"$regex": "(?i)É"}},
        {"$or": [{"state": "running"}, {"$not": {"state": "failed"}}]},
        {"$and": [{"state": {"$ne": "running"}}, {"state": {"$nin": ["failed"]}}]},
        {"config.nothing": None},
    ],
)
def test_filters_that_let_through(tree: dict[str, Any]) -> None:
    """Each form of the language matches the run it describes, and its opposite does not."""
    assert matches(RUN, tree)
    assert not matches(RUN, {"$nor": [tree]})


@pytest.mark.parametrize("tree", [{"$where": 1}, {"nonsense": 1}, {"state": {"$near": 1}}, {"$or": 3}])
def test_unknown_parts_are_errors(tree: dict[str, Any]) -> None:
    """An unsupported part is an error, not a filter that matches everything or nothing."""
    with pytest.raises(UsageError):
        matches(RUN, tree)


def test_a_filter_is_an_object() -> None:
    """A text that is not a JSON object is an error."""
    for text in ("[1]", "{", '"x"'):
        with pytest.raises(UsageError):
            parse_filter(text)


values = st.one_of(st.none(), st.floats(), st.integers(-5, 5), st.text(max_size=3))


@given(st.lists(values, max_size=20))
def test_orders_put_the_missing_last(values: list[Any]) -> None:
    """Numbers come before texts in both orders, and runs without a value, or with NaN, come last in both."""
    runs = [run_values(summary=json.dumps({"v": value})) for value in values]
    for sign in "+-":
        got = [one.value("summary_metrics.v") for one in sort_runs(runs, f"{sign}summary_metrics.v")]
        missing = [value is None or value != value for value in got]  # noqa: PLR0124 - NaN differs from itself
        assert missing == sorted(missing)
        numbers = [value for value, none in zip(got, missing, strict=True) if not none and not isinstance(value, str)]
        assert numbers == sorted(numbers, reverse=sign == "-")
