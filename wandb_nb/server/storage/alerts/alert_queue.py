"""Alerts that wait to be sent: rows of the database, so that neither a restart nor another process loses one.

Whoever claims a delivery has `LEASE_SECONDS` for it; after that, another process may send it again. Receivers can tell
by its number.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from wandb_nb.server.storage.shared.attempts import add_attempt, wait_seconds
from wandb_nb.server.storage.tables import alert_deliveries, alert_targets, alerts, projects, runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

BACKOFF_SECONDS = (10.0, 60.0, 300.0, 1_800.0, 7_200.0)
LEASE_SECONDS = 120.0
MAX_WAITING = 100  # deliveries of one target; further alerts are not sent
MAX_PER_HOUR = 60  # deliveries of all projects of one entity
_HOUR_SECONDS = 3_600.0
_MAX_ERROR = 200


def enqueue(connection: Connection, run_id: int, alert_id: int) -> None:
    """Let an alert of the run be sent to each target of its project."""
    of_project = select(runs.c.project_id).where(runs.c.id == run_id).scalar_subquery()
    targets = select(alert_targets.c.id).where(alert_targets.c.project_id == of_project)
    for target_id in connection.execute(targets).scalars().all():
        waiting = select(func.count()).where(alert_deliveries.c.target_id == target_id)
        if (connection.execute(waiting).scalar() or 0) >= MAX_WAITING:
            _set_error(connection, target_id, f"{MAX_WAITING} alerts wait; further ones were not sent")
            continue
        values = {"target_id": target_id, "alert_id": alert_id, "attempts": 0, "due": time.time()}
        connection.execute(insert(alert_deliveries).values(**values))


def has_due(connection: Connection) -> bool:
    """Whether a delivery can be sent now."""
    return connection.execute(select(alert_deliveries.c.id).where(_is_due()).limit(1)).first() is not None


def claim(connection: Connection, limit: int) -> list[Any]:
    """Return at most *limit* deliveries for this process to send now: their rows, with alert, run and target.

    Those of an entity that has sent too many wait.
    """
    claimed = []
    for row in connection.execute(_with_alerts().where(_is_due()).order_by(alert_deliveries.c.due).limit(limit)).all():
        source = f"alerts of {row.entity}"
        wait = wait_seconds(connection, source, MAX_PER_HOUR)
        if not wait:
            add_attempt(connection, source, _HOUR_SECONDS)
            claimed.append(row)
        due = time.time() + (wait or LEASE_SECONDS)
        changed = update(alert_deliveries).where(alert_deliveries.c.id == row.id)
        connection.execute(changed.values(due=due, attempts=row.attempts + (not wait)))
    return claimed


def finish(connection: Connection, delivery: Any, error: str | None) -> None:
    """Remove a claimed *delivery* that was sent; after an *error* let it wait for the next attempt, if there is one."""
    mine = alert_deliveries.c.id == delivery.id
    is_last = delivery.attempts >= len(BACKOFF_SECONDS)
    if error is None or is_last:
        connection.execute(delete(alert_deliveries).where(mine))
    else:
        due = time.time() + BACKOFF_SECONDS[delivery.attempts]
        connection.execute(update(alert_deliveries).where(mine).values(due=due))
    _set_error(connection, delivery.target_id, error and error[:_MAX_ERROR] + ("; given up" if is_last else ""))


def _set_error(connection: Connection, target_id: int, error: str | None) -> None:
    connection.execute(update(alert_targets).where(alert_targets.c.id == target_id).values(error=error))


def _is_due() -> Any:
    return alert_deliveries.c.due <= time.time()


def _with_alerts() -> Any:
    """Select deliveries; *attempts* are those before this one."""
    joined = alert_deliveries.join(alert_targets).join(alerts, alerts.c.id == alert_deliveries.c.alert_id)
    joined = joined.join(runs, runs.c.id == alerts.c.run_id).join(projects, projects.c.id == runs.c.project_id)
    of_alert = (alerts.c.title, alerts.c.text, alerts.c.severity, alerts.c.created)
    of_target = (alert_targets.c.kind, alert_targets.c.address, alert_targets.c.secret)
    of_run = (projects.c.entity, projects.c.name.label("project"), runs.c.name.label("run"), runs.c.display_name)
    return select(*alert_deliveries.c, *of_target, *of_alert, *of_run).select_from(joined)
