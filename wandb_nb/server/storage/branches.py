"""Runs that branch off another one: its rows up to the step of the branch are theirs as well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal, select, update

from wandb_nb.server.storage.history_summary import history_summary
from wandb_nb.server.storage.tables import history, runs, shapes
from wandb_nb.server.storage.users import made_id

if TYPE_CHECKING:
    from sqlalchemy import Connection


def inherit(connection: Connection, run: Any) -> None:
    """Give *run*, which is new, the rows before its branch point, where its config names one in the same project."""
    point = _branch_point(run.config)
    if point is None:
        return
    same = (runs.c.project_id == run.project_id, runs.c.name == point[0], runs.c.id != run.id)
    source = connection.execute(select(runs.c.id).where(*same)).scalar()
    if source is None:
        return
    _copy(connection, source, run.id, point[1])
    summary = json.dumps(history_summary(connection, run))
    connection.execute(update(runs).where(runs.c.id == run.id).values(summary=summary))


def _branch_point(config: str) -> tuple[str, int] | None:
    own = json.loads(config).get("_wandb")
    own = own.get("value") if isinstance(own, dict) else None
    point = own.get("branch_point") if isinstance(own, dict) else None
    name, step = (point.get("run_id"), point.get("step")) if isinstance(point, dict) else (None, None)
    return (name, int(step)) if isinstance(name, str) and isinstance(step, (int, float)) else None


def _copy(connection: Connection, source: int, target: int, step: int) -> None:
    theirs = history.c.run_id == source
    first_above = connection.execute(select(func.min(history.c.number)).where(theirs, history.c.step > step)).scalar()
    counts = [theirs] if first_above is None else [theirs, history.c.number < first_above]
    for shape in connection.execute(select(shapes).where(shapes.c.run_id == source)).all():
        copied = made_id(connection.execute(insert(shapes).values(run_id=target, leaves=shape.leaves)))
        rows = select(literal(target), history.c.number, history.c.step, literal(copied), history.c.text)
        rows = rows.where(*counts, history.c.shape_id == shape.id)
        connection.execute(insert(history).from_select(["run_id", "number", "step", "shape_id", "text"], rows))
