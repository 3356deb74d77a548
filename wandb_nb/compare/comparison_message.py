"""Several runs in one message, for HTTP, comms and saved notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from wandb_nb.compare.code_diff import code_headers
from wandb_nb.compare.comparison_input import run_labels
from wandb_nb.compare.headline import headline
from wandb_nb.view.message.downsample import downsample
from wandb_nb.view.message.header_fields import VERSION
from wandb_nb.view.message.run_message import (
    Blob,
    Message,
    MessageHeader,
    base64_floats,
    http_body,
    plain,
    strict_json,
)
from wandb_nb.view.message.series import MAX_SAVED_SERIES, fair_share
from wandb_nb.view.objects.logged_versions import MAX_SAVED_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from typing_extensions import NotRequired

    from wandb_nb.compare.code_diff import CodeChangeHeader
    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.value_diff import ValueRow, ValueRowHeader
    from wandb_nb.view.message.run_message import Access, SeriesHeader

MAX_TABLE = 12_000  # characters of one table


class DiffHeader(TypedDict):
    """The differences between the runs, in one line and as tables of texts."""

    headline: str
    config: list[ValueRowHeader]
    summary: list[ValueRowHeader]
    git: list[ValueRowHeader]
    packages: list[ValueRowHeader]
    code: list[CodeChangeHeader]


class ComparisonHeader(TypedDict):
    """The JSON part: one header per run, as in a run's own message, but without config, summary and cells."""

    v: int
    runs: list[MessageHeader]
    labels: list[str]
    diff: DiffHeader | None
    accesses: NotRequired[list[Access]]
    hidden: NotRequired[int]


@dataclass(frozen=True)
class Overlay:
    """Several runs and one blob with their columns."""

    header: ComparisonHeader
    blob: bytes

    def to_bytes(self) -> bytes:
        """Return the HTTP body."""
        return http_body(self.header, self.blob)

    def to_json(self, dtype: Literal["f4", "f8"] = "f4") -> dict[str, Any]:
        """Return the saved form, ready for `json.dumps`."""
        largest = max((message.largest_step for message in self.messages()), default=0.0)
        return {**cast("dict[str, Any]", plain(self.header)), **base64_floats(self.blob, largest, dtype)}

    def messages(self) -> list[Message]:
        """Return one message per run; all share the blob."""
        return [Message(header, self.blob) for header in self.header["runs"]]


def overlay(
    runs: Sequence[Message],
    points: int = 4_000,
    keys: Collection[str] | None = None,
    diff: DiffHeader | None = None,
    labels: list[str] | None = None,
) -> Overlay:
    """Return *runs* in one message, with about *points* points over all series; *keys* limit the metrics.

    Without *labels* the runs are labelled by their names.
    """
    blob = Blob()
    chosen = [[one for one in run.series() if keys is None or one.key in keys][:MAX_SAVED_SERIES] for run in runs]
    share = max(4, fair_share([len(one.value) for series in chosen for one in series], points))
    headers = [
        _header(run.header, blob.headers(downsample(one, share) for one in series))
        for run, series in zip(runs, chosen, strict=True)
    ]
    names = labels or run_labels([run.header["run"] for run in runs])
    return Overlay({"v": VERSION, "runs": headers, "labels": names, "diff": diff}, blob.join())


def _header(header: MessageHeader, series: list[SeriesHeader]) -> MessageHeader:
    """Return *header* with *series* only: config and summary are in the tables."""
    unused: dict[str, Any] = {
        "config": None,
        "summary": None,
        "cells": [],
        "heatmaps": None,
        "texts": None,
        "media": None,
        "plots": None,
        "artifacts": (header.get("artifacts") or [])[-MAX_SAVED_VERSIONS:],
    }
    return cast("MessageHeader", {**header, **unused, "cursor": "", "more": False, "series": series})


def diff_header(comparison: Comparison) -> DiffHeader:
    """Return the tables of *comparison*, of bounded size; equal rows are left out first."""
    return {
        "headline": headline(comparison),
        "config": _rows(comparison.config),
        "summary": _rows(comparison.summary_values),
        "git": _rows(comparison.git),
        "packages": _rows(comparison.packages),
        "code": code_headers(comparison.code),
    }


def _rows(rows: Iterable[ValueRow]) -> list[ValueRowHeader]:
    """Return the rows for which there is room, in their order; rows that differ take precedence."""
    headers = [row.header() for row in rows]
    left = MAX_TABLE
    chosen: set[int] = set()
    for at in sorted(range(len(headers)), key=lambda at: headers[at]["same"]):
        left -= len(strict_json(headers[at]))
        if left < 0:
            break
        chosen.add(at)
    return [row for at, row in enumerate(headers) if at in chosen]
