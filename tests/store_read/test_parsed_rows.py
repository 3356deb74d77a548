"""Parsed rows give the same table as the records of the same rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wandb_nb.store.reading.history_table import HistoryTable
from wandb_nb.store.writing.row_encoder import RowEncoder

LISTS = st.lists(st.integers(), max_size=2)
VALUES = st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.text("abé", max_size=3), LISTS)
KEYS = st.text("ab.", min_size=1, max_size=3)
ROWS = st.lists(st.dictionaries(KEYS, st.one_of(VALUES, st.dictionaries(KEYS, VALUES, max_size=2)), max_size=4))


def content(table: HistoryTable) -> Any:
    """Return the content of *table* in a form that compares, NaN included."""
    numbers = {key: (column.rows.tolist(), repr(column.values.tolist())) for key, column in table.numbers.items()}
    others = {key: (column.rows, repr(column.values)) for key, column in table.others.items()}
    filled = {key: column for key, column in [*numbers.items(), *others.items()] if column[0]}
    return filled, list(table.paths.items()), table.step.tolist(), table.attempt.tolist()


@settings(deadline=None, max_examples=200)
@given(ROWS, st.lists(st.integers(0, 2), min_size=20, max_size=20))
def test_parsed_rows_equal_records(rows: list[dict[str, Any]], increments: list[int]) -> None:
    """Nested, mixed and repeated keys and steps logged in parts give equal tables both ways."""
    encoder, records, parsed = RowEncoder(), HistoryTable(), HistoryTable()
    steps = [sum(increments[: index + 1]) for index in range(len(rows))]
    payloads = [encoder.encode(row, step, 1.0, 2.0) for row, step in zip(rows, steps, strict=True)]
    complete = [
        row | {"_step": step, "_runtime": 1.0, "_timestamp": 2.0} for row, step in zip(rows, steps, strict=True)
    ]
    half = len(rows) // 2
    for part in (slice(0, half), slice(half, None)):
        records.append(payloads[part])
        parsed.append_rows(complete[part])
    assert content(parsed) == content(records)


def test_integers_beyond_floats_are_infinite() -> None:
    """An integer that no float can hold becomes infinity, and the rest of its column stays."""
    table = HistoryTable()
    table.append_rows([{"_step": 0, "a": 1}, {"_step": 1, "a": 10**400}, {"_step": 2, "a": -(10**400)}])
    assert table.numbers["a"].values.tolist() == [1.0, math.inf, -math.inf]
    assert table.step.dtype == np.float64
