"""Teams: entities that several users have rights in. A member's right counts in all projects of the team."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.accounts.former_names import check_unused
from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.server_ids import check_name
from wandb_nb.server.storage.tables import entity_names, team_members, teams, users
from wandb_nb.server.storage.users import ANONYMOUS_PREFIX, Right, user_by_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.storage.users import User

MAX_MEMBERS = 1_000


class Team(NamedTuple):
    """A team, and what one user may do in it."""

    id: int
    name: str
    right: Right


class TeamMember(NamedTuple):
    """A user with a right in a team."""

    id: int
    name: str
    right: Right


def add_team(connection: Connection, name: str) -> None:
    """Add a team without members.

    Raises:
        UsageError: The name cannot be used, or is that of a user or another team.

    """
    check_team_name(name)
    check_unused(connection, name)
    values = {"name": name, "created": time.time()}
    try:
        team_id = inserted_id(connection.execute(insert(teams).values(**values)))
        connection.execute(insert(entity_names).values(name=name, team_id=team_id))
    except IntegrityError as error:
        raise UsageError(f"there is a user or team named {name!r} already; choose another name") from error


def check_team_name(name: str) -> None:
    """Refuse what cannot be the name of a team.

    Raises:
        UsageError: The name has characters that addresses cannot have, or is one for anonymous accounts.

    """
    if check_name(name, "team").startswith(ANONYMOUS_PREFIX):
        raise UsageError(f"names that begin with {ANONYMOUS_PREFIX!r} are for anonymous accounts; choose another one")


def find_team(connection: Connection, name: str) -> int | None:
    """Return the id of the team with that name."""
    return connection.execute(select(teams.c.id).where(teams.c.name == name)).scalar()


def list_teams(connection: Connection) -> list[str]:
    """Return the names of all teams, in order."""
    return list(connection.execute(select(teams.c.name).order_by(teams.c.name)).scalars())


def teams_of(connection: Connection, user: User) -> list[Team]:
    """Return the teams of which *user* is a member, by name."""
    query = select(teams.c.id, teams.c.name, team_members.c.level).select_from(team_members.join(teams))
    rows = connection.execute(query.where(team_members.c.user_id == user.id).order_by(teams.c.name))
    return [Team(row.id, row.name, Right(row.level)) for row in rows if not user.visitor]


def list_team_members(connection: Connection, team: str) -> list[TeamMember]:
    """Return the members of *team*, by name."""
    members = team_members.join(users).join(teams, teams.c.id == team_members.c.team_id)
    query = select(users.c.id, users.c.name, team_members.c.level).select_from(members).where(teams.c.name == team)
    return [TeamMember(row.id, row.name, Right(row.level)) for row in connection.execute(query.order_by(users.c.name))]


def set_team_right(connection: Connection, team: str, user: str, right: Right) -> None:
    """Set what *user* may do in *team*; without a right the user is not a member any more.

    Raises:
        UsageError: There is no such team or user, or the team has too many members.

    """
    team_id, member = find_team(connection, team), user_by_name(connection, user)
    if team_id is None:
        raise UsageError(f"there is no team {team!r} on this server; `wandb-nb server teams {team}` adds it")
    if member is None or member.is_anonymous:
        raise UsageError(f"there is no user {user!r} on this server; `wandb-nb server users` lists them")
    condition = (team_members.c.team_id == team_id, team_members.c.user_id == member.id)
    connection.execute(delete(team_members).where(*condition))
    if not right:
        return
    if len(list_team_members(connection, team)) >= MAX_MEMBERS:
        raise UsageError(f"a team has at most {MAX_MEMBERS} members; remove one first")
    is_default = member.team == team and right >= Right.WRITE
    values = {"team_id": team_id, "user_id": member.id, "level": int(right), "is_default": is_default}
    connection.execute(insert(team_members).values(**values))


def set_default_entity(connection: Connection, user: User, entity: str) -> None:
    """Let runs of *user* that name no entity belong to *entity*: the user's own, or a team that the user may write to.

    Raises:
        UsageError: It is another one.

    """
    writable = [team.id for team in teams_of(connection, user) if team.name == entity and team.right >= Right.WRITE]
    if not writable and entity != user.name:
        raise UsageError(f"you may not log to {entity!r}; choose your own name or a team with the right to write")
    changed = update(team_members).where(team_members.c.user_id == user.id)
    connection.execute(changed.values(is_default=False))
    if writable:
        connection.execute(changed.where(team_members.c.team_id == writable[0]).values(is_default=True))
