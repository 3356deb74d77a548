"""Runs that branch off another run and share its rows up to the branch point."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal, select, update

from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.lines.history_summary import history_summary
from wandb_nb.server.storage.tables import history, runs, shapes
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
    of_source = history.c.run_id == source
    query = select(func.min(history.c.number)).where(of_source, history.c.step > step)
    first_above = connection.execute(query).scalar()
    conditions = [of_source] if first_above is None else [of_source, history.c.number < first_above]
    for shape in connection.execute(select(shapes).where(shapes.c.run_id == source)).all():
        copied = inserted_id(connection.execute(insert(shapes).values(run_id=target, leaves=shape.leaves)))
        rows = select(literal(target), history.c.number, history.c.step, literal(copied), history.c.text)
        rows = rows.where(*conditions, history.c.shape_id == shape.id)
        connection.execute(insert(history).from_select(["run_id", "number", "step", "shape_id", "text"], rows))
