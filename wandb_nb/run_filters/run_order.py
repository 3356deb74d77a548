"""Sorting runs by the values that an order names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.run_filters.run_values import RunValues

_MAX_PARTS = 10


def sort_runs(runs: Sequence[RunValues], order: str | None) -> list[RunValues]:
    """Return *runs* by *order*: "+name" ascending, "-name" descending, newest first without one.

    Raises:
        UsageError: The order has too many parts.

    """
    ordered, names = list(runs), (order or "-created_at").replace(",", " ").split()
    if len(names) > _MAX_PARTS:
        raise UsageError(f"an order has at most {_MAX_PARTS} parts, not {len(names)}")
    for name in reversed(names):
        ordered = sort_runs_by(ordered, name)
    return ordered


def sort_runs_by(runs: Sequence[RunValues], name: str) -> list[RunValues]:
    """Return *runs* sorted by one value, whose *name* is written like a part of an order; runs without it come last."""
    field = name.lstrip("+-")
    return sort_by_values(runs, [run.value(field) for run in runs], descending=name.startswith("-"))


def sort_by_values(runs: Sequence[RunValues], values: Sequence[Any], *, descending: bool) -> list[RunValues]:
    """Return *runs* sorted by *values*, one for each; runs without a value come last."""
    keys = list(map(_sort_key, values))
    present = [index for index, key in enumerate(keys) if key is not None]
    present.sort(key=keys.__getitem__, reverse=descending)  # type: ignore[arg-type]  # those that are not None
    return [runs[index] for index in present] + [run for run, key in zip(runs, keys, strict=True) if key is None]


def _sort_key(value: Any) -> tuple[int, Any] | None:
    """Return a key that sorts numbers before texts; None for a missing value."""
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else (0, value)
    return None if value is None else (1, str(value))
