"""Projects: finding, listing and creating them, and what a user may do with each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, func, insert, or_, select

from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.server.storage import server_ids
from wandb_nb.server.storage.accounts.former_names import current_name
from wandb_nb.server.storage.storage_errors import PermissionDeniedError
from wandb_nb.server.storage.tables import members, projects, team_members, teams
from wandb_nb.server.storage.users import Right, entity_right, membership

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.storage.users import User


_BY_NAME = select(projects).where(
    projects.c.entity == bindparam("of_entity"), projects.c.name == bindparam("of_name")
)  # once: building it takes longer than executing it


class Project(NamedTuple):
    """A project as one user sees it: *right* is what the user may do.

    A user who is not a *member* can read it only because it is open, and sees neither git commits nor commands.
    """

    id: int
    entity: str
    name: str
    open: bool
    created: float
    right: Right
    member: bool


def find_project(connection: Connection, user: User, entity: str | None, name: str | None) -> Project | None:
    """Return the project, or None if it does not exist or *user* may not read it."""
    row = _named_row(connection, entity or user.entity, name or DEFAULT_PROJECT)
    project = _as_seen_by(connection, user, row) if row is not None else None
    return project if project is not None and project.right >= Right.READ else None


def project_by_id(connection: Connection, user: User, project_id: int) -> Project:
    """Return the project, whether or not *user* may read it."""
    row = connection.execute(select(projects).where(projects.c.id == project_id)).one()
    return _as_seen_by(connection, user, row)


def list_projects(
    connection: Connection, user: User, entity: str | None = None, first: int = 0, limit: int | None = None
) -> list[Project]:
    """Return the projects that *user* may read, of *entity* or of all, newest first: *limit* from number *first* on."""
    entity = current_name(connection, entity) if entity is not None else None
    query = select(projects).where(*_readable(user, entity)).order_by(projects.c.created.desc(), projects.c.id.desc())
    rows = connection.execute(query.offset(first).limit(limit)).all()
    return [_as_seen_by(connection, user, row) for row in rows]


def count_projects(connection: Connection, user: User, entity: str | None = None) -> int:
    """Return how many projects *user* may read, of *entity* or of all."""
    entity = current_name(connection, entity) if entity is not None else None
    query = select(func.count()).select_from(projects).where(*_readable(user, entity))
    return connection.execute(query).scalar() or 0


def _readable(user: User, entity: str | None) -> list[Any]:
    """Return the conditions that select the projects which *user* may read."""
    conditions = [] if entity is None else [projects.c.entity == entity]
    if user.admin:
        return conditions
    own = projects.c.entity == user.name
    if user.is_anonymous:
        return [*conditions, own]
    of_member = select(members.c.project_id).where(members.c.user_id == user.id, members.c.level >= Right.READ)
    team_names = select(teams.c.name).join(team_members, team_members.c.team_id == teams.c.id)
    of_team = projects.c.entity.in_(team_names.where(team_members.c.user_id == user.id))
    return [*conditions, or_(projects.c.open, own, projects.c.id.in_(of_member), of_team)]


def project_for_writing(connection: Connection, user: User, entity: str | None, name: str | None) -> Project:
    """Return the project, creating it if it does not exist.

    Raises:
        PermissionDeniedError: *user* may not write there.

    """
    entity, name = entity or user.entity, name or DEFAULT_PROJECT
    row = _named_row(connection, entity, name)
    if row is None and entity_right(connection, user, entity) >= Right.WRITE:
        values = {
            "entity": server_ids.check_name(current_name(connection, entity), "entity"),
            "name": server_ids.check_name(name, "project"),
            "created": time.time(),
        }
        connection.execute(insert(projects).values(**values))
        row = _named_row(connection, entity, name)
    project = _as_seen_by(connection, user, row) if row is not None else None
    if project is None or project.right < Right.WRITE:
        raise PermissionDeniedError(f"permission denied: {user.name} may not write to {entity}/{name}")
    return project


def _named_row(connection: Connection, entity: str, name: str) -> Any:
    """Return the row of the project; *entity* may be a former name."""
    row = _project_row(connection, entity, name)
    return row if row is not None else _project_row(connection, current_name(connection, entity), name)


def _project_row(connection: Connection, entity: str, name: str) -> Any:
    return connection.execute(_BY_NAME, {"of_entity": entity, "of_name": name}).first()


def _as_seen_by(connection: Connection, user: User, row: Any) -> Project:
    level = membership(connection, user, row)
    right = max(level, Right.READ if row.open and not user.is_anonymous else Right.NONE)
    member = level >= Right.READ and not user.visitor
    return Project(row.id, row.entity, row.name, row.open, row.created, right, member)
