"""How well a random forest predicts a result of runs from their config, and what it needs for that."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.lru import LRUDict
from wandb_nb.server.query.config_features import average_ranks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wandb_nb.server.query.config_features import Feature

    Numbers = NDArray[np.float64]

FOLDS, TREES = 5, 60
_MAX_TREE_RUNS = 1_000  # that one tree learns from
_SHUFFLED_RUNS = 1_000  # few runs are shuffled more often
_MAX_SHUFFLES = 10
_MAX_CACHED = 64


class ForestResult(NamedTuple):
    """R² of a forest on runs that it has not seen, and by how much it falls when one feature is shuffled."""

    r2: float
    drops: list[float]


class ForestCache:
    """Results of forests by the data that they were fitted to, so that a page is computed once. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: LRUDict[str, ForestResult] = LRUDict(_MAX_CACHED)

    def result(self, features: Sequence[Feature], target: Numbers) -> ForestResult | None:
        """Return what a forest makes of *features*; None without scikit-learn."""
        key = _digest(features, target)
        with self._lock:
            if key in self._results:
                return self._results[key]
        result = fit_forests(features, target)
        if result is not None:
            with self._lock:
                self._results[key] = result
        return result


def _digest(features: Sequence[Feature], target: Numbers) -> str:
    digest = hashlib.blake2b(target.tobytes(), digest_size=16)
    for feature in features:
        digest.update(f"{feature.columns.shape}".encode())
        digest.update(feature.columns.tobytes())
    return digest.hexdigest()


def fit_forests(features: Sequence[Feature], target: Numbers) -> ForestResult | None:
    """Return the result of forests that are each measured on a fold of the runs; None without scikit-learn."""
    try:
        from sklearn.ensemble import RandomForestRegressor
    except ImportError:
        return None
    random = np.random.default_rng(0)
    ranks = average_ranks(target)
    table = np.column_stack([feature.columns for feature in features]).astype(np.float32)
    errors = np.zeros(len(features) + 1)
    for fold in np.array_split(random.permutation(len(target)), FOLDS):
        others = np.setdiff1d(np.arange(len(target)), fold)
        size = min(len(others), _MAX_TREE_RUNS)
        forest = RandomForestRegressor(TREES, max_features=1 / 3, max_samples=size, random_state=0)
        forest.fit(table[others], ranks[others])
        errors += _fold_errors(forest, features, table[fold], ranks[fold], random)
    error, *shuffled = errors / ((ranks - ranks.mean()) ** 2).sum()
    return ForestResult(float(1 - error), [float(value - error) for value in shuffled])


def _fold_errors(
    forest: Any, features: Sequence[Feature], rows: NDArray[np.float32], ranks: Numbers, random: np.random.Generator
) -> Numbers:
    """Return the squared error on *rows* as they are, and with the columns of each feature shuffled."""
    shuffles = max(1, min(_MAX_SHUFFLES, _SHUFFLED_RUNS // (FOLDS * len(rows))))
    copies, ends = np.tile(rows, (shuffles, 1)), np.cumsum([feature.columns.shape[1] for feature in features])
    errors = [_squared_error(forest, rows, ranks)]
    for feature, end in zip(features, ends, strict=True):
        part = slice(end - feature.columns.shape[1], end)
        order = np.concatenate([random.permutation(len(rows)) for _ in range(shuffles)])
        shuffled = copies.copy()
        shuffled[:, part] = rows[order][:, part]
        errors.append(_squared_error(forest, shuffled, np.tile(ranks, shuffles)) / shuffles)
    return np.array(errors)


def _squared_error(forest: Any, rows: NDArray[np.float32], ranks: Numbers) -> float:
    return float(((forest.predict(rows) - ranks) ** 2).sum())
