"""Projects and runs: found, made, changed, listed."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, case, delete, func, insert, literal, select, update

from wandb_nb import run_names
from wandb_nb.errors import UsageError
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.server.storage import server_ids
from wandb_nb.server.storage.branches import inherit
from wandb_nb.server.storage.tables import deleted, files, projects, runs
from wandb_nb.server.storage.untrusted_json import parse_object
from wandb_nb.server.storage.users import PermissionDeniedError, Right, made_id, may_create, membership

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from wandb_nb.server.storage.users import User

SILENT_AFTER_S = 300.0  # clients send a heartbeat every 30 s
STREAMS = ("history", "events", "output")

_TEXTS = {
    "description": "description",
    "notes": "notes",
    "displayName": "display_name",
    "groupName": "group_name",
    "jobType": "job_type",
    "commit": "commit",
    "host": "host",
    "jobProgram": "program",
    "jobRepo": "repo",
    "sweep": "sweep",
    "state": "state",
}
_LONGEST_TEXT = 100_000
_OBJECTS = {"config": "config", "summaryMetrics": "summary"}
_ONLY_FOR_MEMBERS = ("commit", "host", "program", "repo")
_FOR_EVERYBODY = ("m", "t")  # of W&B's own part of a config: the metrics' definitions and the telemetry


class Project(NamedTuple):
    """A project as one user sees it: *right* is what the user may do.

    Who is no *member* reads it only because it is open, and is shown neither git commit nor command.
    """

    id: int
    entity: str
    name: str
    open: bool
    created: float
    right: Right
    member: bool


def _seen(connection: Connection, user: User, row: Any) -> Project:
    level = membership(connection, user, row)
    right = max(level, Right.READ if row.open else Right.NONE)
    return Project(row.id, row.entity, row.name, row.open, row.created, right, level >= Right.READ)


def find_project(connection: Connection, user: User, entity: str | None, name: str | None) -> Project | None:
    """Return the project, or None where there is none that *user* may read."""
    which = and_(projects.c.entity == (entity or user.name), projects.c.name == (name or DEFAULT_PROJECT))
    row = connection.execute(select(projects).where(which)).first()
    found = _seen(connection, user, row) if row is not None else None
    return found if found is not None and found.right >= Right.READ else None


def project_by_number(connection: Connection, user: User, number: int) -> Project:
    """Return the project, whether *user* may read it or not."""
    return _seen(connection, user, connection.execute(select(projects).where(projects.c.id == number)).one())


def list_projects(connection: Connection, user: User, entity: str | None = None) -> list[Project]:
    """Return the projects that *user* may read, of *entity* or of all, newest first."""
    query = select(projects).order_by(projects.c.created.desc(), projects.c.id.desc())
    if entity is not None:
        query = query.where(projects.c.entity == entity)
    found = [_seen(connection, user, row) for row in connection.execute(query).all()]
    return [project for project in found if project.right >= Right.READ]


def project_for_writing(connection: Connection, user: User, entity: str | None, name: str | None) -> Project:
    """Return the project's row, made where there is none. PermissionDeniedError where *user* may not write."""
    entity, name = entity or user.name, name or DEFAULT_PROJECT
    which = and_(projects.c.entity == entity, projects.c.name == name)
    found = connection.execute(select(projects).where(which)).first()
    if found is None and may_create(user, entity):
        facts = {"entity": server_ids.checked(entity, "entity"), "name": server_ids.checked(name, "project")}
        connection.execute(insert(projects).values(**facts, created=time.time()))
        found = connection.execute(select(projects).where(which)).first()
    project = _seen(connection, user, found) if found is not None else None
    if project is None or project.right < Right.WRITE:
        raise PermissionDeniedError(f"permission denied: {user.name} may not write to {entity}/{name}")
    return project


def _selected() -> Any:
    """Select runs with their project, their user's place, and the state that holds now."""
    silent = and_(runs.c.state == "running", runs.c.heartbeat < time.time() - SILENT_AFTER_S)
    state = case((silent, "crashed"), else_=runs.c.state).label("state")
    others = [column for column in runs.c if column.name != "state"]
    joined = runs.join(projects, runs.c.project_id == projects.c.id)
    told = (state, projects.c.entity, projects.c.name.label("project"), literal(True).label("member"))
    return select(*others, *told).select_from(joined)


def _veiled(row: Any) -> Any:
    """Return *row* as those see it who are no members: without git commit and command, wherever they stand in it."""
    config = json.loads(row.config)
    own = config.get("_wandb")
    if isinstance(own, dict) and isinstance(own.get("value"), dict):
        config["_wandb"] = {"value": {key: own["value"][key] for key in _FOR_EVERYBODY if key in own["value"]}}
    hidden = dict.fromkeys(_ONLY_FOR_MEMBERS)
    return SimpleNamespace(**{**row._mapping, **hidden, "config": json.dumps(config), "member": False})  # noqa: SLF001 - SQLAlchemy's public name


def is_private_file(name: str) -> bool:
    """Whether the file *name* of a run tells git commit or command, and so is for members only."""
    return name in {"wandb-metadata.json", "config.yaml"} or name.endswith(".patch")


def find_run(connection: Connection, project: Project, name: str) -> Any:
    """Return the run's row or None."""
    which = and_(runs.c.project_id == project.id, runs.c.name == name)
    row = connection.execute(_selected().where(which)).first()
    return row if row is None or project.member else _veiled(row)


def activity(connection: Connection, project: Project) -> tuple[int, float | None]:
    """Return how many runs of *project* are running, and when any of its runs was last heard of."""
    live = and_(runs.c.state == "running", runs.c.heartbeat >= time.time() - SILENT_AFTER_S)
    query = select(func.count(case((live, 1))), func.max(runs.c.heartbeat)).where(runs.c.project_id == project.id)
    running, newest = connection.execute(query).one()
    return running, newest


