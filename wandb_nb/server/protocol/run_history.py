"""The history of a run as the fields of its node return it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.run_filters.filters import parse_filter
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.lines.line_sampling import in_step_order, sample_lines, sample_rows
from wandb_nb.server.storage.lines.row_shapes import history_keys
from wandb_nb.untrusted_json import load_objects
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.protocol.request_context import RequestContext

_MAX_ROWS = 10_000
_MAX_SAMPLES = 10_000
_DEFAULT_SAMPLES = 500
_MAX_STEP = 2**62
_MAX_PARQUET_BYTES = 8 << 20
_PARSED_COST = 4  # how much more memory parsed rows take than their text, about


def keys_field(connection: Connection, run_id: int) -> dict[str, Any]:
    """Return the keys of the history and how many rows have each."""
    keys = history_keys(connection, run_id)
    return {
        "sets": [],
        "keys": {
            key: {
                "typeCounts": [{"type": kind, "count": number} for kind, number in kinds.items()],
                "monotonic": key == "_step",
                "previousValue": -1,
            }
            for key, kinds in keys.counts.items()
        },
        "lastStep": keys.last_step,
    }


def history_lines(
    connection: Connection, run_id: int, min_step: int | None, max_step: int | None, samples: int | None
) -> list[str]:
    """Return history lines: those between two steps, or a sample of all."""
    limit = _bounded(samples)
    if min_step is None and max_step is None:
        lines = sample_lines(connection, run_id, line_store.HISTORY, limit)
        if not any('"_writer"' in line for line in lines):
            return lines
        return [json.dumps(row) for row in in_step_order(load_objects(lines))]
    first, end = int(min_step or 0), int(_MAX_STEP if max_step is None else max_step)
    return line_store.rows_between_steps(connection, run_id, first, end, limit)


def event_lines(connection: Connection, run_id: int, samples: int | None) -> list[str]:
    """Return a sample of the lines of system metrics."""
    return sample_lines(connection, run_id, "events", _bounded(samples))


def sampled_rows(context: RequestContext, run_id: int, text: str) -> list[dict[str, Any]]:
    """Return the rows that *text* asks for, a JSON object with `keys`, `samples`, `minStep` and `maxStep`.

    Raises:
        UsageError: It does not have that form.

    """
    spec = parse_filter(text)
    keys = spec.get("keys") or []
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise UsageError("`keys` of a sample must be a list of strings")
    samples, first, last = (_whole_number(spec, name) for name in ("samples", "minStep", "maxStep"))
    limit = max(1, min(samples or _DEFAULT_SAMPLES, _MAX_SAMPLES))
    sample = sample_rows if context.samples is None else context.samples.rows
    rows = sample(context.connection, run_id, keys, limit, first, last)
    context.budget.spend(_PARSED_COST * len(rows) * sum(map(len, keys)))
    return rows


def _whole_number(spec: dict[str, Any], name: str) -> int | None:
    value = spec.get(name)
    if value is None:
        return None
    if not is_finite(value):
        raise UsageError(f"`{name}` of a sample must be a number")
    return max(-_MAX_STEP, min(int(value), _MAX_STEP))


def parquet_field(context: RequestContext, run_id: int) -> dict[str, Any]:
    """Return no Parquet files and at most 10,000 rows or 8 MiB; clients read the remaining rows page by page."""
    lines = line_store.lines_from(context.connection, run_id, line_store.HISTORY, 0, _MAX_ROWS, _MAX_PARQUET_BYTES)
    context.budget.spend(_PARSED_COST * sum(map(len, lines)))
    return {"parquetUrls": [], "liveData": in_step_order(load_objects(lines))}


def _bounded(samples: int | None) -> int:
    return max(0, min(_DEFAULT_SAMPLES if samples is None else samples, _MAX_ROWS))
