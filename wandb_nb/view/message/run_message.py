"""The form of a message that a view reads: one JSON header and one blob of little-endian floats.

`docs/design.md` draws the form; the classes below name its fields. The same `Message` is written three ways:
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

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

VERSION = 1
MIME = "application/vnd.wandb-nb.run+json"
_ALIGNMENT = 8
_LARGEST_EXACT_F4 = 2**24


class RunHeader(TypedDict):
    """The run itself. Times are seconds, `startTime` since 1970."""

    id: str
    name: str
    project: str
    entity: str
    group: str
    jobType: str
    notes: str
    tags: list[str]
    state: Literal["running", "finished", "failed", "crashed"]
    exitCode: int | None
    startTime: float
    runtime: float
    rows: int
    step: int
    url: str | None
    lost: int


class MetricHeader(TypedDict):
    """One definition made by `define_metric`; `name` ends in `*` where `glob` is true."""

    name: str
    glob: bool
    step: str | None
    goal: Literal["minimize", "maximize"] | None
    hidden: bool


class CellHeader(TypedDict):
    """One execution of a cell that logged rows; `n` is what the notebook calls it, `id` what `SeriesHeader.cells` do.

    `cut` tells that `source` is not the whole; `seconds` and `ok` are None while it runs, `error` where there was none.
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
    """One metric: where its columns lie in the blob, counted in floats."""

    key: str
    mode: Literal["replace", "append"]
    n: int
    decimated: bool
    stepMetric: str | None
    attempts: list[list[int]]
    cells: list[list[int]]
    columns: dict[str, list[int]]


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


class Access(TypedDict):
    """What a saved view needs to ask the Jupyter server for its run."""

    id: str
    token: str
    kernel: str | None


@dataclass(frozen=True)
class Series:
    """One metric as columns of equal length; `x` is the define_metric step, where there is one.

    `attempts` lists `[attempt, first index]`, ascending by index, and `cells` likewise, 0 where none is told.
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

        With "f4" the blob takes half the room and values keep seven digits; a blob whose steps would suffer
        (above 16,777,216) stays "f8", and the answer says so.
        """
        header = cast("dict[str, Any]", plain(self.header))
        return {**header, **base64_floats(self.blob, self.largest_step, dtype), "access": access}

    def series(self) -> list[Series]:
        """Return the series with their columns as arrays that share the blob's memory."""
        return [self._one(facts) for facts in self.header["series"]]

    @property
    def largest_step(self) -> float:
        """The largest step in any series."""
        return max((float(series.step.max()) for series in self.series() if series.step.size), default=0.0)

    def _one(self, facts: SeriesHeader) -> Series:
        floats = np.frombuffer(self.blob, "<f8")
        columns = {name: floats[first : first + count] for name, (first, count) in facts["columns"].items()}
        return Series(
            key=facts["key"],
            step=columns["step"],
            time=columns["time"],
            value=columns["value"],
            x=columns.get("x"),
            step_metric=facts["stepMetric"],
            attempts=facts["attempts"],
            cells=facts.get("cells", []),
            n=facts["n"],
            mode=facts["mode"],
            decimated=facts["decimated"],
        )


class Blob:
    """Columns gathered; equal ones are stored once, since metrics logged together have the same steps."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._places: dict[bytes, list[int]] = {}
        self._floats = 0

    def place(self, column: Floats) -> list[int]:
        """Return where *column* lies: its first float and their number."""
        data = np.ascontiguousarray(column, "<f8").tobytes()
        if data not in self._places:
            self._places[data] = [self._floats, len(column)]
            self._chunks.append(data)
            self._floats += len(column)
        return self._places[data]

    def facts(self, series: Iterable[Series]) -> list[SeriesHeader]:
        """Return the headers of *series*, whose columns are placed here."""
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

    def join(self) -> bytes:
        """Return the blob."""
        return b"".join(self._chunks)


def pack(header: MessageHeader, series: Iterable[Series]) -> Message:
    """Return a message of *header* with its `series` replaced by *series*."""
    blob = Blob()
    facts = blob.facts(series)
    return Message({**header, "series": facts}, blob.join())


def http_body(header: Mapping[str, Any], blob: bytes) -> bytes:
    """Return *header* and *blob* as HTTP carries them. The leading length counts the blanks that align the blob."""
    text = strict_json(header).encode()
    text += b" " * (-(4 + len(text)) % _ALIGNMENT)
    return struct.pack("<I", len(text)) + text + blob


def base64_floats(blob: bytes, largest_step: float, dtype: Literal["f4", "f8"]) -> dict[str, Any]:
    """Return *blob* as a snapshot carries it; "f8" in any case where "f4" could not tell the steps apart."""
    if dtype == "f4" and largest_step >= _LARGEST_EXACT_F4:
        dtype = "f8"
    with np.errstate(over="ignore"):  # beyond the range of f4 is infinity, which a chart leaves out
        data = np.frombuffer(blob, "<f8").astype("<" + dtype).tobytes()
    return {"data": base64.b64encode(data).decode(), "dtype": dtype}


def parse(body: bytes) -> Message:
    """Return the message of an HTTP body."""
    (length,) = struct.unpack_from("<I", body)
    return Message(cast("MessageHeader", json.loads(body[4 : 4 + length])), body[4 + length :])


def parse_json(snapshot: Mapping[str, Any]) -> Message:
    """Return the message of a snapshot; an "f4" blob is widened again."""
    data = base64.b64decode(snapshot["data"])
    header = {key: value for key, value in snapshot.items() if key not in ("data", "dtype", "access")}
    return Message(cast("MessageHeader", header), np.frombuffer(data, "<" + snapshot["dtype"]).astype("<f8").tobytes())


def strict_json(value: Any) -> str:
    """Return *value* as ASCII JSON that every parser takes; floats that JSON lacks become texts."""
    return json.dumps(plain(value), separators=(",", ":"), allow_nan=False)


def plain(value: Any) -> Any:
    """Return *value* with NaN and infinities as texts, other mappings and sequences as JSON's, the rest by `str`."""
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
