"""The form of a message that a view reads: one JSON header and one blob of little-endian floats.

`docs/design.md` draws the form; the classes below name its fields. The same `Message` has three forms:
`to_bytes()` for HTTP, `header` and `blob` as they are for a comm, `to_json()` for the saved notebook.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

import numpy as np

from wandb_nb.view.objects.heatmaps import Heatmap

if TYPE_CHECKING:
    import numpy.typing as npt
    from typing_extensions import NotRequired

    from wandb_nb.view.objects.logged_media import MediaSeries
    from wandb_nb.view.objects.logged_plots import PlotHeader
    from wandb_nb.view.objects.logged_texts import TextSeries

    Floats = npt.NDArray[np.float64]

_ALIGNMENT = 8
_MAX_EXACT_F4 = 2**24


class SyncHeader(TypedDict):
    """How far a run has been sent; `waiting` counts the rows that the server lacks, `message` is a reason."""

    state: Literal["connecting", "sending", "waiting", "done", "refused"]
    waiting: int
    message: str
    server: str


class RunHeader(TypedDict):
    """The run itself. Times are seconds, `startTime` since 1970.

    `error` is the exception that ended the last cell that logged. A run whose last cell was interrupted and that is
    still active is "stopped". `cellRunning` is whether its notebook is executing a cell, None if that is unknown.
    `sync` is None for a run that is not sent anywhere. `remarks` says what would keep a repetition of a run that has
    ended from being the same; None if that is unknown.
    """

    id: str
    name: str
    project: str
    entity: str
    group: str
    jobType: str
    notes: str
    tags: list[str]
    state: Literal["running", "stopped", "finished", "failed", "interrupted", "killed", "crashed"]
    exitCode: int | None
    startTime: float
    runtime: float
    rows: int
    step: int
    url: str | None
    lost: int
    error: str | None
    cellRunning: bool | None
    sync: SyncHeader | None
    remarks: list[str] | None


class MetricHeader(TypedDict):
    """One definition made by `define_metric`; `name` ends in `*` if `glob` is true."""

    name: str
    glob: bool
    step: str | None
    goal: Literal["minimize", "maximize"] | None
    hidden: bool


class CellHeader(TypedDict):
    """One execution of a cell that logged rows; `n` is its number in the notebook, `id` that in `SeriesHeader.cells`.

    `cut` is set if `source` is shortened; `seconds` and `ok` are None while it runs, `error` if there was none.
    """

    id: int
    n: int
    source: str
    cut: bool
    started: float | None
    seconds: float | None
    ok: bool | None
    error: str | None


class SeriesHeader(TypedDict):
    """One metric, with the first float and length of its columns in the blob."""

    key: str
    mode: Literal["replace", "append"]
    n: int
    decimated: bool
    stepMetric: str | None
    attempts: list[list[int]]
    cells: list[list[int]]
    columns: dict[str, list[int]]


class HeatmapHeader(TypedDict):
    """Histograms or lists of one metric; its columns are described at `heatmaps.Heatmap`."""

    key: str
    kind: Literal["histogram", "list"]
    n: int
    columns: dict[str, list[int]]


class VersionHeader(TypedDict):
    """An artifact version that the run logged, such as "model:v3", after *step*; None if no row was before it.

    `attempt` is None where it is unknown, `url` the path of its page on the server that sends the message.
    """

    name: str
    type: str
    step: int | None
    attempt: int | None
    url: str | None


class SavedPreview(TypedDict):
    """A small copy of the media file *path* in a snapshot: a picture, the first rows of a table, an HTML page."""

    path: str
    type: str
    data: str


class MessageHeader(TypedDict):
    """The JSON part of a message."""

    v: int
    cursor: str
    more: bool
    done: bool
    run: RunHeader
    config: dict[str, Any] | None
    summary: dict[str, Any] | None
    metrics: list[MetricHeader] | None
    cells: list[CellHeader] | None
    series: list[SeriesHeader]
    heatmaps: list[HeatmapHeader] | None
    texts: list[TextSeries] | None
    media: list[MediaSeries] | None
    plots: list[PlotHeader] | None
    artifacts: list[VersionHeader] | None
    previews: NotRequired[list[SavedPreview]]


class Access(TypedDict):
    """Credentials with which a saved view asks the Jupyter server for its run."""

    id: str
    token: str
    kernel: str | None


@dataclass(frozen=True)
class Series:
    """One metric as columns of equal length; `x` is the step of `define_metric`, if there is one.

    `attempts` lists `[attempt, first index]`, ascending by index; `cells` likewise, with 0 for no cell.
    """

    key: str
    step: Floats
    time: Floats
    value: Floats
    x: Floats | None = None
    step_metric: str | None = None
    attempts: list[list[int]] = field(default_factory=list)
    cells: list[list[int]] = field(default_factory=list)
    n: int = 0
    mode: Literal["replace", "append"] = "replace"
    decimated: bool = False

    def columns(self) -> dict[str, Floats]:
        """Return the columns by their names in the message."""
        columns = {"step": self.step, "time": self.time, "value": self.value}
        return columns if self.x is None else {**columns, "x": self.x}

    def lines(self) -> list[tuple[int, slice]]:
        """Return each attempt's number with the slice of the columns it covers, oldest first."""
        starts = [first for _, first in self.attempts]
        ends = [*starts[1:], len(self.value)]
        return [
            (attempt, slice(first, end))
            for (attempt, first), end in zip(self.attempts, ends, strict=True)
            if end > first
        ]


