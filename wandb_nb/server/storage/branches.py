"""Runs that branch off another run and share its rows up to the branch point."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, literal, select, update

from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.lines.history_summary import history_summary
from wandb_nb.server.storage.lines.line_store import first_above
from wandb_nb.server.storage.lines.segment_store import remove_from
from wandb_nb.server.storage.tables import runs, segment_shapes, segments, shapes
from wandb_nb.untrusted_json import load_object, wandb_values
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MAX_STEP = 2**62


def copy_branch_rows(connection: Connection, run: Any) -> None:
    """Copy the rows before the branch point to *run*, a new run, if its config names one in the same project."""
    point = _branch_point(run.config)
    if point is None:
        return
    name, step = point
    condition = (runs.c.project_id == run.project_id, runs.c.name == name, runs.c.id != run.id)
    source = connection.execute(select(runs.c.id).where(*condition)).scalar()
    if source is None:
        return
    _copy_rows(connection, source, run.id, step)
    summary = json.dumps(history_summary(connection, run))
    connection.execute(update(runs).where(runs.c.id == run.id).values(summary=summary))


def _branch_point(config: str) -> tuple[str, int] | None:
    point = wandb_values(load_object(config) or {}).get("branch_point")
    name, step = (point.get("run_id"), point.get("step")) if isinstance(point, dict) else (None, None)
    return (name, int(step)) if isinstance(name, str) and is_finite(step) and abs(step) <= _MAX_STEP else None


def _copy_rows(connection: Connection, source: int, target: int, step: int) -> None:
    cut = first_above(connection, source, step)
    _copy_segments(connection, source, target, segments, {}, cut)
    for shape in connection.execute(select(shapes).where(shapes.c.run_id == source)).all():
        copied = inserted_id(connection.execute(insert(shapes).values(run_id=target, leaves=shape.leaves)))
        _copy_segments(connection, source, target, segment_shapes, {"shape_id": (shape.id, copied)}, cut)
    if cut is not None:
        remove_from(connection, target, cut)


def _copy_segments(  # noqa: PLR0917 -- the parts of one statement
    connection: Connection,
    source: int,
    target: int,
    table: Any,
    replaced: dict[str, tuple[int, int]],
    cut: int | None,
) -> None:
    """Copy the rows of *table* that begin before *cut*: each of *replaced* is a column's old and new value."""
    conditions = [table.c.run_id == source, *(table.c[name] == pair[0] for name, pair in replaced.items())]
    if cut is not None:
        conditions.append(table.c.first < cut)
    changed = {"run_id": target} | {name: pair[1] for name, pair in replaced.items()}
    columns = [literal(changed[column.name]) if column.name in changed else column for column in table.c]
    connection.execute(insert(table).from_select(list(table.c.keys()), select(*columns).where(*conditions)))
