"""The number columns of a run as series: what a view holds already, what it still lacks, and how much it is sent."""

from __future__ import annotations

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
    from wandb_nb.view.message.run_message import MetricHeader

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

MOST_POINTS = 100_000  # of one series in one message
MOST_POINTS_IN_ALL = 400_000
FEWEST_BUCKETS = 8
MOST_SERIES_SAVED = 300
CELLS_OF_A_PART = 1_000_000


class ClientState(NamedTuple):
    """What a view has of one series: its first *points* points, as they were in *generation*."""

    points: int = 0
    generation: int = 0


class Parts:
    """Which rows come from which directory of the run: a cell number means another cell in each of them."""

    def __init__(self) -> None:
        self._firsts: list[int] = []

    def begin(self, row: int) -> None:
        """Note that the rows from *row* on come from the next directory."""
        self._firsts.append(row)

    def cells(self, table: HistoryTable, rows: Indices) -> Floats:
        """Return the id of the cell that logged each of *rows*, NaN where not told."""
        cells = table.cell[rows]
        return cells + CELLS_OF_A_PART * np.searchsorted(self._firsts, rows, side="right") if self._firsts else cells


class SeriesState:
    """One metric of a growing table. `generation` grows when points that had been there before have changed."""

    def __init__(self, key: str, table: HistoryTable, parts: Parts) -> None:
        self.key = key
        self.generation = 0
        self.step_metric: str | None = None
        self._table, self._parts = table, parts
        self._pyramid: Pyramid | None = None
        self._attempts: list[list[int]] = []
        self._seen = 0
        self._rewrites = self._column.rewrites
        self._x_rewrites = 0
        self._newest_x = np.nan

    def __len__(self) -> int:
        return len(self._column)

    @property
    def held(self) -> ClientState:
        """What a view has that was sent all of it."""
        return ClientState(len(self), self.generation)

    def sync(self, step_metric: str | None) -> None:
        """Take notice of what the table got since the last call; costs time in proportion to the new points."""
        changed = self._column.rewrites != self._rewrites
        if changed or step_metric != self.step_metric or self._x_changed():
            self.generation += 1
        if changed:
            self._pyramid, self._attempts, self._seen = None, [], 0
        self.step_metric, self._rewrites = step_metric, self._column.rewrites
        self._note_attempts()
        self._seen = len(self)
        x = self._x_column
        self._x_rewrites = x.rewrites if x is not None else 0
        self._newest_x = self._x(self._column.rows[-1:])[0] if self._seen else np.nan

    def after(self, held: ClientState, share: int) -> Series | None:
        """Return what a view that has *held* lacks, None for nothing; all of it anew where it is decimated."""
        if held == self.held:
            return None
        if len(self) > share:
            return self.whole(max(FEWEST_BUCKETS, min(BUCKETS, share // 2)))
        grown = held.generation == self.generation and 0 < held.points <= len(self)
        return self._series(np.arange(held.points if grown else 0, len(self)), appends=grown)

    def whole(self, buckets: int) -> Series:
        """Return the series with about two points in each of *buckets*, or all its points where they are fewer."""
        values = self._column.values
        if len(values) <= 2 * buckets:
            return self._series(np.arange(len(values)))
        if self._pyramid is None:
            self._pyramid = Pyramid(BUCKETS)
        self._pyramid.extend(values)
        kept = self._pyramid.indices(values, np.array([first for _, first in self._attempts[1:]], np.int64))
        if buckets < BUCKETS:
            kept = kept[decimate(values[kept], buckets)]
        return self._series(kept, decimated=True)

    @property
    def _column(self) -> NumberColumn:
        return self._table.numbers[self.key]

    @property
    def _x_column(self) -> NumberColumn | None:
        return self._table.numbers.get(self.step_metric) if self.step_metric else None

    def _series(self, places: Indices, *, appends: bool = False, decimated: bool = False) -> Series:
        rows = self._column.rows[places]
        return Series(
            key=self.key,
            step=self._table.step[rows],
            time=self._table.runtime[rows],
            value=self._column.values[places],
            x=self._x(rows) if self.step_metric else None,
            step_metric=self.step_metric,
            attempts=_starts(self._table.attempt[rows]),
            cells=_told(_starts(self._parts.cells(self._table, rows))),
            n=len(self),
            mode="append" if appends else "replace",
            decimated=decimated,
        )

    def _x(self, rows: Indices) -> Floats:
        """Return the latest value of the step metric at each of *rows*, NaN before its first."""
        column = self._x_column
        if column is None or not len(column):
            return np.full(len(rows), np.nan)
        at = np.searchsorted(column.rows, rows, side="right") - 1
        return np.where(at >= 0, column.values[np.maximum(at, 0)], np.nan)

    def _x_changed(self) -> bool:
        """Return whether the step metric of points already seen changed: rewritten, or told later in the same row."""
        column = self._x_column
        if column is None or not self._seen:
            return False
        newest = self._x(self._column.rows[self._seen - 1 : self._seen])
        return column.rewrites != self._x_rewrites or not np.array_equal(newest, [self._newest_x], equal_nan=True)

    def _note_attempts(self) -> None:
        new = _starts(self._table.attempt[self._column.rows[self._seen :]])
        if new and self._attempts and new[0][0] == self._attempts[-1][0]:
            new = new[1:]
        self._attempts += [[attempt, first + self._seen] for attempt, first in new]


class SeriesSet:
    """The tracks of a run, in the order in which its metrics first appeared; `cells` are the ids of those that logged.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self.tracks: list[SeriesState] = []
        self.parts = Parts()
        self.cells: list[int] = []
        self._rows = 0
        self._known: set[str] = set()

    def sync(self, state: RunState, metrics: Sequence[MetricHeader]) -> None:
        """Take notice of new metrics and new points of *state*."""
        for key in state.table.keys:
            if key not in self._known and key in state.table.numbers and not key.startswith("_"):
                self._known.add(key)
                self.tracks.append(SeriesState(key, state.table, self.parts))
        for track in self.tracks:
            found = definition(track.key, metrics) if metrics else None
            track.sync(found["step"] if found else None)
        self._note_cells(state.table)

    def _note_cells(self, table: HistoryTable) -> None:
        ids = self.parts.cells(table, np.arange(self._rows, len(table)))
        found, firsts = np.unique(ids[~np.isnan(ids)].astype(np.int64), return_index=True)
        self.cells += [cell for cell in found[np.argsort(firsts)].tolist() if cell not in self.cells]
        self._rows = len(table)

    def after(self, held: Sequence[ClientState]) -> list[Series]:
        """Return what a view lacks that has *held* of the first tracks, and nothing of the others."""
        share = min(MOST_POINTS, level([len(track) for track in self.tracks], MOST_POINTS_IN_ALL))
        known = [*held, *[ClientState()] * (len(self.tracks) - len(held))]
        pairs = zip(self.tracks, known, strict=True)
        return [series for track, has in pairs if (series := track.after(has, share)) is not None]

    def whole(self, points: int, most: int) -> list[Series]:
        """Return the first *most* series with about *points* points in all."""
        tracks = self.tracks[:most]
        share = level([len(track) for track in tracks], points)
        return [track.whole(max(2, (share + 1) // 2)) for track in tracks]  # two points a bucket: 15 need 8


def level(counts: Sequence[int], total: int) -> int:
    """Return the largest share that each count may be cut to so that the sum stays within *total*.

    As water finds its level: what small counts leave over goes to the larger ones.
    """
    left = total
    for place, count in enumerate(sorted(counts)):
        share = left // (len(counts) - place)
        if count > share:
            return share
        left -= count
    return max(counts, default=0)


def _told(cells: list[list[int]]) -> list[list[int]]:
    """Return *cells*, or nothing where no cell is told at all: rows of a script."""
    return cells if any(cell for cell, _ in cells) else []


def _starts(attempts: Floats) -> list[list[int]]:
    """Return `[attempt, first index]` for each stretch of equal attempts or cells; one not told counts as 0."""
    told = np.nan_to_num(attempts, nan=0.0)
    firsts = np.flatnonzero(np.diff(told, prepend=np.nan) != 0)
    return [[int(told[first]), int(first)] for first in firsts]
