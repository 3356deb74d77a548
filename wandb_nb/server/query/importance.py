"""How much each config key tells about a result of runs: by a random forest, and by rank correlation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.errors import UsageError
from wandb_nb.server.query.config_features import config_features, spearman
from wandb_nb.server.query.forest_fit import ForestResult
from wandb_nb.server.query.run_columns import column_reader, is_column
from wandb_nb.server.query.search import search_predicate
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wandb_nb.run_filters.run_values import RunValues
    from wandb_nb.server.query.forest_fit import ForestCache

    Numbers = NDArray[np.float64]

MAX_RUNS = 5_000
MIN_RUNS = 10


class KeyImportance(NamedTuple):
    """A config key with its *drop* of R², None without a forest, and its *correlation*, None for categories."""

    key: str
    drop: float | None
    correlation: float | None
    values: int


@dataclass
class Importance:
    """What the page shows: the keys by importance, computed from *runs* of *total* runs with the result."""

    keys: list[KeyImportance] = field(default_factory=list)
    runs: int = 0
    total: int = 0
    r2: float | None = None
    left_out: int = 0
    has_sklearn: bool = True


def measure_importance(runs: Sequence[RunValues], result: str, q: str, forests: ForestCache) -> Importance:
    """Return the importance of the config of those of *runs* that the search *q* selects, for the column *result*.

    Raises:
        UsageError: Runs do not have a result of this name.

    """
    if not is_column(result):
        raise UsageError(f"runs have no result {result[:100]!r}; choose one of the list")
    matches, read = search_predicate(q), column_reader(result)
    usable = [(run, value) for run in runs if is_finite(value := read(run)) and matches(run)]
    chosen = sample_evenly(sorted(usable, key=lambda one: one[0].row.created), MAX_RUNS)
    importance = Importance(runs=len(chosen), total=len(usable))
    if len(chosen) >= MIN_RUNS:
        _measure(importance, [run for run, _ in chosen], np.array([float(value) for _, value in chosen]), forests)
    return importance


def sample_evenly(items: Sequence[Any], limit: int) -> list[Any]:
    """Return at most *limit* of *items*, at equal distances."""
    if len(items) <= limit:
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]


def _measure(importance: Importance, runs: Sequence[RunValues], target: Numbers, forests: ForestCache) -> None:
    features, importance.left_out = config_features([run.config_leaves for run in runs])
    can_differ = bool(features) and target.min() < target.max()
    forest = forests.result(features, target) if can_differ else ForestResult(math.nan, [math.nan] * len(features))
    importance.has_sklearn = forest is not None
    importance.r2 = forest.r2 if forest is not None and can_differ else None
    drops: Sequence[float | None] = forest.drops if importance.r2 is not None and forest else [None] * len(features)
    importance.keys = sorted(
        (
            KeyImportance(
                feature.key,
                drop,
                None if feature.numbers is None else spearman(feature.numbers, target),
                feature.values,
            )
            for feature, drop in zip(features, drops, strict=True)
        ),
        key=lambda one: (-(one.drop or 0), -abs(one.correlation or 0), one.key),
    )
