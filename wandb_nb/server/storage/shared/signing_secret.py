"""The secret that signs addresses and logins, in the database: each of several servers accepts what another signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from wandb_nb.server.storage.tables import secrets

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAME = "signing"


def shared_secret(connection: Connection, initial: str) -> str:
    """Return the secret in the database, which is *initial* from the first call on."""
    value = connection.execute(select(secrets.c.value).where(secrets.c.name == _NAME)).scalar()
    if value is None:
        connection.execute(insert(secrets).values(name=_NAME, value=initial))
        return initial
    return str(value)
