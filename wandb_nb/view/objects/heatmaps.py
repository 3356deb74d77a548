"""Histograms and lists of numbers logged over steps, as heat maps of bounded size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from wandb_nb.store.reading.history_table import HistoryTable, ObjectColumn

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

Kind = Literal["histogram", "list"]

MAX_HEATMAPS = 24  # of one message
MAX_COLUMNS = 100
MAX_BINS = 40
MAX_LIST = 64  # a longer list is shown as the distribution of its values
_MAX_EDGE = 1e300  # differences must be finite
_MAX_VALUES = 100_000  # of one logged value; more are not read


@dataclass(frozen=True)
class Heatmap:
    """The values of one metric over steps: `cells[i, j]` belongs to step i and the bin `edges[j]` to `edges[j + 1]`.

    In a "histogram" a cell is the number of values in a bin. In a "list" the bins are the indices of the list, and a
    cell is its value there, NaN where a list is shorter. `n` is the number of logged values, of which `step` and `time`
    (seconds since the start of the run) are an evenly spaced sample of the newest attempt.
    """

    key: str
    kind: Kind
    n: int
    step: Floats
    time: Floats
    edges: Floats
    cells: Floats

    def columns(self) -> dict[str, Floats]:
        """Return the columns by their names in the message."""
        return {"step": self.step, "time": self.time, "edges": self.edges, "cells": self.cells.ravel()}


def kind_of(value: Any) -> Kind | None:
    """Return how a logged *value* is drawn, None if not as a heat map."""
    if isinstance(value, dict):
        return "histogram" if value.get("_type") == "histogram" else None
    if isinstance(value, list) and value and all(isinstance(item, (int, float)) for item in value[:_MAX_VALUES]):
        return "list" if len(value) <= MAX_LIST else "histogram"
    return None


def heatmap_keys(table: HistoryTable) -> list[str]:
    """Return the keys whose newest value is a histogram or a list of numbers, in the order of first appearance."""
    others = ((key, table.others.get(key)) for key in table.paths if not key.startswith("_"))
    keys = [key for key, column in others if column and column.values and kind_of(column.values[-1])]
    return keys[:MAX_HEATMAPS]


def make_heatmap(key: str, table: HistoryTable, columns: int = MAX_COLUMNS, bins: int = MAX_BINS) -> Heatmap | None:
    """Return the heat map of *key* with at most *columns* steps and *bins* bins; None if no value is readable."""
    column = table.others[key]
    sample = _sample(column, table, columns)
    if kind_of(column.values[-1]) == "list":
        lists = {row: entries for row, value in sample if (entries := _entries(value)) is not None}
        return _heatmap(key, "list", table, list(lists), *_padded(list(lists.values()))) if lists else None
    histograms = {row: counts for row, value in sample if (counts := _counts(value)) is not None}
    if not histograms:
        return None
    return _heatmap(key, "histogram", table, list(histograms), *_rebinned(list(histograms.values()), bins))


def _heatmap(  # noqa: PLR0917 -- the parts of a heat map
    key: str, kind: Kind, table: HistoryTable, rows: list[int], edges: Floats, cells: Floats
) -> Heatmap:
    return Heatmap(key, kind, len(table.others[key]), table.step[rows], table.runtime[rows], edges, cells)


def _sample(column: ObjectColumn, table: HistoryTable, columns: int) -> list[tuple[int, Any]]:
    """Return row and value of at most *columns* values of the newest attempt, its last one included, by step."""
    attempts = np.nan_to_num(table.attempt[np.array(column.rows, np.int64)])
    members = np.flatnonzero(attempts == attempts[-1])
    spaced = np.unique(np.linspace(0, len(members) - 1, min(columns, len(members))).astype(np.int64))
    chosen = [(column.rows[at], column.values[at]) for at in members[spaced].tolist()]
    return sorted(chosen, key=lambda pair: table.step[pair[0]])  # several processes may log in turn


def _counts(value: Any) -> tuple[Floats, Floats] | None:
    """Return edges and counts of a histogram, or of a long list of numbers; None if *value* is malformed."""
    if isinstance(value, list):
        numbers = _floats(value)
        finite = numbers[np.isfinite(numbers)] if numbers is not None else np.empty(0)
        if not len(finite) or np.abs(finite).max() > _MAX_EDGE:
            return None
        counts, edges = np.histogram(finite, MAX_LIST)
        return edges, counts.astype(np.float64)
    return _parse_histogram(value) if isinstance(value, dict) else None


def _parse_histogram(value: Mapping[str, Any]) -> tuple[Floats, Floats] | None:
    values, edges = _floats(value.get("values")), _edges(value)
    if values is None or edges is None or not 1 < len(edges) == len(values) + 1:
        return None
    if not np.isfinite([*edges, *values]).all() or np.abs(edges).max() > _MAX_EDGE:
        return None
    return (edges, values) if np.all(np.diff(edges) > 0) and np.all(values >= 0) else None


def _edges(value: Mapping[str, Any]) -> Floats | None:
    packed = value.get("packedBins")
    if not isinstance(packed, dict):
        return _floats(value.get("bins"))
    parts = _floats([packed.get("min"), packed.get("size"), packed.get("count")])
    if parts is None or not np.isfinite(parts).all() or not 0 < parts[2] <= _MAX_VALUES:
        return None
    return np.asarray(parts[0] + parts[1] * np.arange(int(parts[2]) + 1), np.float64)


def _entries(value: Any) -> Floats | None:
    """Return the numbers of a short list; None if *value* is anything else."""
    return _floats(value[:MAX_LIST]) if kind_of(value) else None


def _floats(value: Any) -> Floats | None:
    if not isinstance(value, list) or not all(isinstance(item, (int, float)) for item in value[:_MAX_VALUES]):
        return None
    try:
        return np.array(value[:_MAX_VALUES], np.float64)
    except OverflowError:  # a whole number that no float holds
        return None


def _rebinned(histograms: Sequence[tuple[Floats, Floats]], bins: int) -> tuple[Floats, Floats]:
    """Return common edges of all *histograms* and the counts of each between them."""
    low, high = min(edges[0] for edges, _ in histograms), max(edges[-1] for edges, _ in histograms)
    common: Floats = np.linspace(float(low), float(high), bins + 1, dtype=np.float64)
    cumulative = [np.interp(common, edges, np.append(0.0, np.cumsum(counts))) for edges, counts in histograms]
    return common, np.diff(np.array(cumulative), axis=1)


def _padded(lists: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return the edges of the indices of the longest of *lists*, and all of them as rows, with NaN at their ends."""
    length = max(map(len, lists))
    cells = np.full((len(lists), length), np.nan)
    for row, values in enumerate(lists):
        cells[row, : len(values)] = values
    return np.arange(-0.5, length), cells
