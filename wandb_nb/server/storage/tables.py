"""The tables, with types that SQLite and PostgreSQL share.

Times are unix seconds. JSON is stored as the text that was sent, since it may contain NaN, which no SQL type for JSON
accepts. An id is never used again; a run also has a random `uid`, which addresses and caches use. A change here needs a
revision in `migrations`.

A line's number counts from 0 within its run and stream; a line that is sent again replaces the old one.
"""

from __future__ import annotations

from secrets import token_hex

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    literal_column,
    true,
)

from wandb_nb.server.storage.engine.text_types import CleanString, CleanText

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", CleanString(128), nullable=False, unique=True),
    Column("admin", Boolean, nullable=False, default=False),
    Column("saves_code", Boolean, nullable=False, server_default=false()),  # the default of `save_code`
    Column("key_changed", Float, nullable=False, server_default="0"),  # when a key last ended; 0 before that
    Column("spent_bytes", BigInteger, nullable=False, server_default="0"),  # what an anonymous account has sent
    sqlite_autoincrement=True,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("key_hash", CleanString(64), nullable=False, unique=True),
    Column("prefix", CleanString(16), nullable=False),  # empty for keys of earlier versions
    Column("name", CleanString(64), nullable=False),
    Column("created", Float, nullable=False),
    Index("keys_of_user", "user_id"),
    sqlite_autoincrement=True,
)

# Logged-in browsers: a session ends with its row.
sessions = Table(
    "sessions",
    metadata,
    Column("id", CleanString(32), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created", Float, nullable=False),
    Index("sessions_of_user", "user_id", "created"),
)

teams = Table(
    "teams",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", CleanString(128), nullable=False, unique=True),
    Column("created", Float, nullable=False),
    sqlite_autoincrement=True,
)

# The names of users and teams: no two of them share one, since projects belong to a name.
entity_names = Table(
    "entity_names",
    metadata,
    Column("name", CleanString(128), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), unique=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), unique=True),
    CheckConstraint("(user_id IS NULL) <> (team_id IS NULL)", name="entity_names_owner"),
)

# What still uses a former name of a team means the team.
former_names = Table(
    "former_names",
    metadata,
    Column("name", CleanString(128), primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Index("former_names_of_team", "team_id"),
)

# A user's default entity is a membership of its own, so that it ends with the membership.
team_members = Table(
    "team_members",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("level", Integer, nullable=False),
    Column("is_default", Boolean, nullable=False, default=False),
    CheckConstraint("level BETWEEN 1 AND 3", name="team_members_level"),
    Index("teams_of_user", "user_id"),
)
Index(
    "team_members_default",
    team_members.c.user_id,
    unique=True,
    sqlite_where=team_members.c.is_default == true(),
    postgresql_where=team_members.c.is_default == true(),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", CleanString(128), nullable=False),
    Column("name", CleanString(128), nullable=False),
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
    Column("uid", CleanString(32), nullable=False, default=lambda: token_hex(16)),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("name", CleanString(128), nullable=False),
    Column("display_name", CleanText, nullable=False),
    Column("description", CleanText),
    Column("notes", CleanText),
    Column("group_name", CleanText),
    Column("job_type", CleanText),
    Column("commit", CleanText),
    Column("host", CleanText),
    Column("program", CleanText),
    Column("repo", CleanText),
    Column("sweep", CleanText),
    Column("tags", CleanText, nullable=False, default="[]"),
    Column("config", CleanText, nullable=False, default="{}"),
    Column("summary", CleanText, nullable=False, default="{}"),
    Column("state", CleanString(16), nullable=False, default="running"),
    Column("exit_code", Integer),
    Column("created", Float, nullable=False),
    Column("heartbeat", Float, nullable=False),
    Column("stop", Boolean, nullable=False, default=False),
    Column("fresh", CleanString(64), nullable=False, default=""),
    Column("rewrites", Integer, nullable=False, default=0),  # grows when history lines are replaced or deleted
    Column("posted", BigInteger, nullable=False, server_default="0"),  # the highest request sequence number accepted
    Column("announced", Integer, nullable=False, server_default="0"),  # how many times upload addresses were issued
    # Each UPDATE of the row adds one, so that caches see in a few bytes whether a row is the one that they hold.
    Column("version", BigInteger, nullable=False, server_default="0", onupdate=literal_column("version") + 1),
    UniqueConstraint("project_id", "name"),
    UniqueConstraint("uid", name="runs_uid"),
    sqlite_autoincrement=True,
)

# Failed logins and the like, each until it no longer counts; `source` is a digest.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", CleanString(64), nullable=False),
    Column("ends", Float, nullable=False),
    Index("attempts_of_source", "source", "ends"),
    Index("attempts_by_end", "ends"),
)

