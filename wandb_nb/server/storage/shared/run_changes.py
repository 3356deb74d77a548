"""Changed runs, announced when a transaction commits: on PostgreSQL to all servers on the database, by NOTIFY.

SQLite has one server process, which hears of its own changes from `Database`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from wandb_nb.server.storage.engine.sql_engine import POSTGRESQL

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHANNEL = "wandb_nb_runs"
_KEY = "run_changes"


class RunChange(NamedTuple):
    """A run that has changed: the id of its project, and its own id in it."""

    project_id: int
    run: str


def announce_change(connection: Connection, run: Any) -> None:
    """Announce that *run*, a row of the table of runs, has changed, if the transaction of *connection* commits."""
    change = RunChange(run.project_id, run.name)
    if connection.dialect.name == POSTGRESQL:
        payload = {"channel": CHANNEL, "payload": json.dumps(change)}
        connection.execute(text("SELECT pg_notify(:channel, :payload)"), payload)
    else:
        connection.info.setdefault(_KEY, []).append(change)


def collect_changes(connection: Connection, changes: list[RunChange]) -> None:
    """Let *changes* collect what this process alone hears of the transaction of *connection*."""
    connection.info[_KEY] = changes


def parse_change(payload: str) -> RunChange | None:
    """Return the change that *payload* announces; None for that of another program on the channel."""
    try:
        project_id, run = json.loads(payload)
    except (ValueError, TypeError):
        return None
    return RunChange(project_id, run) if isinstance(project_id, int) and isinstance(run, str) else None
