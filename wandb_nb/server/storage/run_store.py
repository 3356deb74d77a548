"""Runs: finding, listing, counting and deleting them. `run_updates` creates and changes them."""

from __future__ import annotations

import json
import time
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, and_, bindparam, case, delete, func, insert, literal, select, update

from wandb_nb.exit_codes import INTERRUPTED, KILLED, state_of
from wandb_nb.server.storage.project_store import project_by_id
from wandb_nb.server.storage.shared.run_changes import announce_change
from wandb_nb.server.storage.storage_errors import PermissionDeniedError
from wandb_nb.server.storage.tables import deleted, files, projects, runs
from wandb_nb.server.storage.users import Right
from wandb_nb.untrusted_json import load_object, wandb_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User

SILENT_SECONDS = 300.0  # clients send a heartbeat every 30 s

STOPPED = "stopped"
"""The state of a run that ended after somebody pressed Stop on its page."""

_OFFICIAL_INTERRUPTED = 255  # the exit code that the official client sends after KeyboardInterrupt
_PRIVATE_FILES = ("wandb-metadata.json", "config.yaml")
_JSON_COLUMNS = ("config", "summary")
_MEMBERS_ONLY_COLUMNS = ("commit", "host", "program", "repo")
_VERSIONS_AT_A_TIME = 500

RunVersion = tuple[int, int, str]
"""The id of a run, a number that grows with each change of its row, and its present state, which time changes, too."""

_PUBLIC_WANDB_KEYS = (
    "m",
    "pinned_keys",
    "t",
    "visualize",
    "viz",
)  # of the config's `_wandb`: metrics, keys shown first, telemetry, charts


def find_run(connection: Connection, project: Project, name: str, *, outcomes: bool = False) -> Any:
    """Return the run's row as readers of *project* may see it, or None; *outcomes* as for `list_runs`."""
    row = connection.execute(_select_by_name(outcomes), {"of_project": project.id, "of_name": name}).first()
    return row if row is None or project.member else _without_private_values(row)


def run_by_id(connection: Connection, run_id: int) -> Any:
    """Return the run's complete row, or None."""
    return connection.execute(_select_by("id"), {"of_value": run_id}).first()


def run_by_uid(connection: Connection, uid: str) -> Any:
    """Return the complete row of the run with this random value, or None."""
    return connection.execute(_select_by("uid"), {"of_value": uid}).first()


def list_runs(
    connection: Connection,
    project: Project,
    max_length: int | None = None,
    *,
    outcomes: bool = False,
    ids: Sequence[int] | None = None,
) -> list[Any]:
    """Return the rows of all runs of *project*, or of those with these *ids*, as its readers may see them.

    A config or summary of more than *max_length* characters is empty, which is not JSON. With *outcomes*, a run that
    was ended from outside is "stopped", "interrupted" or "killed"; W&B's clients know all of these as "failed".
    """
    query = _select_runs(max_length, outcomes=outcomes).where(runs.c.project_id == project.id)
    rows = connection.execute(query if ids is None else query.where(runs.c.id.in_(ids))).all()
    return list(rows) if project.member else [_without_private_values(row) for row in rows]


def list_versions(connection: Connection, project: Project) -> list[RunVersion]:
    """Return the versions of all runs of *project*, in the order in which they came.

    That takes an eighth of the time of `list_runs`.
    """
    query = select(runs.c.id, runs.c.version, _state(outcomes=True)).where(runs.c.project_id == project.id)
    parts = connection.execute(query).partitions(_VERSIONS_AT_A_TIME)  # so that few rows are in memory together
    return sorted((run, version, state) for part in parts for run, version, state in part)


def count_runs(connection: Connection, project: Project) -> int:
    """Return how many runs *project* has."""
    return connection.execute(select(func.count()).where(runs.c.project_id == project.id)).scalar() or 0


def projects_activity(connection: Connection, projects: Sequence[Project]) -> dict[int, tuple[int, int, float]]:
    """Return by the id of a project how many runs it has, how many of them run, and the last heartbeat of any.

    Projects without runs are left out.
    """
    live = and_(runs.c.state == "running", runs.c.heartbeat >= time.time() - SILENT_SECONDS)
    query = select(runs.c.project_id, func.count(), func.count(case((live, 1))), func.max(runs.c.heartbeat))
    query = query.where(runs.c.project_id.in_([project.id for project in projects])).group_by(runs.c.project_id)
    return {project: (count, running, newest) for project, count, running, newest in connection.execute(query)}


def run_for_writing(connection: Connection, user: User, run_id: int | None, right: Right = Right.WRITE) -> Any:
    """Return the run's row.

    Raises:
        PermissionDeniedError: There is no such run, or *user* does not have *right* on its project.

    """
    run = run_by_id(connection, run_id) if run_id is not None else None
    granted = project_by_id(connection, user, run.project_id).right if run is not None else Right.NONE
    if run is None or granted < Right.READ:  # whether a run exists is for the readers of its project
        raise PermissionDeniedError("permission denied: no run has this id on this server, or you may not read it")
    check_right(user, run, granted, right)
    return run


