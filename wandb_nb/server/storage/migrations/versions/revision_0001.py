"""The tables as they were before revisions were introduced.

A database from that time has them already, the oldest ones without the last two columns of `runs` and one of `files`.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)

revision = "0001"
down_revision = None

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("admin", Boolean, nullable=False, default=False),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", String(128), nullable=False),
    Column("name", String(128), nullable=False),
    Column("open", Boolean, nullable=False, default=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("entity", "name"),
)

members = Table(
    "members",
    metadata,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("level", Integer, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text),
    Column("notes", Text),
    Column("group_name", Text),
    Column("job_type", Text),
    Column("commit", Text),
    Column("host", Text),
    Column("program", Text),
    Column("repo", Text),
    Column("sweep", Text),
    Column("tags", Text, nullable=False, default="[]"),
    Column("config", Text, nullable=False, default="{}"),
    Column("summary", Text, nullable=False, default="{}"),
    Column("state", String(16), nullable=False, default="running"),
    Column("exit_code", Integer),
    Column("created", Float, nullable=False),
    Column("heartbeat", Float, nullable=False),
    Column("stop", Boolean, nullable=False, default=False),
    Column("fresh", String(64), nullable=False, default=""),
    Column("rewrites", Integer, nullable=False, default=0),  # grows when history lines were replaced or taken out
    Column("posted", BigInteger, nullable=False, server_default="0"),  # number of the last ordered request taken
    Column("announced", Integer, nullable=False, server_default="0"),  # how often upload addresses were asked for
    UniqueConstraint("project_id", "name"),
)

# Ids that were in use: a client that goes on with one must hear that its run is gone.
deleted = Table(
    "deleted",
    metadata,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(128), primary_key=True),
)

# Which keys a history line has, and of which types: few different ones in a run, and what sampling by key needs.
shapes = Table(
    "shapes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("leaves", Text, nullable=False),
    Index("shapes_of_run", "run_id"),
)

history = Table(
    "history",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("step", BigInteger, nullable=False),
    Column("shape_id", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Index("history_by_step", "run_id", "step"),
    Index("history_by_shape", "run_id", "shape_id", "number"),
)

lines = Table(
    "lines",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(1024), primary_key=True),
    Column("blob", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", String(32), nullable=False),
    Column("updated", Float, nullable=False),
    Column("announced", Integer, nullable=False, server_default="0"),  # which of the run's announcements brought it
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("created", Float, nullable=False),
    Index("alerts_of_run", "run_id"),
)

choices = Table(
    "choices",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("columns", Text, nullable=False),
)


def upgrade() -> None:
    """Create the tables and columns that do not exist."""
    connection = op.get_bind()
    metadata.create_all(connection)
    inspector = inspect(connection)
    for table in metadata.sorted_tables:
        existing = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in existing:
                op.add_column(table.name, Column(column.name, column.type, nullable=False, server_default="0"))
