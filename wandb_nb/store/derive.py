"""The summary recomputed from history, where a file has none or one older than its last rows."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from wandb_nb.store.kinds import KeyPath, Metric
    from wandb_nb.store.table import HistoryTable

# Every whole number up to here has its own float64; larger ones are shown as floats.
WHOLE = 2.0**53
ROW_KEYS = ("_step", "_runtime", "_timestamp")


class MetricRules:
    """Which definition holds for a metric: its own, else the last glob that fits it."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        defined = list(metrics)
        self._names = {metric.name: metric for metric in defined if metric.name}
        self._globs = [metric for metric in defined if metric.glob]

    def of(self, key: str) -> Metric | None:
        """Return the definition for *key*, whose parts are joined by "."."""
        if key in self._names:
            return self._names[key]
        fitting = [metric for metric in self._globs if _fits(metric.glob, key)]
        return fitting[-1] if fitting else None


def derive(
    table: HistoryTable, rules: MetricRules, recorded: dict[str, Any], removed: set[KeyPath], since: int
) -> dict[str, Any]:
    """Return *recorded* with what the rows say of every key that it lacks, or that has values from row *since* on.

    Keys in *removed* stay away until they are logged again.
    """
    summary = copy.deepcopy(recorded)
    for key, path in table.paths.items():
        row, value = table.last(key)
        known = path in removed or _has(recorded, path)
        if row >= since or not known:
            column = table.numbers.get(key)
            value = _under_rule(rules.of(key), value, None if column is None else column.values)
            if value is not None:
                put(summary, path, value)
    _put_row_keys(summary, table, since)
    return summary


def put(tree: dict[str, Any], path: KeyPath, value: Any) -> None:
    """Set the entry at *path*, making the dicts on the way."""
    for name in path[:-1]:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            inner = tree[name] = {}
        tree = inner
    tree[path[-1]] = value


def _under_rule(rule: Metric | None, value: Any, values: NDArray[np.float64] | None) -> Any:
    """Return what stands in the summary for a metric whose newest value is *value*; None for nothing."""
    wanted = rule.summary if rule else ()
    if "none" in wanted or value is None:
        return None
    statistics = [kind for kind in wanted if kind != "copy"]
    if values is None or not len(values) or not statistics:
        return plain(value)
    return {kind: plain(_statistic(kind, values, rule.goal if rule else None)) for kind in statistics}


def _put_row_keys(summary: dict[str, Any], table: HistoryTable, since: int) -> None:
    if not len(table):
        return
    for key, column in zip(ROW_KEYS, (table.step, table.runtime, table.timestamp), strict=True):
        value = float(column[-1])
        if not np.isnan(value) and (key not in summary or len(table) > since):
            summary[key] = plain(value)


def _statistic(kind: str, values: NDArray[np.float64], goal: str | None) -> float:
    """Return one statistic; NaN takes no part in the smallest, largest and mean, unless there is nothing else."""
    if kind in ("first", "last"):
        return float(values[0 if kind == "first" else -1])
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan")
    if kind == "mean":
        with np.errstate(invalid="ignore", over="ignore"):  # infinities of both signs have no mean
            return float(known.mean())
    largest = kind == "max" or (kind == "best" and goal == "maximize")
    return float(known.max() if largest else known.min())


def plain(value: Any) -> Any:
    """Return a whole float as an int, as W&B's own files spell it; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= WHOLE else value


def _has(tree: dict[str, Any], path: KeyPath) -> bool:
    inner: Any = tree
    for name in path:
        if not isinstance(inner, dict) or name not in inner:
            return False
        inner = inner[name]
    return True


def _fits(glob: str, key: str) -> bool:
    return key.startswith(glob[:-1]) if glob.endswith("*") else key == glob
