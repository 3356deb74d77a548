"""Teams: entities with members, and one table of the names of users and teams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables of teams, and enter the names of the users."""
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(128), nullable=False, unique=True),
        sa.Column("created", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "entity_names",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), unique=True),
        sa.Column("team_id", sa.Integer, sa.ForeignKey("teams.id", ondelete="CASCADE"), unique=True),
        sa.CheckConstraint("(user_id IS NULL) <> (team_id IS NULL)", name="entity_names_owner"),
    )
    op.execute("INSERT INTO entity_names (name, user_id) SELECT name, id FROM users")
    members = op.create_table(
        "team_members",
        sa.Column("team_id", sa.Integer, sa.ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="team_members_level"),
        sa.Index("teams_of_user", "user_id"),
    )
    is_default = members.c.is_default == sa.true()
    op.create_index(
        "team_members_default",
        "team_members",
        ["user_id"],
        unique=True,
        sqlite_where=is_default,
        postgresql_where=is_default,
    )
