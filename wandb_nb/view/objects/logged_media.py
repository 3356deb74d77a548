"""Media files logged over steps: which files each metric has at which step, as a view requests them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from wandb_nb.view.objects.media_layers import image_layers, layer_labels, listed_layers
from wandb_nb.view.objects.table_artifacts import artifact_file, artifact_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from typing_extensions import NotRequired

    from wandb_nb.store.reading.history_table import HistoryTable, ObjectColumn
    from wandb_nb.view.objects.media_layers import LayerLabels, MediaLayer

MAX_METRICS = 50  # with media in one message
MAX_FILES = 5_000  # of all metrics in one message
MAX_STEPS = 1_000  # of one metric
MAX_CAPTION = 300  # characters
MAX_LISTED = 200  # files of one value
_MAX_KIND, _MAX_PATH = 40, 1_000  # characters
_FILE_SUFFIX = "-file"
_LINKED_TABLES = ("joined-table", "partitioned-table")  # in an artifact only
_MEDIA_FOLDER = "media"
_NAMES_WITHOUT_FOLDER = {"object3D": "object3D", "molecule": "molecule"}  # types of lists, and where their files are


class MediaFile(TypedDict):
    """One media file: its kind ("image", "audio" …), its path below `files/`, and what is known of it.

    `width` and `height` in pixels and `size` in bytes are None where the row does not have them. `layers` are the masks
    and boxes of an image that has some. `artifact` is a table's file with all of its
    rows, `artifacts/<client id>/<path in it>`, and `increment` the number of an increment of one, from 0.
    """

    kind: str
    path: str
    caption: str
    width: int | None
    height: int | None
    size: int | None
    layers: NotRequired[list[MediaLayer]]
    artifact: NotRequired[str]
    increment: NotRequired[int]


class MediaRow(TypedDict):
    """The files of one step. `time` is in seconds since the start of the run."""

    step: float
    time: float
    files: list[MediaFile]


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
            self._paths = frozenset(path for value in values for file in media_files(value) for path in _paths_of(file))
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
    chosen = [(key, column) for key, column in columns if column and column.values and media_files(column.values[-1])]
    share = most_files // max(1, min(len(chosen), MAX_METRICS))
    series: list[MediaSeries] = [
        {"key": key, "n": len(column), "rows": _rows(column, table, most_steps, share)}
        for key, column in chosen[:MAX_METRICS]
    ]
    for one in series:
        if labels := layer_labels(config or {}, one["key"]):
            one["labels"] = labels
    return series


def media_files(value: Any) -> list[MediaFile]:  # noqa: PLR0911 -- one line per form
    """Return the files of a logged *value*; none if it is not media, or its paths are not below `media/`."""
    if isinstance(value, list):
        return [file for item in value[:MAX_LISTED] if isinstance(item, dict) for file in media_files(item)]
    media_type = value.get("_type") if isinstance(value, dict) else None
    if not isinstance(media_type, str):
        return []
    if media_type.endswith(_FILE_SUFFIX):
        return _checked([_file(media_type.removesuffix(_FILE_SUFFIX)[:_MAX_KIND], value)])
    if media_type in _LINKED_TABLES:
        path = artifact_file(value.get("artifact_path"))
        return [_file(media_type, {"path": path})] if path else []
    if media_type == "images/separated":
        return _checked(_named(value, "image", ""))
    if media_type in _NAMES_WITHOUT_FOLDER:
        return _checked(_named(value, media_type, f"{_MEDIA_FOLDER}/{_NAMES_WITHOUT_FOLDER[media_type]}/"))
    listed = value.get(media_type)  # "audio", "videos" and "html" have their objects under their own name
    return _captioned(media_files(listed), value.get("captions")) if isinstance(listed, list) else []


def _rows(column: ObjectColumn, table: HistoryTable, most_steps: int, most_files: int) -> list[MediaRow]:
    attempts = np.nan_to_num(table.attempt[np.array(column.rows, np.int64)])
    members = np.flatnonzero(attempts == attempts[-1])
    files_of_last = max(1, len(media_files(column.values[-1])))
    steps = max(1, min(most_steps, most_files // files_of_last, len(members)))
    spaced = np.unique(np.linspace(len(members) - 1, 0, steps).astype(np.int64))
    rows = [_row(table, column.rows[at], column.values[at]) for at in members[spaced].tolist()]
    return sorted((row for row in rows if row["files"]), key=lambda row: row["step"])


def _row(table: HistoryTable, row: int, value: Any) -> MediaRow:
    time = table.runtime[row]
    return {
        "step": float(table.step[row]),
        "time": 0.0 if np.isnan(time) else float(time),
        "files": media_files(value),
    }


def _file(kind: str, value: dict[str, Any]) -> MediaFile:
    file: MediaFile = {
        "kind": kind,
        "path": _text(value.get("path")),
        "caption": _text(value.get("caption"))[:MAX_CAPTION],
        "width": _whole(value.get("width")),
        "height": _whole(value.get("height")),
        "size": _whole(value.get("size")),
    }
    if artifact := artifact_file(value.get("artifact_path")):
        file["artifact"] = artifact
    if (increment := _whole(value.get("increment_num"))) is not None:
        file["increment"] = increment
    return _with_layers(file, image_layers(value))


def _named(value: dict[str, Any], kind: str, folder: str) -> list[MediaFile]:
    """Return the files of a list of media that has their names under `filenames`."""
    names = value.get("filenames")
    common = {name: value.get(name) for name in ("width", "height")}
    files = [_file(kind, {**common, "path": folder + _text(name)}) for name in _listed(names)]
    for at, file in enumerate(files):
        _with_layers(file, listed_layers(value, at))
    return _captioned(files, value.get("captions"))


def _with_layers(file: MediaFile, layers: list[MediaLayer]) -> MediaFile:
    if layers := [layer for layer in layers if _is_media_path(layer["path"])]:
        file["layers"] = layers
    return file


def _paths_of(file: MediaFile) -> list[str]:
    folders = filter(None, map(artifact_folder, (file["path"], file.get("artifact", ""))))
    return [file["path"], *folders, *(layer["path"] for layer in file.get("layers", ()))]


def _captioned(files: list[MediaFile], captions: Any) -> list[MediaFile]:
    for file, caption in zip(files, _listed(captions), strict=False):
        file["caption"] = _text(caption)[:MAX_CAPTION] or file["caption"]
    return files


def _checked(files: Iterable[MediaFile]) -> list[MediaFile]:
    return [file for file in files if _is_media_path(file["path"])]


def _is_media_path(path: str) -> bool:
    """Return whether *path* leads to a file below `media/`: the row may come from anybody."""
    parts = PurePosixPath(path).parts if len(path) <= _MAX_PATH else ()
    return len(parts) > 1 and parts[0] == _MEDIA_FOLDER and ".." not in parts and not {"\\", "\0", ":"} & set(path)


def _listed(value: Any) -> Sequence[Any]:
    return value[:MAX_LISTED] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
