"""Alerts of runs: one of each title in the time that its run asks for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from wandb_nb.server.storage.tables import alerts

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SEVERITIES = frozenset(("INFO", "WARN", "ERROR"))


def raise_alert(connection: Connection, run: int, given: dict[str, Any]) -> None:
    """Keep an alert of *run*, unless one of its title came within its `waitDuration`, in milliseconds."""
    title = given["title"]
    newest = select(func.max(alerts.c.created)).where(alerts.c.run_id == run, alerts.c.title == title)
    last, now = connection.execute(newest).scalar(), time.time()
    wait = given.get("waitDuration")
    if last is not None and isinstance(wait, (int, float)) and now - last < wait / 1000:
        return
    severity = given.get("severity")
    facts = {"text": given.get("text") or "", "severity": severity if severity in _SEVERITIES else "INFO"}
    connection.execute(insert(alerts).values(run_id=run, created=now, title=title, **facts))


def listed(connection: Connection, run: int, most: int = 1000) -> list[Any]:
    """Return the newest *most* alerts of *run*, oldest first."""
    newest = select(alerts).where(alerts.c.run_id == run).order_by(alerts.c.id.desc()).limit(most)
    return list(connection.execute(newest))[::-1]
