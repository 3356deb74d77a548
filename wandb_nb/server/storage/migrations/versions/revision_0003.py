"""Sessions of browsers, which a logout ends, and an index that finds the files that no run refers to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table `sessions` and the index of `files` by blob."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Index("sessions_of_user", "user_id", "created"),
    )
    op.create_index("files_by_blob", "files", ["blob"])
