"""Alerts of runs. A title that repeats within its wait time is stored, and sent, once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from wandb_nb.server.storage.alerts.alert_queue import enqueue
from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.tables import alerts

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SEVERITIES = frozenset(("INFO", "WARN", "ERROR"))


def add_alert(connection: Connection, run: int, values: dict[str, Any]) -> None:
    """Store an alert of *run*, unless one with its title is younger than `waitDuration` milliseconds."""
    title = values["title"]
    newest = select(func.max(alerts.c.created)).where(alerts.c.run_id == run, alerts.c.title == title)
    last, now = connection.execute(newest).scalar(), time.time()
    wait = values.get("waitDuration")
    if last is not None and isinstance(wait, (int, float)) and now - last < wait / 1000:
        return
    severity = values.get("severity")
    columns = {"text": values.get("text") or "", "severity": severity if severity in _SEVERITIES else "INFO"}
    inserted = connection.execute(insert(alerts).values(run_id=run, created=now, title=title, **columns))
    enqueue(connection, run, inserted_id(inserted))


def list_alerts(connection: Connection, run: int, limit: int = 1000) -> list[Any]:
    """Return the newest *limit* alerts of *run*, oldest first."""
    newest = select(alerts).where(alerts.c.run_id == run).order_by(alerts.c.id.desc()).limit(limit)
    return list(connection.execute(newest))[::-1]
