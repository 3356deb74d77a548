"""The config of runs as columns of numbers, for models and correlations."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MAX_KEYS = 60
MAX_CATEGORIES = 200  # of a key
_MAX_COLUMNS = 1_000  # of all categories together
_MIN_CATEGORIES = 8
_MAX_KEY_LENGTH = 200
_MAX_CATEGORY_LENGTH = 200


@dataclass(frozen=True)
class Feature:
    """A config key whose value differs between runs.

    *columns* has a row per run: ranks of numbers and whether one is missing, or one column per category. *numbers* are
    the values, NaN where a run has none; None for categories.
    """

    key: str
    columns: Numbers
    numbers: Numbers | None
    values: int


def config_features(configs: Sequence[Mapping[str, Any]]) -> tuple[list[Feature], int]:
    """Return the features of *configs*, at most `MAX_KEYS`, and how many keys that differ are left out.

    Keys that most runs have come first.
    """
    keys = _varying_keys(configs)
    columns = {key: [config.get(key) for config in configs] for key in keys[:MAX_KEYS]}
    numbers = {key: _as_numbers(values) for key, values in columns.items()}
    categorical = sum(column is None for column in numbers.values())
    limit = min(MAX_CATEGORIES, max(_MIN_CATEGORIES, _MAX_COLUMNS // max(1, categorical)))
    features = [
        _categories(key, columns[key], limit) if column is None else _numeric(key, column)
        for key, column in numbers.items()
    ]
    return [feature for feature in features if feature.values > 1], max(0, len(keys) - MAX_KEYS)


def average_ranks(values: Numbers) -> Numbers:
    """Return the rank of each of *values*, from 1; equal ones have the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Numbers = (np.cumsum(counts) - (counts - 1) / 2)[places.reshape(-1)]
    return ranks


def spearman(left: Numbers, right: Numbers) -> float | None:
    """Return Spearman's correlation of the pairs without NaN; None if one side has fewer than two different values."""
    usable = ~(np.isnan(left) | np.isnan(right))
    left, right = average_ranks(left[usable]), average_ranks(right[usable])
    if not left.size or left.std() == 0 or right.std() == 0:
        return None
    return float(np.corrcoef(left, right)[0, 1])


def _varying_keys(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    counts: Counter[str] = Counter()
    first: dict[str, Any] = {}
    varying: set[str] = set()
    for config in configs:
        counts.update(config.keys())  # the mapping itself would add its values
        varying |= {key for key, value in config.items() if first.setdefault(key, value) != value}
    return sorted(
        (
            key
            for key, count in counts.items()
            if len(key) <= _MAX_KEY_LENGTH and (key in varying or count < len(configs))
        ),
        key=lambda key: (-counts[key], key),
    )


def _as_numbers(values: Sequence[Any]) -> Numbers | None:
    """Return the numbers among *values*; None if one of them is something else."""
    if not all(value is None or isinstance(value, (bool, int, float)) for value in values):
        return None
    return np.array([float(value) if _is_usable(value) else math.nan for value in values])


def _is_usable(value: Any) -> bool:
    return isinstance(value, bool) or is_finite(value)


def _numeric(key: str, numbers: Numbers) -> Feature:
    missing = np.isnan(numbers)
    ranks = np.zeros_like(numbers)
    ranks[~missing] = average_ranks(numbers[~missing])
    different = len(np.unique(numbers[~missing])) + bool(missing.any())
    return Feature(key, np.column_stack([ranks, missing]), numbers, different)


def _categories(key: str, values: Sequence[Any], limit: int) -> Feature:
    texts = [_category(value) for value in values]
    counts = Counter(texts)
    frequent = sorted(counts, key=lambda text: (-counts[text], text))[:limit]
    places = {text: place for place, text in enumerate(frequent)}
    columns = np.zeros((len(texts), len(frequent)))  # rare values beyond the limit have no column: they count as one
    for row, text in enumerate(texts):
        if text in places:
            columns[row, places[text]] = 1
    return Feature(key, columns, None, len(counts))


def _category(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text[:_MAX_CATEGORY_LENGTH]
