"""Ids that are never used again, and a random value for each run.

SQLite gives the id of a deleted last row to the next one unless a table is declared AUTOINCREMENT.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBERED = ("users", "projects", "shapes", "alerts")


def upgrade() -> None:
    """Add `runs.uid`, and declare the numbered tables AUTOINCREMENT where the database is SQLite."""
    op.add_column("runs", sa.Column("uid", sa.String(32)))
    runs = sa.table("runs", sa.column("id"), sa.column("uid"))
    connection = op.get_bind()
    for run_id in connection.execute(sa.select(runs.c.id)).scalars().all():
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(uid=secrets.token_hex(16)))
    with op.batch_alter_table("runs", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("uid", existing_type=sa.String(32), nullable=False)
        batch.create_unique_constraint("runs_uid", ["uid"])
    if connection.dialect.name == "sqlite":
        for name in _NUMBERED:
            with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
                pass