# What servers on one database share: the secret that signs. With SQLite it is a file beside the database.
secrets = Table(
    "secrets",
    metadata,
    Column("name", CleanString(32), primary_key=True),
    Column("value", CleanString(128), nullable=False),
)

# Ids of deleted runs: a client that continues one must learn that its run was deleted.
deleted = Table(
    "deleted",
    metadata,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("name", CleanString(128), primary_key=True),
)

# Which keys a history row has, and of which types: a run has few different ones, and sampling by key needs them.
shapes = Table(
    "shapes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("leaves", CleanText, nullable=False),
    Index("shapes_of_run", "run_id"),
    sqlite_autoincrement=True,
)

# History: successive rows of a run as one value, in the form of `lines.row_segment`.
segments = Table(
    "segments",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("length", Integer, nullable=False),
    Column("min_step", BigInteger, nullable=False),
    Column("max_step", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("segments_by_step", "run_id", "min_step", "max_step", "first"),
)

# Which shapes the rows of a segment have, and how many have each; `place` is the shape's number in the segment's data.
segment_shapes = Table(
    "segment_shapes",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("shape_id", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Index("segments_by_shape", "run_id", "shape_id", "first", "place", "length"),
)

lines = Table(
    "lines",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("stream", CleanString(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("text", CleanText, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", CleanString(1024), primary_key=True),
    Column("blob", CleanString(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", CleanString(32), nullable=False),
    Column("updated", Float, nullable=False),
    Column("announced", Integer, nullable=False, server_default="0"),  # the run's counter when its address was issued
    Index("files_by_blob", "blob"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("title", CleanText, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("severity", CleanString(16), nullable=False),
    Column("created", Float, nullable=False),
    Index("alerts_of_run", "run_id"),
    sqlite_autoincrement=True,
)

# Where a project's alerts are sent; the secret signs what a webhook gets.
alert_targets = Table(
    "alert_targets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("kind", CleanString(16), nullable=False),
    Column("address", CleanText, nullable=False),
    Column("secret", CleanString(64), nullable=False),
    Column("error", CleanText),  # of the last attempt, if it failed
    Column("created", Float, nullable=False),
    Index("alert_targets_of_project", "project_id"),
    sqlite_autoincrement=True,
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target_id", ForeignKey("alert_targets.id", ondelete="CASCADE"), nullable=False),
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Float, nullable=False),  # when it can be sent, or sent again
    UniqueConstraint("target_id", "alert_id"),
    Index("deliveries_of_alert", "alert_id"),
    Index("deliveries_by_due", "due"),
    sqlite_autoincrement=True,
)

# What a project keeps; null is no limit.
retention = Table(
    "retention",
    metadata,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("max_days", Float),
    Column("max_runs", Integer),
    Column("max_bytes", BigInteger),
)

choices = Table(
    "choices",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("columns", CleanText, nullable=False),
)

# Saved views of a project's table of runs; `query` is that of the address of its page.
views = Table(
    "views",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", CleanString(64), nullable=False),
    Column("query", CleanText, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("project_id", "user_id", "name"),
    sqlite_autoincrement=True,
)

# Contents of artifacts: each stored once per project, whichever versions have it.
contents = Table(
    "contents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("digest", CleanString(32), nullable=False),  # MD5 in hex, computed here
    Column("size", BigInteger, nullable=False),
    Column("blob", CleanString(64), nullable=False),
    Column("announced", Float, nullable=False),  # when a client last heard that it is here
    UniqueConstraint("project_id", "digest"),
    Index("contents_by_blob", "blob"),
    sqlite_autoincrement=True,
)

artifact_types = Table(
    "artifact_types",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("name", CleanString(128), nullable=False),
    Column("description", CleanText),
    Column("created", Float, nullable=False),
    UniqueConstraint("project_id", "name"),
    sqlite_autoincrement=True,
)

# A name whose versions are made here, or a portfolio, whose versions are links to those of other names.
artifact_collections = Table(
    "artifact_collections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("type_id", ForeignKey("artifact_types.id", ondelete="CASCADE"), nullable=False),
    Column("name", CleanString(128), nullable=False),
    Column("is_portfolio", Boolean, nullable=False, default=False),
    Column("description", CleanText),
    Column("tags", CleanText, nullable=False, default="[]"),
    Column("client_id", CleanString(128)),
    Column("next_version", Integer, nullable=False, default=0),  # numbers of deleted versions are not used again
    Column("created", Float, nullable=False),
    Column("updated", Float, nullable=False),
    UniqueConstraint("project_id", "name"),
    Index("artifact_collections_of_type", "type_id"),
    Index("artifact_collections_by_client_id", "client_id"),
    sqlite_autoincrement=True,
)

# Versions. `manifest_id` is set when one is committed; before that it is not a version for anybody.
artifacts = Table(
    "artifacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", CleanString(32), nullable=False, default=lambda: token_hex(16)),
    Column("collection_id", ForeignKey("artifact_collections.id", ondelete="CASCADE"), nullable=False),
    Column("run_id", ForeignKey("runs.id", ondelete="SET NULL")),
    Column("digest", CleanString(64), nullable=False),
    Column("manifest_id", Integer),
    Column("distributed_id", CleanString(128)),
    Column("description", CleanText),
    Column("metadata", CleanText),
    Column("tags", CleanText, nullable=False, default="[]"),
    Column("aliases", CleanText, nullable=False, default="[]"),  # of one that is not committed: those it will get
    Column("ttl_seconds", BigInteger),
    Column("history_step", BigInteger),
    Column("size", BigInteger, nullable=False, default=0),
    Column("file_count", Integer, nullable=False, default=0),
    Column("created", Float, nullable=False),
    Column("updated", Float, nullable=False),
    Index("artifacts_by_digest", "collection_id", "digest"),
    Index("artifacts_of_run", "run_id"),
    sqlite_autoincrement=True,
)

# The ids that clients gave their artifacts; rows of runs refer to them. Equal contents of several are one version.
artifact_client_ids = Table(
    "artifact_client_ids",
    metadata,
    Column("client_id", CleanString(128), primary_key=True),
    Column("artifact_id", ForeignKey("artifacts.id", ondelete="CASCADE"), primary_key=True),
    Index("client_ids_of_artifact", "artifact_id"),
)

# The versions of a collection by their numbers.
artifact_memberships = Table(
    "artifact_memberships",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("collection_id", ForeignKey("artifact_collections.id", ondelete="CASCADE"), nullable=False),
    Column("artifact_id", ForeignKey("artifacts.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("collection_id", "version"),
    UniqueConstraint("artifact_id", "collection_id"),
    sqlite_autoincrement=True,
)

artifact_aliases = Table(
    "artifact_aliases",
    metadata,
    Column("collection_id", ForeignKey("artifact_collections.id", ondelete="CASCADE"), primary_key=True),
    Column("alias", CleanString(128), primary_key=True),
    Column("membership_id", ForeignKey("artifact_memberships.id", ondelete="CASCADE"), nullable=False),
    Index("aliases_of_membership", "membership_id"),
)

artifact_uses = Table(
    "artifact_uses",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("artifact_id", ForeignKey("artifacts.id", ondelete="CASCADE"), primary_key=True),
    Column("used_as", CleanText),
    Column("created", Float, nullable=False),
    Index("uses_of_artifact", "artifact_id"),
)

# Manifests as they were announced; `digest` is that of the entries, computed when the file arrived.
artifact_manifests = Table(
    "artifact_manifests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("artifact_id", ForeignKey("artifacts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", CleanString(16), nullable=False),
    Column("base_id", Integer),  # the version that an incremental one continues
    Column("announced", CleanString(32), nullable=False, default=""),  # MD5 of the file in base64
    Column("digest", CleanString(64)),
    Index("manifests_of_artifact", "artifact_id"),
    sqlite_autoincrement=True,
)

artifact_entries = Table(
    "artifact_entries",
    metadata,
    Column("manifest_id", ForeignKey("artifact_manifests.id", ondelete="CASCADE"), primary_key=True),
    Column("path", CleanString(1024), primary_key=True),
    Column("digest", CleanString(1024), nullable=False),  # MD5 in base64, or what identifies a reference
    Column("size", BigInteger, nullable=False),
    Column("ref", CleanText),
    Column("extra", CleanText),
    Column("content_id", ForeignKey("contents.id")),
    Index("entries_of_content", "content_id", "manifest_id"),
)
