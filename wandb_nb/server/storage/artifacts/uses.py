"""Which run used which version."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from wandb_nb.server.storage.artifacts.version_store import is_committed, select_artifacts
from wandb_nb.server.storage.tables import artifact_uses, artifacts

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MAX_USED_AS = 1024


def add_use(connection: Connection, run_id: int, artifact_id: int, used_as: str | None) -> None:
    """Store that a run uses a version."""
    condition = (artifact_uses.c.run_id == run_id, artifact_uses.c.artifact_id == artifact_id)
    if connection.execute(select(artifact_uses).where(*condition)).first() is None:
        values = {"used_as": used_as and used_as[:_MAX_USED_AS], "created": time.time()}
        connection.execute(insert(artifact_uses).values(run_id=run_id, artifact_id=artifact_id, **values))


def list_input(connection: Connection, run_id: int, first: int, limit: int) -> list[Any]:
    """Return the rows of the versions that a run used, oldest use first: *limit* from number *first* on."""
    query = select_artifacts().join(artifact_uses, artifact_uses.c.artifact_id == artifacts.c.id)
    query = query.where(artifact_uses.c.run_id == run_id, is_committed())
    query = query.order_by(artifact_uses.c.created, artifacts.c.id)
    return list(connection.execute(query.offset(first).limit(limit)))


def count_input(connection: Connection, run_id: int) -> int:
    """Return how many versions a run used."""
    joined = artifact_uses.join(artifacts, artifact_uses.c.artifact_id == artifacts.c.id)
    query = select(func.count()).select_from(joined).where(artifact_uses.c.run_id == run_id, is_committed())
    return connection.execute(query).scalar() or 0


def list_using_runs(connection: Connection, artifact_id: int, limit: int) -> list[int]:
    """Return the ids of at most *limit* runs that used the version, in the order of their first use."""
    query = select(artifact_uses.c.run_id).where(artifact_uses.c.artifact_id == artifact_id)
    return list(connection.execute(query.order_by(artifact_uses.c.created).limit(limit)).scalars())
