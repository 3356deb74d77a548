"""Renaming and deleting teams. Projects belong to a name, so they are renamed, moved or deleted with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.accounts.former_names import check_unused, current_name
from wandb_nb.server.storage.accounts.teams import check_team_name, find_team
from wandb_nb.server.storage.run_store import delete_run
from wandb_nb.server.storage.tables import contents, entity_names, former_names, projects, runs, teams

if TYPE_CHECKING:
    from sqlalchemy import Connection


def rename_team(connection: Connection, name: str, new: str) -> None:
    """Rename the team *name*; its projects keep their runs, and the old name continues to mean the team.

    Raises:
        UsageError: There is no such team, or the new name cannot be used or is taken.

    """
    team_id = _team_id(connection, name)
    check_team_name(new)
    connection.execute(delete(former_names).where(former_names.c.name == new, former_names.c.team_id == team_id))
    check_unused(connection, new)
    if count_projects_of(connection, new):
        raise UsageError(f"there are projects of {new!r} already; choose another name")
    try:
        connection.execute(update(entity_names).where(entity_names.c.team_id == team_id).values(name=new))
        connection.execute(update(teams).where(teams.c.id == team_id).values(name=new))
    except IntegrityError as error:
        raise UsageError(f"there is a user or team named {new!r} already; choose another name") from error
    connection.execute(update(projects).where(projects.c.entity == name).values(entity=new))
    if name != new:
        connection.execute(insert(former_names).values(name=name, team_id=team_id))


def count_projects_of(connection: Connection, entity: str) -> int:
    """Return how many projects *entity* has."""
    return connection.execute(select(func.count()).where(projects.c.entity == entity)).scalar() or 0


def move_projects(connection: Connection, name: str, target: str) -> None:
    """Move all projects of *name* to the user or team *target*, whose rights then hold.

    Raises:
        UsageError: There is no such entity, or it has a project of the same name.

    """
    if target == name or connection.execute(select(entity_names).where(entity_names.c.name == target)).first() is None:
        raise UsageError(f"there is no other user or team {target!r} on this server; choose one for the projects")
    other = projects.alias()
    both = select(projects.c.name).join(other, and_(other.c.name == projects.c.name, other.c.entity == target))
    same = connection.execute(both.where(projects.c.entity == name).limit(1)).scalar()
    if same is not None:
        raise UsageError(f"{target} has a project {same!r} too; delete or move one of them first")
    connection.execute(update(projects).where(projects.c.entity == name).values(entity=target))


def delete_projects(connection: Connection, name: str) -> tuple[list[Any], list[str]]:
    """Delete all projects of *name* with their runs and artifacts.

    Returns the rows of the runs and the blobs of all files, which the caller deletes after the commit.
    """
    project_ids = select(projects.c.id).where(projects.c.entity == name)
    rows = list(connection.execute(select(runs).where(runs.c.project_id.in_(project_ids))).all())
    blobs = [blob for row in rows for blob in delete_run(connection, row.id)]
    blobs += connection.execute(select(contents.c.blob).where(contents.c.project_id.in_(project_ids))).scalars()
    connection.execute(delete(projects).where(projects.c.entity == name))
    return rows, blobs


def delete_team(connection: Connection, name: str) -> None:
    """Delete the team *name* with its memberships; its names are free again.

    Raises:
        UsageError: There is no such team, or it has projects.

    """
    team_id = _team_id(connection, name)
    count = count_projects_of(connection, name)
    if count:
        has = "a project" if count == 1 else f"{count} projects"
        raise UsageError(f"the team {name!r} has {has}; say whether to move them to another entity or to delete them")
    connection.execute(delete(teams).where(teams.c.id == team_id))


def _team_id(connection: Connection, name: str) -> int:
    team_id = find_team(connection, name)
    if team_id is None:
        present = current_name(connection, name)
        hint = f"it is named {present!r} now" if present != name else "`wandb-nb server teams` lists them"
        raise UsageError(f"there is no team {name!r} on this server; {hint}")
    return team_id
