"""The columns of a project's table of runs: their names, headings and values."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeGuard

from wandb_nb.run_filters.run_values import row_column
from wandb_nb.values import is_finite, is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.run_filters.run_values import RunValues

_MAX_DEFAULT_KEYS = 6
_MAX_KEYS = 400
_MAX_KEY_LENGTH = 200
_INSPECTED_RUNS = 200  # to choose columns
_MAX_NUMBER = 1e250

RUN_COLUMNS = {
    "created_at": "Started",
    "duration": "Duration",
    "tags": "Tags",
    "group": "Group",
    "job_type": "Job type",
    "notes": "Notes",
}


def is_column(name: str) -> bool:
    """Whether a table can have the column *name*."""
    return name in RUN_COLUMNS or name.startswith(("config.", "summary_metrics."))


def cell(run: RunValues, column: str) -> Any:
    """Return the value of *column* for *run*; None if it has none."""
    return column_reader(column)(run)


def column_reader(column: str) -> Callable[[RunValues], Any]:
    """Return the function that returns the value of *column* for a run; None if it has none."""
    section, _, key = column.partition(".")
    if column == "duration":
        return run_duration
    if "." not in key and section == "config":  # quicker than `value`, for tables of many runs
        return lambda run: run.config.get(key)
    if "." not in key and section == "summary_metrics":
        return lambda run: run.summary.get(key)
    attribute = row_column(column)
    return attrgetter(f"row.{attribute}") if attribute else lambda run: run.value(column)


def run_duration(run: RunValues) -> float:
    """Return how long the run has taken, in seconds, by its own clock if it reports that."""
    wandb = run.summary.get("_wandb")
    candidates = [wandb.get("runtime") if isinstance(wandb, dict) else None, run.summary.get("_runtime")]
    runtimes = [float(value) for value in candidates if is_finite(value)]
    return max(runtimes) if runtimes else float(run.row.heartbeat - run.row.created)


def is_drawable(value: Any) -> TypeGuard[float]:
    """Whether *value* is a number of which ranges and powers are finite."""
    return is_finite(value) and abs(value) <= _MAX_NUMBER


def column_label(column: str) -> str:
    """Return the heading of *column*."""
    return RUN_COLUMNS.get(column) or column.partition(".")[2] or column


def available_columns(runs: Sequence[RunValues]) -> dict[str, list[str]]:
    """Return the columns to choose from: of the run itself, of the config, of the summary."""
    config = set[str]().union(*(run.config_leaves for run in runs))
    summary = set[str]().union(*(run.summary_leaves for run in runs))
    return {
        "Run": list(RUN_COLUMNS),
        "Config": [f"config.{key}" for key in sorted(filter(_is_short, config))[:_MAX_KEYS]],
        "Summary": [f"summary_metrics.{key}" for key in sorted(filter(_is_short, summary))[:_MAX_KEYS]],
    }


def default_columns(runs: Sequence[RunValues]) -> list[str]:
    """Return the most informative columns: config values that differ, summary numbers, tags and groups if any."""
    inspected = runs[:_INSPECTED_RUNS]
    values: dict[str, set[str]] = {}
    numbers: dict[str, None] = {}
    for run in inspected:
        for key, value in run.config_leaves.items():
            if not isinstance(value, (dict, list)):
                values.setdefault(key, set()).add(repr(value))
        numbers |= {key: None for key, value in run.summary_leaves.items() if is_number(value)}
    varying = [key for key, different in values.items() if len(different) > 1 or len(inspected) == 1]
    varying, numeric = list(filter(_is_short, varying)), list(filter(_is_short, numbers))
    return [
        "created_at",
        "duration",
        *(name for name in ("tags", "group", "job_type") if any(run.value(name) for run in inspected)),
        *(f"config.{key}" for key in varying[:_MAX_DEFAULT_KEYS]),
        *(f"summary_metrics.{key}" for key in numeric[:_MAX_DEFAULT_KEYS]),
    ]


def _is_short(key: str) -> bool:
    return len(key) <= _MAX_KEY_LENGTH