def list_files(connection: Connection, run: Any) -> list[Any]:
    """Return the rows of the files of *run* that its reader may see, by name."""
    found = connection.execute(select(files).where(files.c.run_id == run.id).order_by(files.c.name))
    return [file for file in found if run.member or not is_private_file(file.name)]


def run_by_number(connection: Connection, number: int) -> Any:
    """Return the run's row, all of it, or None."""
    return connection.execute(_selected().where(runs.c.id == number)).first()


def list_runs(connection: Connection, project: Project) -> list[Any]:
    """Return the rows of all runs of *project*."""
    found = connection.execute(_selected().where(runs.c.project_id == project.id)).all()
    return list(found) if project.member else [_veiled(row) for row in found]


def count_runs(connection: Connection, project: Project) -> int:
    """Return how many runs *project* has."""
    return connection.execute(select(func.count()).where(runs.c.project_id == project.id)).scalar() or 0


def run_for_writing(connection: Connection, user: User, number: int | None, needed: Right = Right.WRITE) -> Any:
    """Return the run's row. UsageError where it does not exist, PermissionDeniedError where *user* may not."""
    run = run_by_number(connection, number) if number is not None else None
    if run is None:
        raise UsageError("No run has that id on this server.")
    if project_by_number(connection, user, run.project_id).right < needed:
        raise PermissionDeniedError(f"permission denied: {user.name} may not change {run.entity}/{run.project}")
    return run


def overtaken(run: Any, order: int | None) -> bool:
    """Whether a request with the number *order* was under way so long that later ones of *run* were taken before."""
    return order is not None and order < run.posted


def upsert(connection: Connection, user: User, given: Mapping[str, Any], order: int | None = None) -> tuple[Any, bool]:
    """Make or change the run that *given* names; what is None there stays. Return its row and whether it is new.

    A client that starts a run under the id of an old one without resuming it gives no storage id, and counts lines
    from 0 again: each stream is then emptied when its first lines come.  A request that was overtaken, or that comes
    again, changes nothing.
    """
    number = server_ids.local_id("Run", given.get("id") or "")
    if number is not None:
        run = run_for_writing(connection, user, number)
    else:
        project = project_for_writing(connection, user, given.get("entityName"), given.get("modelName"))
        run = find_run(connection, project, given.get("name") or "")
        if run is None:
            return _make(connection, user, project, given, order or 0), True
    if overtaken(run, order) or (order is not None and order == run.posted):
        return run, False
    changes = _changes(given) | ({} if order is None else {"posted": order})
    if number is None and given.get("jobProgram"):
        changes |= {"fresh": ",".join(STREAMS)}
    if given.get("jobProgram"):
        changes |= {"state": "running", "exit_code": None, "stop": False, "heartbeat": time.time()}
    if changes:
        connection.execute(update(runs).where(runs.c.id == run.id).values(**changes))
    return run_by_number(connection, run.id), False


def announce(connection: Connection, number: int) -> Any:
    """Count an announcement of files, so that a file which comes late does not replace a newer one; return the row."""
    count = update(runs).where(runs.c.id == number).values(announced=runs.c.announced + 1)
    connection.execute(count)
    return run_by_number(connection, number)


def _make(connection: Connection, user: User, project: Project, given: Mapping[str, Any], order: int) -> Any:
    facts = {"display_name": run_names.new_name(count_runs(connection, project) + 1), **_changes(given)}
    now = time.time()
    facts |= {"name": server_ids.checked(given.get("name") or run_names.new_id(), "run id"), "posted": order}
    facts |= {"created": now, "heartbeat": now}
    gone = (deleted.c.project_id == project.id, deleted.c.name == facts["name"])
    if connection.execute(select(deleted).where(*gone)).first() is not None:
        raise UsageError(f"The run {facts['name']} of this project was deleted, and its id cannot be used again.")
    added = connection.execute(insert(runs).values(project_id=project.id, user_id=user.id, **facts))
    inherit(connection, run_by_number(connection, made_id(added)))
    return run_by_number(connection, made_id(added))


def _changes(given: Mapping[str, Any]) -> dict[str, Any]:
    changes = {column: given[name][:_LONGEST_TEXT] for name, column in _TEXTS.items() if given.get(name) is not None}
    for name, column in _OBJECTS.items():
        if given.get(name) is not None:
            changes[column] = object_text(given[name], name)
    if given.get("tags") is not None:
        changes["tags"] = json.dumps(given["tags"])
    return changes


def starts_anew(run: Any, stream: str) -> bool:
    """Whether the lines of *stream* are those of an earlier start, to be emptied when the first ones of this come."""
    return stream in run.fresh.split(",")


def object_text(text: str, what: str) -> str:
    """Return *text*, which must hold a JSON object. UsageError else."""
    try:
        parse_object(text)
    except ValueError as error:
        raise UsageError(f"The {what} is {error}") from error
    return text


def delete_run(connection: Connection, run: int) -> list[str]:
    """Delete the run, its id for good; return the blobs of its files, to be deleted once this is committed."""
    blobs = list(connection.execute(select(files.c.blob).where(files.c.run_id == run)).scalars())
    row = run_by_number(connection, run)
    connection.execute(delete(runs).where(runs.c.id == run))
    connection.execute(insert(deleted).values(project_id=row.project_id, name=row.name))
    return blobs


def ask_stop(connection: Connection, run: int) -> None:
    """Have the run's process told to stop at its next post."""
    connection.execute(update(runs).where(runs.c.id == run).values(stop=True))
