"""What the traits of a run's widget are set to: bounded in size, without keys, tokens and addresses."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import shorten
from wandb_nb.values import is_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wandb_nb.notebook.panel.live_run import LiveRun
    from wandb_nb.store.reading.history_table import HistoryTable

MAX_METRICS = 1_000
MAX_LATEST = 200
"""Values are sent to the page several times per second, so there are fewer of them than names."""
MAX_NAME, MAX_TEXT = 500, 200  # characters


@dataclass(frozen=True)
class WidgetState:
    """The values of the read-only traits; *version* differs if any of the others may differ."""

    state: str
    step: int = 0
    latest: dict[str, Any] = field(default_factory=dict)
    metrics: list[str] = field(default_factory=list)
    version: tuple[Any, ...] = ()


def widget_state(live_run: LiveRun) -> WidgetState:
    """Return the state of the run as far as it has been read."""
    with live_run.lock:
        stream = live_run.stream
        header, table = stream.run_header(), stream.state.table
        return WidgetState(
            state=header["state"],
            step=header["step"],
            latest=dict(_take(_latest(table), MAX_LATEST)),
            metrics=list(_take(filter(_is_metric, table.keys), MAX_METRICS)),
            version=(id(stream.state), stream.state.version, table.parts, header["state"]),
        )


def to_json_values(latest: dict[str, Any]) -> dict[str, Any]:
    """Return *latest* with the texts "NaN", "Infinity" and "-Infinity", since JSON has no such numbers."""
    names = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return {
        key: value if not isinstance(value, float) or math.isfinite(value) else names.get(value, "NaN")
        for key, value in latest.items()
    }


def _latest(table: HistoryTable) -> Iterator[tuple[str, Any]]:
    """Yield the newest value of each key that is a number, a bool or a text."""
    for key in table.keys:
        value = table.last(key)[1]
        if _is_metric(key) and (is_number(value) or isinstance(value, (bool, str))):
            yield key, shorten(value, MAX_TEXT) if isinstance(value, str) else value


def _is_metric(key: str) -> bool:
    return not key.startswith("_") and len(key) <= MAX_NAME


def _take(values: Iterable[Any], count: int) -> Iterator[Any]:
    return (value for value, _ in zip(values, range(count), strict=False))
