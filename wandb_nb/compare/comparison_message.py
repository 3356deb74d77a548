"""Several runs in one message: the form that pages read, over HTTP, a comm and in a saved notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from wandb_nb.compare.code_diff import change_facts
from wandb_nb.compare.comparison_input import labels
from wandb_nb.view.message.downsample import thin
from wandb_nb.view.message.run_message import (
    VERSION,
    Blob,
    Message,
    MessageHeader,
    base64_floats,
    http_body,
    plain,
    strict_json,
)
from wandb_nb.view.message.series import MOST_SERIES_SAVED, level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from wandb_nb.compare.code_diff import CodeChangeHeader
    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.value_diff import ValueRow, ValueRowHeader
    from wandb_nb.view.message.run_message import SeriesHeader

MIME = "application/vnd.wandb-nb.comparison+json"
MOST_TABLE = 12_000  # characters of one table


class DiffHeader(TypedDict):
    """What the runs differ in, as tables of texts."""

    config: list[ValueRowHeader]
    summary: list[ValueRowHeader]
    git: list[ValueRowHeader]
    packages: list[ValueRowHeader]
    code: list[CodeChangeHeader]


class ComparisonHeader(TypedDict):
    """The JSON part: one header a run, as a run's own message has it but for config, summary and cells."""

    v: int
    runs: list[MessageHeader]
    labels: list[str]
    diff: DiffHeader | None


@dataclass(frozen=True)
class Overlay:
    """Several runs with the one blob of their columns."""

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
        """Return each run as a message of its own; they share the blob."""
        return [Message(header, self.blob) for header in self.header["runs"]]


def overlay(
    runs: Sequence[Message], points: int = 4_000, keys: Collection[str] | None = None, diff: DiffHeader | None = None
) -> Overlay:
    """Return *runs* in one message, about *points* points over all series; only those of *keys*, if given."""
    blob = Blob()
    chosen = [[one for one in run.series() if keys is None or one.key in keys][:MOST_SERIES_SAVED] for run in runs]
    share = max(4, level([len(one.value) for series in chosen for one in series], points))
    headers = [
        _header(run.header, blob.facts(thin(one, share) for one in series))
        for run, series in zip(runs, chosen, strict=True)
    ]
    names = labels([run.header["run"] for run in runs])
    return Overlay({"v": VERSION, "runs": headers, "labels": names, "diff": diff}, blob.join())


def _header(header: MessageHeader, series: list[SeriesHeader]) -> MessageHeader:
    """Return *header* without config, summary and sources of cells, which the tables tell."""
    return {**header, "cursor": "", "more": False, "config": None, "summary": None, "cells": [], "series": series}


def diff_facts(comparison: Comparison) -> DiffHeader:
    """Return the tables of *comparison*, of bounded size; what is the same gives way first."""
    return {
        "config": _rows(comparison.config),
        "summary": _rows(comparison.summary),
        "git": _rows(comparison.git),
        "packages": _rows(comparison.packages),
        "code": change_facts(comparison.code),
    }


def _rows(rows: Iterable[ValueRow]) -> list[ValueRowHeader]:
    """Return the rows for which there is room, in their order; those that differ come in first."""
    facts = [row.facts() for row in rows]
    left = MOST_TABLE
    kept: set[int] = set()
    for at in sorted(range(len(facts)), key=lambda at: facts[at]["same"]):
        left -= len(strict_json(facts[at]))
        if left < 0:
            break
        kept.add(at)
    return [row for at, row in enumerate(facts) if at in kept]
