"""Retention: how many runs a project keeps, and for how long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table `retention`."""
    op.create_table(
        "retention",
        sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("max_days", sa.Float),
        sa.Column("max_runs", sa.Integer),
        sa.Column("max_bytes", sa.BigInteger),
    )
