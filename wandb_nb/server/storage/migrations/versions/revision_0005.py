"""Several servers on one database: limited attempts, the signing secret, and what anonymous accounts have sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables `attempts` and `secrets`, and the columns of `users` that several servers need."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("ends", sa.Float, nullable=False),
        sa.Index("attempts_of_source", "source", "ends"),
        sa.Index("attempts_by_end", "ends"),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.String(128), nullable=False),
    )
    op.add_column("users", sa.Column("key_changed", sa.Float, nullable=False, server_default="0"))
    op.add_column("users", sa.Column("spent_bytes", sa.BigInteger, nullable=False, server_default="0"))
