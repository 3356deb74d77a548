"""Several keys of a user in a table of their own, and whether an account wants code saved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Move the keys of users to the table `api_keys`, and add `users.saves_code`."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Index("keys_of_user", "user_id"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO api_keys (user_id, key_hash, prefix, name, created) "
        "SELECT id, key_hash, '', '', key_changed FROM users ORDER BY id"
    )
    with op.batch_alter_table("users", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_column("key_hash")
        batch.add_column(sa.Column("saves_code", sa.Boolean, nullable=False, server_default=sa.false()))
