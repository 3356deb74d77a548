"""A sample of system metrics as a server stores it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wandb_nb.store.format.record_types import StatsRecord


def system_line(stats: StatsRecord, start_time: float | None) -> dict[str, Any]:
    """Return the values of *stats* by their names on a server; *start_time* of the run in unix seconds."""
    line = {f"system.{'.'.join(path)}": value for path, value in stats.items}
    if stats.timestamp is not None:
        line["_timestamp"] = stats.timestamp
        line["_runtime"] = round(stats.timestamp - start_time, 6) if start_time else 0
    return {**line, "_wandb": True}
