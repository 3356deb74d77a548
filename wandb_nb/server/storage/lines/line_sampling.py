"""Evenly spaced samples of a run's lines. Only the lines that are returned are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from wandb_nb.server.storage.lines.line_store import (
    HISTORY,
    MAX_READ_BYTES,
    bounded_texts,
    count,
    lines_from,
    stream_table,
)
from wandb_nb.server.storage.lines.row_shapes import load_shapes, shape_has_key
from wandb_nb.server.storage.tables import history
from wandb_nb.untrusted_json import load_objects
from wandb_nb.values import evenly_spaced, is_finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

_MAX_STEP = 2**63 - 1
_MAX_SAMPLED_SHAPES = 16
_MAX_SHAPES = 500  # of a run whose rows are sampled by shape
_MAX_SAMPLED_VALUES = 2_000_000
_DENSE = 0.8  # of the evenly spaced numbers that exist; below, the next existing row is looked up for each


def sample_lines(connection: Connection, run: int, stream: str, limit: int) -> list[str]:
    """Return the lines of *stream*, or *limit* of them, evenly spaced and including the last one.

    Raises:
        TooLargeError: They are too long to return together.

    """
    table, conditions = stream_table(stream)
    if limit < 1:
        return []
    total = count(connection, run, stream)
    query = select(table.c.text).where(table.c.run_id == run, *conditions)
    if total > limit:
        query = query.where(table.c.number.in_(evenly_spaced(0, total - 1, limit)))
    return bounded_texts(connection, query.order_by(table.c.number))


def sample_rows(  # noqa: PLR0917 -- the parts of one query
    connection: Connection, run: int, keys: Sequence[str], limit: int, first: int | None, last: int | None
) -> list[dict[str, Any]]:
    """Return *keys* of the rows that have all of them: of all such rows, or of about *limit*, evenly spaced.

    *first* and *last* bound the step, both included. Many keys, and long rows, give fewer rows.
    """
    required = [key for key in dict.fromkeys(keys) if key != "_step"]
    shape_ids = [
        shape_id
        for shape, shape_id in load_shapes(connection, run).items()
        if all(shape_has_key(shape, key) for key in required)
    ]
    if not shape_ids or limit < 1:
        return []
    limit = max(1, min(limit, _MAX_SAMPLED_VALUES // max(1, len(keys))))
    low, high = (first if first is not None else -_MAX_STEP), (last if last is not None else _MAX_STEP)
    rows = _sample_shapes(connection, run, shape_ids, limit, low, high)
    return [_select_keys(row, keys) for row in in_step_order(load_objects([text for _, text in rows]))]


def in_step_order(rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Return history *rows* by attempt and step if several processes logged them: those arrive by process."""
    if not any("_writer" in row for row in rows):
        return rows
    return sorted(rows, key=lambda row: (_number_at(row, "_attempt"), _number_at(row, "_step")))


def _number_at(row: dict[str, Any], key: str) -> float:
    value = row.get(key)
    return value if is_finite(value) else 0.0


def sample_history(
    connection: Connection, run: int, limit: int, steps: tuple[int, int] = (-_MAX_STEP, _MAX_STEP)
) -> tuple[list[str], int]:
    """Return rows that show the course of every key, in their order, and how many rows there are.

    All rows, or about *limit* of each shape, evenly spaced. A run with many shapes gives fewer of each, one with very
    many a sample of all its rows. Long rows give fewer. *steps* are the first and the last step of the rows, if there
    are more than *limit*.
    """
    total = count(connection, run, HISTORY)
    shape_ids = list(load_shapes(connection, run).values())
    share = max(2, min(limit, limit * _MAX_SAMPLED_SHAPES // max(1, len(shape_ids))))
    if total <= share:
        return lines_from(connection, run, HISTORY, 0, share), total
    if len(shape_ids) > _MAX_SHAPES:
        return [text for _, text in _sample_shapes(connection, run, None, limit, *steps)], total
    rows: dict[int, str] = {}
    for shape_id in shape_ids:
        if sum(map(len, rows.values())) > MAX_READ_BYTES:
            break
        rows |= dict(_sample_shapes(connection, run, [shape_id], share, *steps))
    return [rows[number] for number in sorted(rows)], total


def _sample_shapes(  # noqa: PLR0917 -- the parts of one query
    connection: Connection,
    run: int,
    shape_ids: Sequence[int] | None,
    limit: int,
    low: int = -_MAX_STEP,
    high: int = _MAX_STEP,
) -> Iterable[tuple[int, str]]:
    """Return numbers and texts of the rows of these shapes, None for any: all, or the first of *limit* even shares."""
    number = history.c.number
    conditions = [history.c.run_id == run]
    # One shape is a range of its index; several would be sorted.
    if shape_ids is not None:
        is_one = len(shape_ids) == 1
        conditions.append(history.c.shape_id == shape_ids[0] if is_one else history.c.shape_id.in_(shape_ids))
    if low > -_MAX_STEP or high < _MAX_STEP:
        conditions += [history.c.step >= low, history.c.step <= high]
    query = select(number, history.c.text).where(*conditions).order_by(number)
    rows = _bounded_rows(connection.execute(query.limit(limit + 1)))
    if len(rows) <= limit:
        return rows
    last = connection.execute(select(number).where(*conditions).order_by(number.desc()).limit(1)).scalar_one()
    targets = evenly_spaced(rows[0][0], last, limit)
    hits = _bounded_rows(connection.execute(query.where(number.in_(targets))))
    if len(hits) > limit * _DENSE:
        return hits
    return _next_existing(connection, query, targets)


def _next_existing(connection: Connection, query: Any, targets: Sequence[int]) -> Iterable[tuple[int, str]]:
    """Return for each of *targets*, which ascend, the first row of *query* at or after it."""
    rows: dict[int, str] = {}
    size = 0
    for target in targets:
        if size > MAX_READ_BYTES:
            break
        if not rows or target > next(reversed(rows)):
            row = connection.execute(query.where(history.c.number >= target).limit(1)).one()
            rows[row.number] = row.text
            size += len(row.text)
    return rows.items()


def _bounded_rows(rows: Iterable[Any]) -> list[tuple[int, str]]:
    """Return the first of *rows*, of about `MAX_READ_BYTES`."""
    bounded, size = [], 0
    for row in rows:
        bounded.append((row.number, row.text))
        size += len(row.text)
        if size > MAX_READ_BYTES:
            break
    return bounded


def _select_keys(row: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Return the values of *keys* in *row*; a dotted key that *row* does not have is a path into objects."""
    selected: dict[str, Any] = {}
    for key in keys:
        if key in row:
            selected[key] = row[key]
            continue
        value: Any = row
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        selected[key] = value
    return selected
