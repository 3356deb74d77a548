"""The summary computed from history, for files without one or with one that is older than their last rows."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.store.format.key_paths import get, put
from wandb_nb.store.metrics.summary_engine import OMIT, Statistics, newest_entry, whole

if TYPE_CHECKING:
    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.store.metrics.definitions import Definitions
    from wandb_nb.store.reading.history_table import HistoryTable
    from wandb_nb.values import KeyPath

POSITION_KEYS = ("_step", "_runtime", "_timestamp")


class DerivedSummary:
    """Computes summaries of one growing *table* under *definitions*, and caches statistics between calls."""

    def __init__(self, table: HistoryTable, definitions: Definitions) -> None:
        self._table = table
        self._definitions = definitions
        self._first_rows: dict[str, int] = {}
        self._columns: dict[str, _ColumnStatistics] = {}

    def start(self, metric: Metric, row: int) -> None:
        """Count values for the statistics of *metric*, which was just defined, from *row* on."""
        if metric.statistics:
            self._first_rows.setdefault(metric.name, row)

    def summary(self, recorded: dict[str, Any], removed: set[KeyPath], since: int) -> dict[str, Any]:
        """Return *recorded* with new entries for the keys that it lacks or that have values in rows from *since* on.

        Keys in *removed* stay absent until they are logged again. What one of several writers recorded as the
        smallest value, say, covers its own rows only: such keys are always computed.
        """
        summary = copy.deepcopy(recorded)
        several = bool((self._table.writer != 0).any())
        for key, path in self._table.paths.items():
            row, value = self._table.last(key)
            metric = self._definitions.find(key)
            recorded_or_removed = path in removed or get(recorded, path, OMIT) is not OMIT
            if row >= since or not recorded_or_removed or (several and metric and metric.summary):
                value = self._entry(key, metric, value)
                if value is not OMIT:
                    put(summary, path, value)
        _put_position(summary, self._table, since)
        return self._in_order(summary)

    def _in_order(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Return *summary* in the order in which its keys were first logged; records have them in any order."""
        tops = dict.fromkeys(path[0] for path in self._table.paths.values())
        order = {top: at for at, top in enumerate(tops)}
        return dict(sorted(summary.items(), key=lambda item: order.get(item[0], len(order))))

    def statistics(self) -> dict[str, Statistics]:
        """Return the statistics of all metrics whose definition asks for some, for a run that continues this one."""
        definitions = ((key, self._definitions.find(key)) for key in self._table.keys)
        return {key: self._statistics(key, metric) for key, metric in definitions if metric and metric.statistics}

    def _entry(self, key: str, metric: Metric | None, newest: Any) -> Any:
        if metric is None or not metric.statistics:
            return whole(newest_entry(metric, newest))
        return {kind: whole(value) for kind, value in self._statistics(key, metric).report(metric).items()}

    def _statistics(self, key: str, metric: Metric) -> Statistics:
        column = self._table.numbers.get(key)
        rewrites = column.rewrites if column is not None else 0
        cached = self._columns.get(key)
        if cached is None or cached.rewrites != rewrites:  # earlier values changed: read all of them again
            cached = self._columns[key] = _ColumnStatistics(self._first_rows.get(metric.name, 0), rewrites)
        return cached.follow(self._table, key)


class _ColumnStatistics:
    """Statistics of the values of one key from row *first_row* on, brought up to date by `follow`."""

    def __init__(self, first_row: int, rewrites: int) -> None:
        self.rewrites = rewrites
        self._first_row = first_row
        self._read = 0
        self._statistics = Statistics()

    def follow(self, table: HistoryTable, key: str) -> Statistics:
        """Add what *table* has got since the last call, and return the statistics."""
        column = table.numbers.get(key)
        if column is not None:
            at = max(self._read, int(np.searchsorted(column.rows, self._first_row)))
            self._read = len(column)
            with np.errstate(invalid="ignore", over="ignore"):  # infinities of both signs have no mean
                self._statistics.extend(column.values[at:])
        first, last = table.first(key, self._first_row), table.last(key)
        if last[0] >= self._first_row:
            self._statistics.set_ends(first[1], last[1])
        return self._statistics


def _put_position(summary: dict[str, Any], table: HistoryTable, since: int) -> None:
    if not len(table):
        return
    for key, column in zip(POSITION_KEYS, (table.step, table.runtime, table.timestamp), strict=True):
        value = float(column[-1])
        if not np.isnan(value) and (key not in summary or len(table) > since):
            summary[key] = whole(value)