def check_right(user: User, run: Any, granted: Right, right: Right = Right.WRITE) -> None:
    """Check that *user*, who has the right *granted* on the project of *run*, has *right*.

    Raises:
        PermissionDeniedError: It is less.

    """
    if granted < right:
        raise PermissionDeniedError(f"permission denied: {user.name} may not change {run.entity}/{run.project}")


def list_files(connection: Connection, run: Any) -> list[Any]:
    """Return the rows of the files of *run* that its reader may see, by name."""
    rows = connection.execute(select(files).where(files.c.run_id == run.id).order_by(files.c.name))
    return [file for file in rows if run.member or not is_private_file(file.name)]


def find_file(connection: Connection, run: Any, name: str) -> Any:
    """Return the row of the file of *run* with that name; None if there is none that its reader may see."""
    row = connection.execute(select(files).where(files.c.run_id == run.id, files.c.name == name)).first()
    return row if row is None or run.member or not is_private_file(row.name) else None


def is_private_file(name: str) -> bool:
    """Whether the file *name* of a run, or the file that it is a copy of, reveals git commit or command.

    Such files are for members only, in whatever folder, case or compression.
    """
    last_part = name.lower().replace("\\", "/").rpartition("/")[2].strip()
    return last_part.startswith(_PRIVATE_FILES) or ".patch" in last_part


def delete_file(connection: Connection, run_id: int, name: str) -> list[str]:
    """Delete the file of a run, if it has it; return its blob, which the caller deletes after the commit."""
    condition = (files.c.run_id == run_id, files.c.name == name)
    blobs = list(connection.execute(select(files.c.blob).where(*condition)).scalars())
    connection.execute(delete(files).where(*condition))
    return blobs


def delete_run(connection: Connection, run_id: int) -> list[str]:
    """Delete the run and retire its id.

    Returns the blobs of its files; the caller deletes them after the commit.
    """
    blobs = list(connection.execute(select(files.c.blob).where(files.c.run_id == run_id)).scalars())
    row = run_by_id(connection, run_id)
    connection.execute(delete(runs).where(runs.c.id == run_id))
    connection.execute(insert(deleted).values(project_id=row.project_id, name=row.name))
    announce_change(connection, row)
    return blobs


def request_stop(connection: Connection, run_id: int) -> None:
    """Ask the run's process to stop; the answer to its next post carries the request."""
    connection.execute(update(runs).where(runs.c.id == run_id).values(stop=True))


@cache  # building it takes longer than executing it
def _select_by(column: str) -> Any:
    return _select_runs().where(runs.c[column] == bindparam("of_value"))


@cache
def _select_by_name(outcomes: bool) -> Any:
    conditions = (runs.c.project_id == bindparam("of_project"), runs.c.name == bindparam("of_name"))
    return _select_runs(outcomes=outcomes).where(*conditions)


def _state(*, outcomes: bool) -> Any:
    """Return the present state of a run: one without heartbeats counts as crashed."""
    last_sign = bindparam(None, callable_=lambda: time.time() - SILENT_SECONDS, type_=Float)  # when it is executed
    silent = and_(runs.c.state == "running", runs.c.heartbeat < last_sign)
    return case((silent, "crashed"), *(_outcomes() if outcomes else ()), else_=runs.c.state).label("state")


def _select_runs(max_length: int | None = None, *, outcomes: bool = False) -> Any:
    """Select runs with their project and their present state."""
    stored: list[Any] = [column for column in runs.c if column.name != "state"]
    if max_length is not None:
        stored = [_up_to(column, max_length) if column.name in _JSON_COLUMNS else column for column in stored]
    added = (
        _state(outcomes=outcomes),
        projects.c.entity,
        projects.c.name.label("project"),
        literal(True).label("member"),
    )
    return select(*stored, *added).select_from(runs.join(projects, runs.c.project_id == projects.c.id))


def _outcomes() -> Iterator[tuple[Any, str]]:
    """Yield the conditions of a failed run under which something outside it was the cause, and the state then."""
    failed, code = runs.c.state == "failed", runs.c.exit_code
    yield and_(failed, runs.c.stop, code.in_((INTERRUPTED, *KILLED, _OFFICIAL_INTERRUPTED))), STOPPED
    yield and_(failed, code == INTERRUPTED), state_of(INTERRUPTED)
    yield and_(failed, code.in_(KILLED)), state_of(KILLED[0])


def _up_to(column: Any, max_length: int) -> Any:
    return case((func.length(column) > max_length, ""), else_=column).label(column.name)


def _without_private_values(row: Any) -> Any:
    """Return *row* for readers who are not members: without git commit and command, in columns and config."""
    config = load_object(row.config) or {}
    values = wandb_values(config)
    if "_wandb" in config:
        config["_wandb"] = {"value": {key: values[key] for key in _PUBLIC_WANDB_KEYS if key in values}}
    hidden = dict.fromkeys(_MEMBERS_ONLY_COLUMNS)
    return SimpleNamespace(**{**row._mapping, **hidden, "config": json.dumps(config), "member": False})  # noqa: SLF001 -- SQLAlchemy's public name
