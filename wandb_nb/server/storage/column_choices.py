"""What a user has chosen to see of a project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert, select

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.tables import choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.run_store import Project
    from wandb_nb.server.storage.users import User

MOST_COLUMNS = 60
_LONGEST = 300


def kept_columns(connection: Connection, user: User, project: Project) -> list[str] | None:
    """Return the columns that *user* chose for the table of *project*; None where there is no choice."""
    which = and_(choices.c.user_id == user.id, choices.c.project_id == project.id)
    text = connection.execute(select(choices.c.columns).where(which)).scalar()
    return None if text is None else list(json.loads(text))


def keep_columns(connection: Connection, user: User, project: Project, columns: Sequence[str] | None) -> None:
    """Keep *columns* as the choice; None: choose for the user again. UsageError for too many."""
    if columns is not None and (len(columns) > MOST_COLUMNS or any(len(one) > _LONGEST for one in columns)):
        raise UsageError(f"A table has {MOST_COLUMNS} columns at most.")
    which = and_(choices.c.user_id == user.id, choices.c.project_id == project.id)
    connection.execute(delete(choices).where(which))
    if columns is not None:
        text = json.dumps(list(dict.fromkeys(columns)))
        connection.execute(insert(choices).values(user_id=user.id, project_id=project.id, columns=text))
