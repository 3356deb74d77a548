"""The tables, with plain SQL types only, so that another database can replace SQLite.

Times are unix seconds. JSON is stored as the text that was sent, since it may contain NaN, which no SQL type for JSON
accepts. An id is never used again; a run also has a random `uid`, which addresses and caches use. A change here needs a
revision in `migrations`.

A line's number counts from 0 within its run and stream; a line that is sent again replaces the old one.
"""

from __future__ import annotations

import secrets

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
)

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("admin", Boolean, nullable=False, default=False),
    sqlite_autoincrement=True,
)

# Logged-in browsers: a session ends with its row.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created", Float, nullable=False),
    Index("sessions_of_user", "user_id", "created"),
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
    sqlite_autoincrement=True,
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
    Column("uid", String(32), nullable=False, default=lambda: secrets.token_hex(16)),
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
    Column("rewrites", Integer, nullable=False, default=0),  # grows when history lines are replaced or deleted
    Column("posted", BigInteger, nullable=False, server_default="0"),  # the highest request sequence number accepted
    Column("announced", Integer, nullable=False, server_default="0"),  # how many times upload addresses were issued
    UniqueConstraint("project_id", "name"),
    UniqueConstraint("uid", name="runs_uid"),
    sqlite_autoincrement=True,
)

# Ids of deleted runs: a client that continues one must learn that its run was deleted.
deleted = Table(
    "deleted",
    metadata,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(128), primary_key=True),
)

# Which keys a history row has, and of which types: a run has few different ones, and sampling by key needs them.
shapes = Table(
    "shapes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("leaves", Text, nullable=False),
    Index("shapes_of_run", "run_id"),
    sqlite_autoincrement=True,
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
    Column("announced", Integer, nullable=False, server_default="0"),  # the run's counter when its address was issued
    Index("files_by_blob", "blob"),
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
    sqlite_autoincrement=True,
)

choices = Table(
    "choices",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("columns", Text, nullable=False),
)
