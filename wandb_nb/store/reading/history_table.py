"""`HistoryTable`: the rows of a run as columns.

A row is one step of one attempt of one writer; the parts in which it was logged are merged, the last value of a key
wins. Rows of different writers are never merged. Row indices count from 0 in the order of arrival.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.store.reading.parsed_rows import columns_of
from wandb_nb.store.reading.row_columns import as_float, decode_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from wandb_nb.store.reading.row_columns import RowColumns
    from wandb_nb.values import KeyPath

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

STEP, RUNTIME, TIMESTAMP, ATTEMPT, CELL = "_step", "_runtime", "_timestamp", "_attempt", "_cell"
# The process that logged a row, if there were several; folding their segments puts all rows into one file.
WRITER = "_writer"
ROW_KEYS = (STEP, RUNTIME, TIMESTAMP, ATTEMPT, CELL, WRITER)
ZERO_IF_ABSENT = (ATTEMPT, WRITER)


class _GrowingArray:
    """An array that grows at its end, at an amortised cost of a copy."""

    def __init__(self, dtype: type) -> None:
        self._room: NDArray[Any] = np.empty(64, dtype)
        self.size = 0

    @property
    def view(self) -> NDArray[Any]:
        return self._room[: self.size]

    def extend(self, values: NDArray[Any] | list[Any]) -> None:
        end = self.size + len(values)
        if end > len(self._room):
            larger = np.empty(max(end, len(self._room) * 3 // 2), self._room.dtype)
            larger[: self.size] = self.view
            self._room = larger
        self._room[self.size : end] = values
        self.size = end

    def insert(self, at: int, value: Any) -> None:
        self.extend([value])
        self.view[at + 1 :] = self.view[at:-1].copy()
        self.view[at] = value

    def remove(self, at: int) -> None:
        self.view[at:-1] = self.view[at + 1 :].copy()
        self.size -= 1


class NumberColumn:
    """The numbers of one key: `values[i]` (float64; bools as 0 and 1) was logged in row `rows[i]`; `rows` ascends.

    Both are views that are valid until the table grows. `rewrites` counts changes to earlier values. `exact` has, by
    row, the whole numbers that no float64 holds.
    """

    def __init__(self) -> None:
        self._rows, self._values = _GrowingArray(np.int64), _GrowingArray(np.float64)
        self.exact: dict[int, int] = {}
        self.rewrites = 0

    def __len__(self) -> int:
        return self._rows.size

    def exact_values(self, first: int, end: int) -> list[float]:
        """Return the values from position *first* to *end*, whole numbers that no float64 holds as ints."""
        values: list[float] = self.values[first:end].tolist()
        if self.exact:
            rows = self.rows[first:end].tolist()
            values = [self.exact.get(row, value) for row, value in zip(rows, values, strict=True)]
        return values

    @property
    def rows(self) -> Indices:
        """The row of each value."""
        return self._rows.view

    @property
    def values(self) -> Floats:
        """The values."""
        return self._values.view

    def put(self, rows: Indices, values: Floats) -> None:
        """Add *values* at *rows* (ascending, the last of equal ones wins)."""
        is_last = np.append(rows[1:] != rows[:-1], True)
        if not is_last.all():
            rows, values = rows[is_last], values[is_last]
        late = int(np.searchsorted(rows, self.rows[-1], side="right")) if len(self) else 0
        for row, value in zip(rows[:late].tolist(), values[:late].tolist(), strict=True):
            self._put_late(row, value)
        self._rows.extend(rows[late:])
        self._values.extend(values[late:])

    def put_exact(self, row: int, value: int) -> None:
        """Remember the whole number whose nearest float was put at *row*, unless another value replaced it."""
        at = int(np.searchsorted(self.rows, row))
        if at < len(self) and self.rows[at] == row and self.values[at] == as_float(value):
            self.exact[row] = value

    def drop(self, row: int) -> None:
        """Remove the value of *row*, if any: a value of another kind replaced it."""
        self.exact.pop(row, None)
        at = int(np.searchsorted(self.rows, row))
        if at < len(self) and self.rows[at] == row:
            self._rows.remove(at)
            self._values.remove(at)
            self.rewrites += 1

    def _put_late(self, row: int, value: float) -> None:
        self.exact.pop(row, None)
        at = int(np.searchsorted(self.rows, row))
        if at < len(self) and self.rows[at] == row:
            if self._values.view[at] == value:  # a row that follows its parts
                return
            self._values.view[at] = value
        else:
            self._rows.insert(at, row)
            self._values.insert(at, value)
        self.rewrites += 1


@dataclass
class ObjectColumn:
    """The values of one key that are not numbers (texts, lists, histograms, None), as in `NumberColumn`."""

    rows: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    rewrites: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def exact_values(self, first: int, end: int) -> list[Any]:
        """Return the values from position *first* to *end*."""
        return self.values[first:end]

    def put(self, rows: Sequence[int], values: Sequence[Any]) -> None:
        """Add *values* at *rows* (ascending, the last of equal ones wins)."""
        for row, value in zip(rows, values, strict=True):
            if not self.rows or row > self.rows[-1]:
                self.rows.append(row)
                self.values.append(value)
            else:
                at = bisect_left(self.rows, row)
                if at < len(self.rows) and self.rows[at] == row and self.values[at] == value:
                    continue  # a row that follows its parts
                self.drop(row)
                self.rows.insert(at, row)
                self.values.insert(at, value)

    def drop(self, row: int) -> None:
        """Remove the value of *row*, if any."""
        at = bisect_left(self.rows, row)
        if at < len(self.rows) and self.rows[at] == row:
            del self.rows[at], self.values[at]
            self.rewrites += 1


class HistoryTable:
    """Rows as columns. `numbers` and `others` map a key to its column; nested keys are joined by ".".

    A key is in both if a run logged numbers and other values under it. `paths` gives the parts of each key, in
    first-seen order. `parts` counts records, `unreadable` those that are not rows. Not thread-safe.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, NumberColumn] = {}
        self.others: dict[str, ObjectColumn] = {}
        self.paths: dict[str, KeyPath] = {}
        self.parts = 0
        self.unreadable = 0
        self._of_row = {key: _GrowingArray(np.float64) for key in ROW_KEYS}
        # The last row of each writer, and what distinguishes it from the next one.
        self._last: dict[int, tuple[int, tuple[float, ...]]] = {}

    def __len__(self) -> int:
        return self._of_row[STEP].size

    @property
    def keys(self) -> list[str]:
        """The logged keys, in first-seen order."""
        return list(self.paths)

    @property
    def step(self) -> Floats:
        """The step of each row."""
        return self._of_row[STEP].view

    @property
    def runtime(self) -> Floats:
        """Seconds since the start of the run, NaN if unknown."""
        return self._of_row[RUNTIME].view

    @property
    def timestamp(self) -> Floats:
        """Unix time in seconds, NaN if unknown."""
        return self._of_row[TIMESTAMP].view

    @property
    def attempt(self) -> Floats:
        """The attempt of each row, from 0."""
        return self._of_row[ATTEMPT].view

    @property
    def cell(self) -> Floats:
        """The number of the cell execution, NaN if unknown."""
        return self._of_row[CELL].view

    @property
    def writer(self) -> Floats:
        """The process that logged each row: 0 the owner of the run."""
        return self._of_row[WRITER].view

    def step_order(self, rows: Indices | slice = slice(None)) -> Indices:
        """Return the positions of *rows* in the order of attempt and step."""
        order: Indices = np.lexsort((self.step[rows], self.attempt[rows]))
        return order

    def append(self, payloads: Sequence[bytes], writer: int = 0, *, fast: bool = True) -> Indices:
        """Add history records of *writer*, in file order; return the row of each readable one."""
        if not payloads:
            return np.empty(0, np.int64)
        rows = decode_rows(payloads, fast=fast)
        if rows.unreadable:
            self.unreadable += len(rows.unreadable)
            bad = set(rows.unreadable)
            return self.append([row for at, row in enumerate(payloads) if at not in bad], writer, fast=fast)
        return self._append_columns(rows, writer)

    def append_rows(self, rows: Sequence[Mapping[str, Any]], writer: int = 0) -> Indices:
        """Append parsed rows of *writer*, in their order; return the row that each went to."""
        return self._append_columns(columns_of(rows), writer) if rows else np.empty(0, np.int64)

    def _append_columns(self, rows: RowColumns, writer: int) -> Indices:
        own = {key: self._own_column(rows, key) for key in ROW_KEYS}
        targets = self._assign_rows([own[STEP], own[ATTEMPT], own[WRITER]], writer)
        for key, values in own.items():
            present = ~np.isnan(values)
            self._of_row[key].view[targets[present]] = values[present]
        self._add_columns(rows, targets)
        self.parts += rows.size
        return targets

    def last(self, key: str) -> tuple[int, Any]:
        """Return the row and the value of the newest value of *key*."""
        newest: tuple[int, Any] = (-1, None)
        if key in self.numbers and len(self.numbers[key]):
            size = len(self.numbers[key])
            newest = int(self.numbers[key].rows[-1]), self.numbers[key].exact_values(size - 1, size)[0]
        if key in self.others and self.others[key].rows and self.others[key].rows[-1] > newest[0]:
            newest = self.others[key].rows[-1], self.others[key].values[-1]
        return newest

    def first(self, key: str, row: int) -> tuple[int, Any]:
        """Return the row and the value of the first value of *key* from *row* on; -1 and None where there is none."""
        cells: list[tuple[int, Any]] = []
        if key in self.numbers:
            column = self.numbers[key]
            at = int(np.searchsorted(column.rows, row))
            cells += [(int(column.rows[at]), column.exact_values(at, at + 1)[0])] if at < len(column) else []
        if key in self.others:
            others = self.others[key]
            at = bisect_left(others.rows, row)
            cells += [(others.rows[at], others.values[at])] if at < len(others) else []
        return min(cells, key=itemgetter(0), default=(-1, None))

    def _own_column(self, rows: RowColumns, key: str) -> Floats:
        values = np.full(rows.size, 0.0 if key in ZERO_IF_ABSENT else np.nan)
        if key in rows.numbers:
            at, logged = rows.numbers[key]
            values[at] = logged
        return values

    def _assign_rows(self, identity: list[Floats], writer: int) -> Indices:
        """Return the row of each part; add new rows and fill in missing steps.

        Adjacent parts belong to one row if all of *identity* (step first) is equal.
        """
        row, last = self._last.get(writer, (-1, (-1.0,)))
        steps = identity[0]
        for at in np.flatnonzero(np.isnan(steps)):
            steps[at] = (steps[at - 1] if at else last[0]) + 1
        new = np.zeros(len(steps), bool)
        for part in identity:
            new[1:] |= part[1:] != part[:-1]
        new[0] = row < 0 or last != tuple(float(part[0]) for part in identity)
        order = np.cumsum(new)
        targets = np.where(order > 0, len(self) + order - 1, row)
        for column in self._of_row.values():
            column.extend(np.full(int(order[-1]), np.nan))
        self._last[writer] = (int(targets[-1]), tuple(float(part[-1]) for part in identity))
        return targets

    def _add_columns(self, rows: RowColumns, targets: Indices) -> None:
        for key, path in rows.paths.items():
            if key in ROW_KEYS:
                continue
            self.paths.setdefault(key, path)
            if key in rows.others or key in self.others:
                self._add_mixed(key, rows, targets)
            elif key in rows.numbers:
                at, values = rows.numbers[key]
                self.numbers.setdefault(key, NumberColumn()).put(targets[at], values)
            for part, value in rows.exact.get(key, {}).items():
                self.numbers[key].put_exact(int(targets[part]), value)

    def _add_mixed(self, key: str, rows: RowColumns, targets: Indices) -> None:
        """Add the values of a key of mixed types, so that each row has its last value of any type."""
        at, values = rows.numbers.get(key, (np.empty(0, np.int64), np.empty(0)))
        parts = [(part, True, value) for part, value in zip(at.tolist(), values.tolist(), strict=True)]
        parts += [(part, False, value) for part, value in zip(*rows.others.get(key, ((), ())), strict=True)]
        parts.sort(key=lambda part: part[0])
        for part, is_number, value in parts:
            row = int(targets[part])
            if is_number:
                self.numbers.setdefault(key, NumberColumn()).put(np.array([row]), np.array([value]))
                self.others.get(key, ObjectColumn()).drop(row)
            else:
                self.others.setdefault(key, ObjectColumn()).put([row], [value])
                self.numbers.get(key, NumberColumn()).drop(row)
