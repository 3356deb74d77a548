"""Sampled series of a run, read without loading all of it, and the system metrics.

A run's own page shows every point (`stored_run`); pages that overlay several runs need a few hundred of each.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.run_filters.run_values import RunValues
from wandb_nb.server.live.output_versions import output_versions
from wandb_nb.server.live.stored_run import apply_run_row, is_alive, table_row
from wandb_nb.server.storage.lines.line_sampling import in_step_order, sample_history, sample_lines
from wandb_nb.server.storage.lines.line_store import HISTORY, count
from wandb_nb.server.storage.lines.media_rows import media_rows
from wandb_nb.store.reading.history_table import HistoryTable
from wandb_nb.store.reading.run_state import RunState
from wandb_nb.untrusted_json import load_objects
from wandb_nb.values import dotted
from wandb_nb.view.message.chart_groups import definition
from wandb_nb.view.message.header_fields import empty_header
from wandb_nb.view.message.run_header import definitions, describe
from wandb_nb.view.message.run_message import Series, pack
from wandb_nb.view.message.system_units import with_unit
from wandb_nb.view.objects.logged_objects import LoggedObjects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeGuard

    from wandb_nb.server.storage.database import Database
    from wandb_nb.view.message.row_range import RangeRequest
    from wandb_nb.view.message.run_message import Message, MessageHeader

Points = list[tuple[float, float, float, int]]  # step, time, value, attempt

_SYSTEM = re.compile(r"system\.(.+)")
_MAX_EXACT_INT = 2**53
_RANGE_POINTS = 1_000


def sampled_message(database: Database, row: Any, points: int, cursor: str) -> Message:
    """Return a message of the run in *row* with about *points* points of each metric, evenly spaced over its rows.

    Heat maps and texts are those of the same rows, media those of the newest rows with media. It has none of these if
    nothing has changed since the message with *cursor*.
    """
    with database.read() as connection:
        total = count(connection, row.id, HISTORY)
        cursor_now = f"{row.uid}.{row.rewrites}.{total}.{points}"
        texts = sample_history(connection, row.id, points)[0] if cursor_now != cursor else []
        with_media = media_rows(connection, row.id) if texts else []
        versions = output_versions(connection, row.id) if texts else None
    header = _header(row, cursor_now, total)
    header["artifacts"] = versions
    rows = load_objects(texts)
    if rows:
        header["run"]["step"], header["run"]["runtime"] = (
            int(_number_at(rows[-1], "_step")),
            _number_at(rows[-1], "_runtime"),
        )
    objects = _logged_objects(rows) if rows else None
    header["media"] = _logged_objects(load_objects(with_media), row).media() if rows else None
    header["texts"] = objects.saved_texts() if objects else None
    heatmaps = objects.saved_heatmaps(points) if objects else None
    return pack(header, _series(rows, header, decimated=len(rows) < total), heatmaps)


def _logged_objects(rows: Sequence[dict[str, Any]], run: Any = None) -> LoggedObjects:
    """Return what *rows* logged besides numbers; of the media of *run* with the labels of their classes."""
    table = HistoryTable()
    table.append_rows([table_row(row) for row in rows])
    config = RunValues(run).config.get("_wandb") if run is not None else None
    return LoggedObjects(table, config if isinstance(config, dict) else {})


def sampled_range(database: Database, row: Any, request: RangeRequest) -> Message:
    """Return a sample of the requested rows of a run that is too long to read now; `more` is set.

    Only steps have an index: with another axis the message has no series yet.
    """
    rows: list[dict[str, Any]] = []
    if request.axis == "step":
        first, last = (int(min(max(bound, 0), _MAX_EXACT_INT)) for bound in (request.low, request.high))
        with database.read() as connection:
            rows = load_objects(sample_history(connection, row.id, _RANGE_POINTS, (first, last))[0])
    header = _header(row, "", 0)
    answer: MessageHeader = {**empty_header(header["run"]), "more": True}
    if request.first_file is not None:
        answer["media"] = _logged_objects(rows).media_page(request.keys, request.low, request.first_file)
        return pack(answer, [])
    keys = set(request.keys)
    return pack(answer, [one for one in _series(rows, header, decimated=True) if one.key in keys])


def system_message(database: Database, row: Any, points: int, cursor: str) -> Message:
    """Return a message of the system metrics of the run in *row*, with at most *points* samples of each.

    What several devices report under one name is one chart.
    """
    with database.read() as connection:
        total = count(connection, row.id, "events")
        cursor_now = f"{row.uid}.{total}"
        texts = sample_lines(connection, row.id, "events", points) if cursor_now != cursor else []
    header = _header(row, cursor_now, total)
    header["metrics"] = []
    points_of: dict[str, Points] = defaultdict(list)
    for number, sample in enumerate(load_objects(texts)):
        for key, value in sample.items():
            match = _SYSTEM.fullmatch(key)
            if match and _is_exact(value):
                point = (number, _number_at(sample, "_runtime"), float(value), 0)
                points_of[with_unit(_chart_name(match[1]))].append(point)
    series = [_make_series(key, points_of[key], None, total > len(texts)) for key in sorted(points_of)]
    return pack(header, series)


def _chart_name(key: str) -> str:
    """Return "gpu.0/temp" for "gpu.0.temp", so that all devices share the chart of a metric."""
    device, _, metric = key.rpartition(".")
    device = device.removesuffix("./").replace("/", ":")
    return f"{device}/{metric}" if device else metric


def _header(row: Any, cursor: str, rows: int) -> MessageHeader:
    state = RunState()
    apply_run_row(state, row)
    metrics = definitions(state)
    header = describe(state, is_alive(row), metrics)
    header["cursor"], header["more"], header["metrics"] = cursor, False, metrics
    header["done"] = state.exit_code is not None or row.state == "crashed"
    header["run"]["rows"] = rows
    return header


def _series(rows: Sequence[dict[str, Any]], header: MessageHeader, *, decimated: bool) -> Iterator[Series]:
    """Yield the number columns of *rows*; a point's step metric has its latest value."""
    metrics = header["metrics"] or []
    points_of: dict[str, Points] = defaultdict(list)
    step_values: dict[str, list[float]] = defaultdict(list)
    latest: dict[str, float] = {}
    step_metrics: dict[str, str | None] = {}
    for row in in_step_order(rows):
        numbers = _numbers(row)
        latest |= numbers
        position = (_number_at(row, "_step"), _number_at(row, "_runtime"))
        attempt = int(_number_at(row, "_attempt"))
        for key, value in numbers.items():
            if key not in step_metrics:
                step_metrics[key] = metric["step"] if (metric := definition(key, metrics)) else None
            points_of[key].append((*position, value, attempt))
            step_values[key].append(latest.get(step_metrics[key] or "", np.nan))
    for key, points in points_of.items():
        step_metric = step_metrics[key]
        steps = (step_metric, step_values[key]) if step_metric else None
        yield _make_series(key, points, steps, decimated)


def _make_series(key: str, points: Points, step: tuple[str, list[float]] | None, decimated: bool) -> Series:
    step_column, time, value = np.array([point[:3] for point in points], np.float64).T
    attempts = [point[3] for point in points]
    starts = [
        [attempt, index] for index, attempt in enumerate(attempts) if index == 0 or attempts[index - 1] != attempt
    ]
    return Series(
        key,
        step_column,
        time,
        value,
        x=np.array(step[1]) if step else None,
        step_metric=step[0] if step else None,
        attempts=starts,
        n=len(points),
        decimated=decimated,
    )


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in dotted(row, private=False) if _is_exact(value)}


def _is_exact(value: Any) -> TypeGuard[float]:
    """Whether a chart shows *value* exactly; bools are drawn as 0 and 1."""
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= _MAX_EXACT_INT)


def _number_at(row: dict[str, Any], key: str) -> float:
    value = row.get(key)
    return float(value) if _is_exact(value) and np.isfinite(value) else 0.0
