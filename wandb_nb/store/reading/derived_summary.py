"""The summary recomputed from history, where a file has none or one older than its last rows."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.store.reading.metric_rules import put

if TYPE_CHECKING:
    from wandb_nb.store.format.record_types import KeyPath, MetricRecord
    from wandb_nb.store.reading.history_table import HistoryTable, NumberColumn
    from wandb_nb.store.reading.metric_rules import MetricRules

# Every whole number up to here has its own float64; larger ones are shown as floats.
WHOLE = 2.0**53
ROW_KEYS = ("_step", "_runtime", "_timestamp")


class DerivedSummary:
    """Recomputes summaries of one growing *table*; what it knows of a column's values it keeps for the next time."""

    def __init__(self, table: HistoryTable) -> None:
        self._table = table
        self._statistics: dict[str, _Statistics] = {}

    def summary(
        self, rules: MetricRules, recorded: dict[str, Any], removed: set[KeyPath], since: int
    ) -> dict[str, Any]:
        """Return *recorded* with what the rows say of every key that it lacks, or that has values from *since* on.

        *since* is a row.  Keys in *removed* stay away until they are logged again.  What one of several writers
        recorded as the smallest value, say, is so of its own rows: such keys are always recomputed.
        """
        summary = copy.deepcopy(recorded)
        several = bool((self._table.writer != 0).any())
        for key, path in self._table.paths.items():
            row, value = self._table.last(key)
            rule = rules.of(key)
            if row >= since or not (path in removed or _has(recorded, path)) or (several and rule and rule.summary):
                value = self._under_rule(rule, key, value)
                if value is not None:
                    put(summary, path, value)
        _put_row_keys(summary, self._table, since)
        return summary

    def _under_rule(self, rule: MetricRecord | None, key: str, value: Any) -> Any:
        """Return what stands in the summary for *key*, whose newest value is *value*; None for nothing."""
        wanted = rule.summary if rule else ()
        if "none" in wanted or value is None:
            return None
        kinds = [kind for kind in wanted if kind != "copy"]
        column = self._table.numbers.get(key)
        if rule is None or not kinds or column is None or not len(column):
            return plain(value)
        known = self._statistics.get(key)
        if known is None or known.rewrites != column.rewrites:  # earlier values changed: all of them again
            known = self._statistics[key] = _Statistics(column.rewrites)
        known.follow(column)
        return {kind: plain(known.of(kind, column, rule.goal)) for kind in kinds}


class _Statistics:
    """Smallest, largest and mean of a column as it grows; NaN takes no part, unless there is nothing else."""

    def __init__(self, rewrites: int = 0) -> None:
        self.rewrites = rewrites
        self._seen = self._count = 0
        self._sum, self._min, self._max = 0.0, float("inf"), float("-inf")

    def follow(self, column: NumberColumn) -> None:
        """Take the values that are new."""
        new = column.values[self._seen :]
        self._seen = len(column)
        new = new[~np.isnan(new)]
        if len(new):
            self._count += len(new)
            self._min, self._max = min(self._min, float(new.min())), max(self._max, float(new.max()))
            with np.errstate(invalid="ignore", over="ignore"):  # infinities of both signs have no mean
                self._sum += float(new.sum())

    def of(self, kind: str, column: NumberColumn, goal: str | None) -> float:
        """Return one statistic of *column*, which is not empty."""
        if kind in ("first", "last"):
            return float(column.values[0 if kind == "first" else -1])
        if not self._count:
            return float("nan")
        if kind == "mean":
            return self._sum / self._count
        return self._max if kind == "max" or (kind == "best" and goal == "maximize") else self._min


def _put_row_keys(summary: dict[str, Any], table: HistoryTable, since: int) -> None:
    if not len(table):
        return
    for key, column in zip(ROW_KEYS, (table.step, table.runtime, table.timestamp), strict=True):
        value = float(column[-1])
        if not np.isnan(value) and (key not in summary or len(table) > since):
            summary[key] = plain(value)


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
