"""Former names of teams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the table `former_names`."""
    op.create_table(
        "former_names",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("team_id", sa.Integer, sa.ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
        sa.Index("former_names_of_team", "team_id"),
    )
