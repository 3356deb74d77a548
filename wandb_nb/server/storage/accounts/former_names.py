"""Former names of teams: what still uses one means the team, and nobody else can take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.tables import entity_names, former_names, teams

if TYPE_CHECKING:
    from sqlalchemy import Connection


def current_name(connection: Connection, entity: str) -> str:
    """Return the present name of the team that was named *entity*; else *entity* itself."""
    present = select(entity_names.c.name).where(entity_names.c.name == entity)
    return connection.execute(present).scalar() or _team_formerly(connection, entity) or entity


def check_unused(connection: Connection, name: str) -> None:
    """Refuse a name that a team had before.

    Raises:
        UsageError: A team had it.

    """
    team = _team_formerly(connection, name)
    if team is not None:
        raise UsageError(f"{name!r} is a former name of the team {team!r}, whose links use it; choose another name")


def _team_formerly(connection: Connection, name: str) -> str | None:
    query = select(teams.c.name).join(former_names, former_names.c.team_id == teams.c.id)
    return connection.execute(query.where(former_names.c.name == name)).scalar()