@dataclass(frozen=True)
class Message:
    """A header and its blob of little-endian float64 columns."""

    header: MessageHeader
    blob: bytes

    def to_bytes(self) -> bytes:
        """Return the HTTP body."""
        return http_body(self.header, self.blob)

    def to_json(self, access: Access | None = None, dtype: Literal["f4", "f8"] = "f8") -> dict[str, Any]:
        """Return the snapshot form, ready for `json.dumps`.

        With "f4" the blob has half the size and values have seven digits. A blob with steps above 16,777,216 stays
        "f8", as the field `dtype` shows.
        """
        header = cast("dict[str, Any]", plain(self.header))
        return {**header, **base64_floats(self.blob, self.largest_step, dtype), "access": access}

    def series(self) -> list[Series]:
        """Return the series with their columns as arrays that share the blob's memory."""
        return [self._unpack(header) for header in self.header["series"]]

    def heatmaps(self) -> list[Heatmap]:
        """Return the heat maps with their columns as arrays that share the blob's memory."""
        floats = np.frombuffer(self.blob, "<f8")
        heatmaps = []
        for header in self.header.get("heatmaps") or []:
            columns = {name: floats[first : first + count] for name, (first, count) in header["columns"].items()}
            cells = columns.pop("cells").reshape(len(columns["step"]), -1)
            heatmaps.append(Heatmap(header["key"], header["kind"], header["n"], **columns, cells=cells))
        return heatmaps

    @property
    def largest_step(self) -> float:
        """The largest step in any series."""
        return max((float(series.step.max()) for series in self.series() if series.step.size), default=0.0)

    def _unpack(self, header: SeriesHeader) -> Series:
        floats = np.frombuffer(self.blob, "<f8")
        columns = {name: floats[first : first + count] for name, (first, count) in header["columns"].items()}
        return Series(
            key=header["key"],
            step=columns["step"],
            time=columns["time"],
            value=columns["value"],
            x=columns.get("x"),
            step_metric=header["stepMetric"],
            attempts=header["attempts"],
            cells=header.get("cells", []),
            n=header["n"],
            mode=header["mode"],
            decimated=header["decimated"],
        )


class Blob:
    """A growing blob. Equal columns are stored once, since metrics logged together have the same steps."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._places: dict[bytes, list[int]] = {}
        self._floats = 0

    def place(self, column: Floats) -> list[int]:
        """Store *column*, and return its first float and its length."""
        data = np.ascontiguousarray(column, "<f8").tobytes()
        if data not in self._places:
            self._places[data] = [self._floats, len(column)]
            self._chunks.append(data)
            self._floats += len(column)
        return self._places[data]

    def headers(self, series: Iterable[Series]) -> list[SeriesHeader]:
        """Store the columns of *series*, and return their headers."""
        return [
            {
                "key": one.key,
                "mode": one.mode,
                "n": one.n,
                "decimated": one.decimated,
                "stepMetric": one.step_metric,
                "attempts": one.attempts,
                "cells": one.cells,
                "columns": {name: self.place(column) for name, column in one.columns().items()},
            }
            for one in series
        ]

    def heatmap_headers(self, heatmaps: Iterable[Heatmap]) -> list[HeatmapHeader]:
        """Store the columns of *heatmaps*, and return their headers."""
        return [
            {
                "key": one.key,
                "kind": one.kind,
                "n": one.n,
                "columns": {name: self.place(column) for name, column in one.columns().items()},
            }
            for one in heatmaps
        ]

    def join(self) -> bytes:
        """Return the blob."""
        return b"".join(self._chunks)


def pack(header: MessageHeader, series: Iterable[Series], heatmaps: Iterable[Heatmap] | None = None) -> Message:
    """Return a message of *header* with *series* and *heatmaps*; None if the heat maps have not changed."""
    blob = Blob()
    series_headers = blob.headers(series)
    heatmap_headers = None if heatmaps is None else blob.heatmap_headers(heatmaps)
    return Message({**header, "series": series_headers, "heatmaps": heatmap_headers}, blob.join())


def http_body(header: Mapping[str, Any], blob: bytes) -> bytes:
    """Return the HTTP body of *header* and *blob*. The leading length includes the blanks that align the blob."""
    text = strict_json(header).encode()
    text += b" " * (-(4 + len(text)) % _ALIGNMENT)
    return struct.pack("<I", len(text)) + text + blob


def base64_floats(blob: bytes, largest_step: float, dtype: Literal["f4", "f8"]) -> dict[str, Any]:
    """Return *blob* as a snapshot carries it; always "f8" if "f4" cannot hold the steps exactly."""
    if dtype == "f4" and largest_step >= _MAX_EXACT_F4:
        dtype = "f8"
    with np.errstate(over="ignore"):  # values beyond the range of f4 become infinity, which a chart leaves out
        data = np.frombuffer(blob, "<f8").astype("<" + dtype).tobytes()
    return {"data": base64.b64encode(data).decode(), "dtype": dtype}


def parse(body: bytes) -> Message:
    """Return the message of an HTTP body."""
    (length,) = struct.unpack_from("<I", body)
    return Message(cast("MessageHeader", json.loads(body[4 : 4 + length])), body[4 + length :])


def parse_json(snapshot: Mapping[str, Any]) -> Message:
    """Return the message of a snapshot; an "f4" blob becomes float64."""
    data = base64.b64decode(snapshot["data"])
    header = {key: value for key, value in snapshot.items() if key not in ("data", "dtype", "access")}
    return Message(cast("MessageHeader", header), np.frombuffer(data, "<" + snapshot["dtype"]).astype("<f8").tobytes())


def strict_json(value: Any) -> str:
    """Return *value* as ASCII JSON that every parser accepts; NaN and infinities become strings."""
    return json.dumps(plain(value), separators=(",", ":"), allow_nan=False)


def plain(value: Any) -> Any:
    """Return *value* as JSON types: NaN and infinities as strings, mappings, sequences, everything else by `str`."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)
