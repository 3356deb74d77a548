"""What projects keep: each may limit the age, the number and the size of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from wandb_nb.errors import UsageError
from wandb_nb.formatting import count_of
from wandb_nb.server.storage.run_store import SILENT_SECONDS, delete_run, run_by_id
from wandb_nb.server.storage.tables import files, projects, retention, runs, segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

_DAY_SECONDS = 86_400.0


class Limits(NamedTuple):
    """The limits of a project's runs: their age in days, their number, the bytes of their files and rows."""

    max_days: float | None = None
    max_runs: int | None = None
    max_bytes: int | None = None


class ExpiredRun(NamedTuple):
    """A run that exceeds a limit: its id and name, its size in bytes, and the limit as text."""

    id: int
    name: str
    size: int
    reason: str


def expired_runs(connection: Connection, project_id: int, limits: Limits, now: float) -> list[ExpiredRun]:
    """Return the runs of the project that exceed *limits* at the Unix time *now*, newest first.

    A run that may still be running counts, but is never one of them.
    """
    sizes = _sizes(connection, project_id)
    query = select(runs).where(runs.c.project_id == project_id).order_by(runs.c.heartbeat.desc(), runs.c.id.desc())
    expired: list[ExpiredRun] = []
    total = 0
    for number, run in enumerate(connection.execute(query).all(), 1):
        total += (size := sizes.get(run.id, 0))
        has_ended = run.state != "running" or run.heartbeat < now - SILENT_SECONDS
        reason = _exceeded(limits, (now - run.heartbeat) / _DAY_SECONDS, number - len(expired), total)
        if reason and has_ended:
            expired.append(ExpiredRun(run.id, run.name, size, reason))
            total -= size
    return expired


def _exceeded(limits: Limits, days: float, number: int, size: int) -> str | None:
    if limits.max_days is not None and days > limits.max_days:
        return f"older than {count_of(limits.max_days, 'day')}"
    if limits.max_runs is not None and number > limits.max_runs:
        return f"more than {count_of(limits.max_runs, 'run')}"
    if limits.max_bytes is not None and size > limits.max_bytes:
        return f"more than {count_of(limits.max_bytes, 'byte')}"
    return None


def _sizes(connection: Connection, project_id: int) -> dict[int, int]:
    """Return the bytes of the files and rows of each run."""
    sizes: dict[int, int] = {}
    for table, size in ((files, files.c.size), (segments, func.length(segments.c.data))):
        query = select(table.c.run_id, func.sum(size)).join(runs).where(runs.c.project_id == project_id)
        for run_id, total in connection.execute(query.group_by(table.c.run_id)):
            sizes[run_id] = sizes.get(run_id, 0) + int(total)
    return sizes


def delete_expired_runs(connection: Connection, expired: Sequence[ExpiredRun]) -> tuple[list[Any], list[str]]:
    """Delete runs; return their rows, and the blobs of their files, which the caller deletes after the commit."""
    rows, blobs = [], []
    for one in expired:
        row = run_by_id(connection, one.id)
        if row is not None:
            rows.append(row)
            blobs += delete_run(connection, one.id)
    return rows, blobs


def set_limits(connection: Connection, project_id: int, limits: Limits) -> None:
    """Store the limits of the project; without any, its runs stay."""
    connection.execute(delete(retention).where(retention.c.project_id == project_id))
    if any(limit is not None for limit in limits):
        connection.execute(insert(retention).values(project_id=project_id, **limits._asdict()))


def list_limits(connection: Connection) -> Iterator[tuple[int, str, Limits]]:
    """Yield id and name of each project with limits, and these."""
    name = projects.c.entity + "/" + projects.c.name
    columns = (projects.c.id, name, retention.c.max_days, retention.c.max_runs, retention.c.max_bytes)
    for project_id, path, *limits in connection.execute(select(*columns).join_from(retention, projects)).all():
        yield project_id, path, Limits(*limits)


def project_named(connection: Connection, path: str) -> int:
    """Return the id of the project at *path*, which is ENTITY/PROJECT.

    Raises:
        UsageError: There is none.

    """
    name = projects.c.entity + "/" + projects.c.name
    project_id = connection.execute(select(projects.c.id).where(name == path)).scalar()
    if project_id is None:
        raise UsageError(f"there is no project {path!r} on this server; `wandb-nb server projects` lists them")
    return int(project_id)
