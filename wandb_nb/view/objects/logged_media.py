"""Media files logged over steps: which files each metric has at which step, as a view requests them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from wandb_nb.view.objects.media_files import count_files, media_files, paths_of
from wandb_nb.view.objects.media_layers import layer_labels
from wandb_nb.view.objects.table_artifacts import artifact_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import NotRequired

    from wandb_nb.store.reading.history_table import HistoryTable, ObjectColumn
    from wandb_nb.view.objects.media_files import MediaFile
    from wandb_nb.view.objects.media_layers import LayerLabels

MAX_METRICS = 50  # with media in one message
MAX_FILES = 5_000  # of all metrics in one message
MAX_STEPS = 1_000  # of one metric
MAX_LISTED = 200  # files of one value in a message; a view requests the others by `media_page`
MAX_PAGE = 1_000  # files in the answer to such a request


class MediaRow(TypedDict):
    """The files of one step. `time` is in seconds since the start of the run.

    `count` is the number of all files, if `files` has only a part of them.
    """

    step: float
    time: float
    files: list[MediaFile]
    count: NotRequired[int]


class MediaSeries(TypedDict):
    """The media of one metric by ascending step, of the newest attempt; `n` counts all values that were logged.

    `labels` are the names of the classes of masks and boxes, if there are some.
    """

    key: str
    n: int
    rows: list[MediaRow]
    labels: NotRequired[list[LayerLabels]]


class MediaPaths:
    """The paths of all media files that the rows of *table* name, and the folders of artifacts. Not thread-safe."""

    def __init__(self, table: HistoryTable) -> None:
        self._table = table
        self._count = -1
        self._paths: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        """Return whether a row names the file *path*, or its artifact; rows are read again if there are new ones."""
        path = artifact_folder(path) or path
        return path in self._read(unless=path)

    def __iter__(self) -> Iterator[str]:
        """Yield the paths, sorted."""
        return iter(sorted(self._read()))

    def _read(self, unless: str | None = None) -> frozenset[str]:
        """Return the paths in all rows; those read before if *unless* is among them."""
        columns = self._table.others.values()
        count = sum(len(column) + column.rewrites for column in columns)
        if count != self._count and unless not in self._paths:
            values = (value for column in columns for value in column.values)
            self._paths = frozenset(path for value in values for file in media_files(value) for path in paths_of(file))
            self._count = count
        return self._paths


def media_series(
    table: HistoryTable,
    config: Mapping[str, Any] | None = None,
    *,
    most_steps: int = MAX_STEPS,
    most_files: int = MAX_FILES,
) -> list[MediaSeries]:
    """Return the media of each metric whose newest value has files, in the order of first appearance.

    Of more than *most_steps* steps, or more files than the metric's share of *most_files*, it has an evenly spaced
    sample with the last step. *config* is the config's `_wandb` entry, which has the labels of masks and boxes.
    """
    columns = ((key, table.others.get(key)) for key in table.paths if not key.startswith("_"))
    chosen = [
        (key, column) for key, column in columns if column and column.values and any(media_files(column.values[-1]))
    ]
    share = most_files // max(1, min(len(chosen), MAX_METRICS))
    series: list[MediaSeries] = [
        {"key": key, "n": len(column), "rows": _rows(column, table, most_steps, share)}
        for key, column in chosen[:MAX_METRICS]
    ]
    for one in series:
        if labels := layer_labels(config or {}, one["key"]):
            one["labels"] = labels
    return series


def media_page(table: HistoryTable, key: str, step: float, first: int) -> MediaSeries | None:
    """Return the files of the metric *key* at *step* from the place *first* on, `MAX_PAGE` at most, or None."""
    column = table.others.get(key)
    places = np.flatnonzero(table.step[np.array(column.rows, np.int64)] == step).tolist() if column else []
    if not column or not places:
        return None
    page = _row(table, column.rows[places[-1]], column.values[places[-1]], first, MAX_PAGE)
    return {"key": key, "n": len(column), "rows": [page]} if page["files"] else None


def _rows(column: ObjectColumn, table: HistoryTable, most_steps: int, most_files: int) -> list[MediaRow]:
    attempts = np.nan_to_num(table.attempt[np.array(column.rows, np.int64)])
    members = np.flatnonzero(attempts == attempts[-1])
    files_of_last = max(1, sum(1 for _ in islice(media_files(column.values[-1]), MAX_LISTED)))
    steps = max(1, min(most_steps, most_files // files_of_last, len(members)))
    spaced = np.unique(np.linspace(len(members) - 1, 0, steps).astype(np.int64))
    rows = [_row(table, column.rows[at], column.values[at]) for at in members[spaced].tolist()]
    return sorted((row for row in rows if row["files"]), key=lambda row: row["step"])


def _row(table: HistoryTable, row: int, value: Any, first: int = 0, most_files: int = MAX_LISTED) -> MediaRow:
    """Return what a row has, with at most *most_files* files from the place *first* on."""
    time = table.runtime[row]
    part: MediaRow = {
        "step": float(table.step[row]),
        "time": 0.0 if np.isnan(time) else float(time),
        "files": list(islice(media_files(value), first, first + most_files)),
    }
    if first or len(part["files"]) == most_files:
        part["count"] = count_files(value)
    return part
