"""Curves of a run without reading it whole: enough points for one among several, and the machine's metrics.

A run's own page has every point (`live.py`); pages that lay runs over one another need a few hundred of each.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.server.live.stored_run import alive, take_row
from wandb_nb.server.storage import line_store
from wandb_nb.store.reading.run_state import RunState
from wandb_nb.values import dotted
from wandb_nb.view.message.chart_groups import definition
from wandb_nb.view.message.run_header import definitions, describe
from wandb_nb.view.message.run_message import Series, pack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeGuard

    from wandb_nb.server.storage.database import Database
    from wandb_nb.view.message.run_message import Message, MessageHeader

Points = list[tuple[float, float, float, int]]  # step, time, value, attempt

_SYSTEM = re.compile(r"system\.(.+)")
_LARGEST_EXACT = 2**53


def sampled(database: Database, row: Any, points: int, cursor: str) -> Message:
    """Return the run in *row* with about *points* points of each metric, evenly spaced over its rows.

    Without series where nothing has changed since the message with *cursor*.
    """
    with database.read() as connection:
        total = line_store.count(connection, row.id, line_store.HISTORY)
        mark = f"{row.id}.{row.rewrites}.{total}.{points}"
        texts = line_store.spread(connection, row.id, points)[0] if mark != cursor else []
    header = _header(row, mark, total)
    rows = [json.loads(text) for text in texts]
    if rows:
        header["run"]["step"], header["run"]["runtime"] = int(_at(rows[-1], "_step")), _at(rows[-1], "_runtime")
    return pack(header, _series(rows, header, decimated=len(rows) < total))


def system(database: Database, row: Any, points: int, cursor: str) -> Message:
    """Return the machine's metrics of the run in *row*, *points* samples at most; charts share what has one name."""
    with database.read() as connection:
        total = line_store.count(connection, row.id, "events")
        mark = f"{row.id}.{total}"
        texts = line_store.sample_lines(connection, row.id, "events", points) if mark != cursor else []
    header = _header(row, mark, total)
    header["metrics"] = []
    found: dict[str, Points] = defaultdict(list)
    for number, text in enumerate(texts):
        told = json.loads(text)
        for key, value in told.items() if isinstance(told, dict) else ():
            match = _SYSTEM.fullmatch(key)
            if match and _can_be_drawn(value):
                found[_chart_name(match[1])].append((number, _at(told, "_runtime"), float(value), 0))
    series = [_one(key, found[key], None, total > len(texts)) for key in sorted(found)]
    return pack(header, series)


def _chart_name(key: str) -> str:
    """Return "gpu.0/temp" for "gpu.0.temp": what several devices have is one chart."""
    device, _, what = key.rpartition(".")
    device = device.removesuffix("./").replace("/", ":")
    return f"{device}/{what}" if device else what


def _header(row: Any, mark: str, rows: int) -> MessageHeader:
    state = RunState()
    take_row(state, row)
    metrics = definitions(state)
    header = describe(state, alive(row), metrics)
    header["cursor"], header["more"], header["metrics"] = mark, False, metrics
    header["done"] = state.exit_code is not None or row.state == "crashed"
    header["run"]["rows"] = rows
    return header


def _series(rows: Sequence[dict[str, Any]], header: MessageHeader, *, decimated: bool) -> Iterator[Series]:
    """Yield the number columns of *rows*; a step metric counts as it last was."""
    metrics = header["metrics"] or []
    found: dict[str, Points] = defaultdict(list)
    steps: dict[str, list[float]] = defaultdict(list)
    latest: dict[str, float] = {}
    names: dict[str, str | None] = {}
    for row in rows:
        numbers = _numbers(row)
        latest |= numbers
        place = (_at(row, "_step"), _at(row, "_runtime"))
        attempt = int(_at(row, "_attempt"))
        for key, value in numbers.items():
            if key not in names:
                names[key] = step_of["step"] if (step_of := definition(key, metrics)) else None
            found[key].append((*place, value, attempt))
            steps[key].append(latest.get(names[key] or "", np.nan))
    for key, points in found.items():
        yield _one(key, points, (names[key] or "", steps[key]) if names[key] else None, decimated)


def _one(key: str, points: Points, step: tuple[str, list[float]] | None, decimated: bool) -> Series:
    step_column, time, value = np.array([point[:3] for point in points], np.float64).T
    attempts = [point[3] for point in points]
    starts = [
        [attempt, place]
        for place, attempt in enumerate(attempts)
        if place == 0 or attempts[place - 1] != attempt  # a stretch of its own
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
    return {name: float(value) for name, value in dotted(row, private=False) if _can_be_drawn(value)}


def _can_be_drawn(value: Any) -> TypeGuard[float]:
    """Return whether a chart shows *value* exactly; bools are drawn as 0 and 1."""
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= _LARGEST_EXACT)


def _at(row: dict[str, Any], key: str) -> float:
    value = row.get(key)
    return float(value) if _can_be_drawn(value) and np.isfinite(value) else 0.0
