"""History payloads → columns of one batch.

There are two paths with the same result. The exact one decodes row by row. The fast one finds the items of all rows
together (`vector_items`), cuts the texts of their numbers out of the joined bytes and parses them in one call. Rows
that it marks as odd take the exact path.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.store.format.decode import WireError, decode
from wandb_nb.store.format.record_items import NUMBER_STARTS, parse_json, whole_objects
from wandb_nb.store.format.record_types import HistoryRecord
from wandb_nb.store.metrics.summary_engine import MAX_EXACT
from wandb_nb.store.reading.payload_batch import HISTORY_TAG, SUMMARY_TAG, PayloadBatch
from wandb_nb.store.reading.vector_items import HISTORY_TAIL, SUMMARY_TAIL, find_items
from wandb_nb.values import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from wandb_nb.store.reading.vector_items import VectorItems
    from wandb_nb.values import KeyPath

# Below this many rows numpy's fixed cost is higher than decoding them one by one.
MIN_BATCH = 32
# By first byte, whether a value is a number.
NUMBER_START = np.zeros(256, dtype=bool)
NUMBER_START[list(b"".join(NUMBER_STARTS))] = True


class RowColumns(NamedTuple):
    """The rows of one batch. Indices count payloads of the batch, ascending, each at most once a key.

    `numbers` holds finite and other floats (bools as 0 and 1), `others` every other value; keys are in the order
    in which the batch first contains them, with their parts in `paths`. `unreadable` lists payloads that are not rows.
    `exact` holds, by key and index, the whole numbers that no float64 holds; `numbers` has the nearest ones.
    """

    size: int
    paths: dict[str, KeyPath]
    numbers: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
    others: dict[str, tuple[list[int], list[Any]]]
    unreadable: list[int]
    exact: dict[str, dict[int, int]] = {}  # noqa: RUF012 -- never changed


def decode_rows(payloads: Sequence[bytes], *, fast: bool = True) -> RowColumns:
    """Return the columns of *payloads*, which are history records; `fast=False` takes the exact path only."""
    gathered = _ColumnCollector()
    left: Iterable[int] = range(len(payloads))
    if fast and len(payloads) >= MIN_BATCH:
        left = _take_alike(payloads, gathered)
    for index in left:
        gathered.add_row(index, payloads[index])
    return gathered.rows(len(payloads))


def newest_summary(payloads: Sequence[bytes]) -> list[tuple[KeyPath, Any]] | None:
    """Return the last value of each key in *payloads*, which are summary records, in the order of these values.

    The official package writes two such records a row; all but the newest values need no decoding. None where
    the records have to be applied one by one.
    """
    if len(payloads) < MIN_BATCH:
        return None
    batch = PayloadBatch(payloads)
    items = find_items(batch, SUMMARY_TAG, SUMMARY_TAIL)
    if items.odd.any():
        return None
    newest = sorted((int(members[-1]), path) for path, members in items.columns.values())
    spans = [(path, int(items.starts[at]), int(items.sizes[at])) for at, path in newest]
    return [(path, parse_json(batch.joined[start : start + size])) for path, start, size in spans]


def _take_alike(payloads: Sequence[bytes], gathered: _ColumnCollector) -> Iterable[int]:
    """Add the rows without anything odd; return the indices of the others."""
    batch = PayloadBatch(payloads)
    items = find_items(batch, HISTORY_TAG, HISTORY_TAIL)
    odd = items.odd.copy()
    # A row without `_step` takes its step from elsewhere.
    stepped = np.zeros(len(payloads), bool)
    if "_step" in items.columns:
        stepped[items.rows[items.columns["_step"].members]] = True
    odd |= ~stepped
    if not odd.all() and not _take(batch, items, odd, gathered):
        return range(len(payloads))
    left: list[int] = np.flatnonzero(odd).tolist()
    return left


def _take(batch: PayloadBatch, items: VectorItems, odd: NDArray[np.bool_], gathered: _ColumnCollector) -> bool:
    """Add the rows that are not *odd*. Add nothing and return False if a number cannot be parsed."""
    wanted = ~odd[items.rows]
    numeric = wanted & NUMBER_START[batch.data[items.starts]]
    values = np.full(len(items.rows), np.nan)
    numbers = _numbers(batch, items.starts[numeric], items.sizes[numeric])
    if numbers is None:
        return False
    values[numeric] = numbers
    huge = np.flatnonzero(np.abs(values) >= MAX_EXACT)
    for name, (path, members) in items.columns.items():
        own = members[numeric[members]]
        if len(own):
            gathered.see(name, path, int(items.rows[own[0]]), int(items.order[own[0]]))
            gathered.add_column(name, items.rows[own], values[own])
            for member in np.intersect1d(own, huge).tolist() if len(huge) else ():
                start = int(items.starts[member])
                text = batch.joined[start : start + int(items.sizes[member])]
                if text.removeprefix(b"-").isdigit():
                    gathered.add_exact(name, int(items.rows[member]), parse_json(text))
        for member in members[wanted[members] & ~numeric[members]].tolist():
            start = int(items.starts[member])
            value = parse_json(batch.joined[start : start + int(items.sizes[member])])
            gathered.add_value(int(items.rows[member]), path, value, int(items.order[member]))
    return True


def _numbers(batch: PayloadBatch, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the numbers whose texts begin at *starts*, which ascend; None if one of them is not a number."""
    if not len(starts):
        return np.empty(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = np.fromstring(batch.cut(starts, sizes), dtype=np.float64, sep=",")
    except (DeprecationWarning, ValueError):
        return None
    return values if len(values) == len(starts) else None


class _ColumnCollector:
    """Collects the columns of a batch from both paths, in any order of rows."""

    def __init__(self) -> None:
        self.unreadable: list[int] = []
        self._paths: dict[str, KeyPath] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._columns: dict[str, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}
        self._numbers: dict[str, tuple[list[int], list[Any]]] = {}
        self._others: dict[str, tuple[list[int], list[Any]]] = {}
        self._exact: dict[str, dict[int, int]] = {}

    def see(self, name: str, path: KeyPath, row: int, order: int) -> None:
        """Remember the row and item in which *name* first occurs."""
        if name not in self._seen or (row, order) < self._seen[name]:
            self._seen[name] = (row, order)
            self._paths[name] = path

    def add_column(self, name: str, rows: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        self._columns.setdefault(name, []).append((rows, values))

    def add_exact(self, name: str, row: int, value: Any) -> None:
        """Remember a whole number that the column of floats does not hold."""
        if type(value) is int and abs(value) > MAX_EXACT:
            self._exact.setdefault(name, {})[row] = value

    def add_row(self, row: int, payload: bytes) -> None:
        """Decode one row exactly: of several items of one name the last one counts, as in a dict."""
        try:
            record = decode(payload)
        except WireError:
            record = None
        if not isinstance(record, HistoryRecord):
            self.unreadable.append(row)
            return
        row_leaves: dict[str, tuple[KeyPath, Any]] = {}
        for path, value in whole_objects(record.items):
            row_leaves |= {".".join(leaf): (leaf, inner) for leaf, inner in leaves(path, value)}
        if "_step" not in row_leaves and record.step is not None:
            row_leaves["_step"] = (("_step",), record.step)
        for order, (path, value) in enumerate(row_leaves.values()):
            self.add_value(row, path, value, order)

    def add_value(self, row: int, path: KeyPath, value: Any, order: int) -> None:
        for leaf, inner in leaves(path, value):
            name = ".".join(leaf)
            self.see(name, leaf, row, order)
            number = isinstance(inner, (int, float))
            columns = self._numbers if number else self._others
            rows, values = columns.setdefault(name, ([], []))
            rows.append(row)
            values.append(as_float(inner) if number else inner)
            self.add_exact(name, row, inner)

    def rows(self, size: int) -> RowColumns:
        order = sorted(self._seen, key=self._seen.__getitem__)
        numbers = {name: self._joined(name) for name in order if name in self._columns or name in self._numbers}
        others = {name: _in_row_order(*self._others[name]) for name in order if name in self._others}
        return RowColumns(
            size, {name: self._paths[name] for name in order}, numbers, others, self.unreadable, self._exact
        )

    def _joined(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        parts = self._columns.get(name, [])
        if name in self._numbers:
            single = self._numbers[name]
            parts = [*parts, (np.array(single[0], np.int64), np.array(single[1], np.float64))]
        if len(parts) == 1 and name in self._columns:
            return parts[0]
        rows = np.concatenate([part[0] for part in parts])
        order = np.argsort(rows, kind="stable")
        return rows[order], np.concatenate([part[1] for part in parts])[order]


def _in_row_order(rows: list[int], values: list[Any]) -> tuple[list[int], list[Any]]:
    order = sorted(range(len(rows)), key=rows.__getitem__)
    return [rows[at] for at in order], [values[at] for at in order]


def as_float(value: float) -> float:
    """Return *value* as a float, an infinity if it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
