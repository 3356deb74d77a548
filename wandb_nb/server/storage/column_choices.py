"""The columns that a user chose for a project's table of runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert, select

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.tables import choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User

MAX_COLUMNS = 60
_MAX_NAME = 300


def load_columns(connection: Connection, user: User, project: Project) -> list[str] | None:
    """Return the columns that *user* chose for the table of *project*; None if there is no choice."""
    condition = and_(choices.c.user_id == user.id, choices.c.project_id == project.id)
    text = connection.execute(select(choices.c.columns).where(condition)).scalar()
    return None if text is None else list(json.loads(text))


def save_columns(connection: Connection, user: User, project: Project, columns: Sequence[str] | None) -> None:
    """Save *columns* as the choice; None returns to the automatic choice.

    Raises:
        UsageError: There are too many columns, or a name is too long.

    """
    if columns is not None and (len(columns) > MAX_COLUMNS or any(len(name) > _MAX_NAME for name in columns)):
        raise UsageError(f"a table has at most {MAX_COLUMNS} columns with names of at most {_MAX_NAME} characters")
    condition = and_(choices.c.user_id == user.id, choices.c.project_id == project.id)
    connection.execute(delete(choices).where(condition))
    if columns is not None:
        text = json.dumps(list(dict.fromkeys(columns)))
        connection.execute(insert(choices).values(user_id=user.id, project_id=project.id, columns=text))
