"""The number columns of a run as series: what a client has, what it is missing, and how much it is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wandb_nb.view.message.chart_groups import definition
from wandb_nb.view.message.pyramid import BUCKETS, Pyramid, decimate
from wandb_nb.view.message.run_message import Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from wandb_nb.store.reading.history_table import HistoryTable, NumberColumn
    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.view.message.row_range import RangeRequest, Selection
    from wandb_nb.view.message.run_message import MetricHeader

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

MAX_SERIES_POINTS = 100_000  # of one series in one message
MAX_TOTAL_POINTS = 400_000
MIN_BUCKETS = 8
MAX_SAVED_SERIES = 300
CELLS_PER_DIRECTORY = 1_000_000


class ClientState(NamedTuple):
    """What a client has of one series: its first *points* points, as they were in *generation*."""

    points: int = 0
    generation: int = 0


class RowDirectories:
    """The directory of each row of the run: a cell number means a different cell in each of them."""

    def __init__(self) -> None:
        self._firsts: list[int] = []

    def begin(self, row: int) -> None:
        """Record that the rows from *row* on come from the next directory."""
        self._firsts.append(row)

    def cells(self, table: HistoryTable, rows: Indices) -> Floats:
        """Return the id of the cell that logged each of *rows*, NaN if unknown."""
        cells = table.cell[rows]
        return (
            cells + CELLS_PER_DIRECTORY * np.searchsorted(self._firsts, rows, side="right") if self._firsts else cells
        )


class SeriesState:
    """One metric of a growing table. `generation` grows when existing points change.

    Points that several processes logged are in the order of attempts and steps, else in the order of arrival.
    """

    def __init__(self, key: str, table: HistoryTable, directories: RowDirectories) -> None:
        self.key = key
        self.generation = 0
        self.step_metric: str | None = None
        self._table, self._directories = table, directories
        self._pyramid: Pyramid | None = None
        self._attempts: list[list[int]] = []
        self._seen = 0
        self._rewrites = self._column.rewrites
        self._x_rewrites = 0
        self._newest_x = np.nan
        self._order: Indices | None = None

    def __len__(self) -> int:
        return len(self._column)

    @property
    def complete(self) -> ClientState:
        """The state of a client that has all points."""
        return ClientState(len(self), self.generation)

    def sync(self, step_metric: str | None) -> None:
        """Read the points that are new in the table; costs time in proportion to them."""
        changed = self._column.rewrites != self._rewrites or self._sort()
        if changed or step_metric != self.step_metric or self._x_changed():
            self.generation += 1
        if changed:
            self._pyramid, self._attempts, self._seen = None, [], 0
        self.step_metric, self._rewrites = step_metric, self._column.rewrites
        self._note_attempts()
        self._seen = len(self)
        x = self._x_column
        self._x_rewrites = x.rewrites if x is not None else 0
        self._newest_x = self._x(self.rows[-1:])[0] if self._seen else np.nan

    def _sort(self) -> bool:
        """Sort the points if several processes logged them; return whether that moves points that were there."""
        rows = self._column.rows
        if len(rows) == self._seen and self._column.rewrites == self._rewrites:
            return False
        writers = self._table.writer[rows]
        if not writers.any() or (writers == writers[0]).all():
            return False
        order = self._table.step_order(rows)
        before = np.arange(self._seen) if self._order is None else self._order
        self._order = order
        return not np.array_equal(order[: self._seen], before)

    def missing(self, client: ClientState, share: int) -> Series | None:
        """Return what *client* is missing, None if nothing; all points again if the series is decimated."""
        if client == self.complete:
            return None
        if len(self) > share:
            return self.whole(max(MIN_BUCKETS, min(BUCKETS, share // 2)))
        appends = client.generation == self.generation and 0 < client.points <= len(self)
        return self._series(np.arange(client.points if appends else 0, len(self)), appends=appends)

    def whole(self, buckets: int) -> Series:
        """Return the series with about two points in each of *buckets*, or all its points if they are fewer."""
        values = self._values
        if len(values) <= 2 * buckets:
            return self._series(np.arange(len(values)))
        chosen = self._extremes()
        if buckets < BUCKETS:
            chosen = chosen[decimate(values[chosen], buckets)]
        return self._series(chosen, decimated=True)

    def in_range(self, metric: str | None, x: Floats, selection: Selection) -> Series:
        """Return the points of *selection*; `x` is *metric*, if any, and `n` counts them all."""
        count = len(selection.indices)
        indices = self._extremes() if selection.is_whole else selection.decimate(self._values)
        series = self._series(indices, decimated=count > len(indices))
        return replace(series, n=count, x=x[indices] if metric else None, step_metric=metric)

    def select(self, request: RangeRequest) -> tuple[Floats, Selection]:
        """Return x of all points, and those that *request* asks for. Both are the same for metrics of the same rows."""
        x = self._axis_values(request)
        return x, request.select(x, self._table.attempt[self.rows])

    def _axis_values(self, request: RangeRequest) -> Floats:
        rows = self.rows
        if request.metric is not None:
            return latest_values(self._table.numbers.get(request.metric), rows)
        x = self._table.step if request.axis == "step" else self._table.runtime
        return x if len(rows) == len(x) and self._order is None else x[rows]

    def _extremes(self) -> Indices:
        """Return the indices of minimum and maximum of each bucket; reads only what is new since the last call."""
        if self._pyramid is None:
            self._pyramid = Pyramid(BUCKETS)
        self._pyramid.extend(self._values)
        return self._pyramid.indices(self._values, np.array([first for _, first in self._attempts[1:]], np.int64))

    @property
    def _column(self) -> NumberColumn:
        return self._table.numbers[self.key]

    @property
    def rows(self) -> Indices:
        """The row of the table of each point."""
        rows = self._column.rows
        return rows if self._order is None else rows[self._order]

    @property
    def _values(self) -> Floats:
        values = self._column.values
        return values if self._order is None else values[self._order]

    @property
    def _x_column(self) -> NumberColumn | None:
        return self._table.numbers.get(self.step_metric) if self.step_metric else None

    def _series(self, indices: Indices, *, appends: bool = False, decimated: bool = False) -> Series:
        rows = self.rows[indices]
        return Series(
            key=self.key,
            step=self._table.step[rows],
            time=self._table.runtime[rows],
            value=self._values[indices],
            x=self._x(rows) if self.step_metric else None,
            step_metric=self.step_metric,
            attempts=_starts(self._table.attempt[rows]),
            cells=_known_cells(_starts(self._directories.cells(self._table, rows))),
            n=len(self),
            mode="append" if appends else "replace",
            decimated=decimated,
        )

    def _x(self, rows: Indices) -> Floats:
        """Return the latest value of the step metric at each of *rows*, NaN before its first."""
        return latest_values(self._x_column, rows)

    def _x_changed(self) -> bool:
        """Return whether the step metric of existing points changed: rewritten, or logged later in the same row."""
        column = self._x_column
        if column is None or not self._seen:
            return False
        newest = self._x(self.rows[self._seen - 1 : self._seen])
        return column.rewrites != self._x_rewrites or not np.array_equal(newest, [self._newest_x], equal_nan=True)

    def _note_attempts(self) -> None:
        new = _starts(self._table.attempt[self.rows[self._seen :]])
        if new and self._attempts and new[0][0] == self._attempts[-1][0]:
            new = new[1:]
        self._attempts += [[attempt, first + self._seen] for attempt, first in new]


class SeriesSet:
    """The series of a run in the order of first appearance; `cells` are the ids of the cells that logged.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self.states: list[SeriesState] = []
        self.directories = RowDirectories()
        self.cells: list[int] = []
        self._rows = 0
        self._known: set[str] = set()

    def sync(self, state: RunState, metrics: Sequence[MetricHeader]) -> None:
        """Read the new metrics and points of *state*."""
        for key in state.table.keys:
            if key not in self._known and key in state.table.numbers and not key.startswith("_"):
                self._known.add(key)
                self.states.append(SeriesState(key, state.table, self.directories))
        for one in self.states:
            match = definition(one.key, metrics) if metrics else None
            one.sync(match["step"] if match else None)
        self._note_cells(state.table)

    def _note_cells(self, table: HistoryTable) -> None:
        ids = self.directories.cells(table, np.arange(self._rows, len(table)))
        unique, firsts = np.unique(ids[~np.isnan(ids)].astype(np.int64), return_index=True)
        self.cells += [cell for cell in unique[np.argsort(firsts)].tolist() if cell not in self.cells]
        self._rows = len(table)

    def missing(self, clients: Sequence[ClientState]) -> list[Series]:
        """Return what a client is missing that has *clients* of the first series and nothing of the others."""
        share = min(MAX_SERIES_POINTS, fair_share([len(one) for one in self.states], MAX_TOTAL_POINTS))
        complete = [*clients, *[ClientState()] * (len(self.states) - len(clients))]
        pairs = zip(self.states, complete, strict=True)
        return [series for one, client in pairs if (series := one.missing(client, share)) is not None]

    def in_range(self, request: RangeRequest) -> list[Series]:
        """Return the points that *request* asks for of each of its keys."""
        keys, answers, rows = set(request.keys), [], None
        for one in self.states:
            if one.key in keys:
                if rows is None or not np.array_equal(rows, one.rows):
                    rows, (x, selection) = one.rows, one.select(request)
                answers.append(one.in_range(request.metric, x, selection))
        return answers

    def whole(self, points: int, most: int) -> list[Series]:
        """Return the first *most* series with about *points* points in all."""
        states = self.states[:most]
        share = fair_share([len(one) for one in states], points)
        return [one.whole(max(2, (share + 1) // 2)) for one in states]  # two points per bucket: 15 need 8


def latest_values(column: NumberColumn | None, rows: Indices) -> Floats:
    """Return the latest value of *column* at each of *rows*, NaN before its first."""
    if column is None or not len(column):
        return np.full(len(rows), np.nan)
    if np.array_equal(column.rows, rows):  # logged together, as usual: a tenth of the time
        return column.values
    at = np.searchsorted(column.rows, rows, side="right") - 1
    return np.where(at >= 0, column.values[np.maximum(at, 0)], np.nan)


def fair_share(counts: Sequence[int], total: int) -> int:
    """Return the largest limit per count with which the sum stays within *total*.

    What small counts leave unused goes to the larger ones.
    """
    left = total
    for place, count in enumerate(sorted(counts)):
        share = left // (len(counts) - place)
        if count > share:
            return share
        left -= count
    return max(counts, default=0)


def _known_cells(cells: list[list[int]]) -> list[list[int]]:
    """Return *cells*, or nothing if no cell is known, as for the rows of a script."""
    return cells if any(cell for cell, _ in cells) else []


def _starts(attempts: Floats) -> list[list[int]]:
    """Return `[attempt, first index]` for each stretch of equal attempts or cells; NaN counts as 0."""
    numbers = np.nan_to_num(attempts, nan=0.0)
    firsts = np.flatnonzero(np.diff(numbers, prepend=np.nan) != 0)
    return [[int(numbers[first]), int(first)] for first in firsts]
