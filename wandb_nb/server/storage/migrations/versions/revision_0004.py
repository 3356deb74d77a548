"""Artifacts: contents, types, collections, versions with aliases, uses and manifests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables of artifacts."""
    op.create_table(
        "contents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.Column("announced", sa.Float, nullable=False),
        sa.UniqueConstraint("project_id", "digest"),
        sa.Index("contents_by_blob", "blob"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "artifact_types",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("project_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "artifact_collections",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("type_id", sa.Integer, sa.ForeignKey("artifact_types.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("is_portfolio", sa.Boolean, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("client_id", sa.String(128)),
        sa.Column("next_version", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("updated", sa.Float, nullable=False),
        sa.UniqueConstraint("project_id", "name"),
        sa.Index("artifact_collections_of_type", "type_id"),
        sa.Index("artifact_collections_by_client_id", "client_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "artifacts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column(
            "collection_id", sa.Integer, sa.ForeignKey("artifact_collections.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", ondelete="SET NULL")),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("manifest_id", sa.Integer),
        sa.Column("distributed_id", sa.String(128)),
        sa.Column("description", sa.Text),
        sa.Column("metadata", sa.Text),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("aliases", sa.Text, nullable=False),
        sa.Column("ttl_seconds", sa.BigInteger),
        sa.Column("history_step", sa.BigInteger),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("file_count", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("updated", sa.Float, nullable=False),
        sa.Index("artifacts_by_digest", "collection_id", "digest"),
        sa.Index("artifacts_of_run", "run_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "artifact_client_ids",
        sa.Column("client_id", sa.String(128), primary_key=True),
        sa.Column("artifact_id", sa.Integer, sa.ForeignKey("artifacts.id", ondelete="CASCADE"), primary_key=True),
        sa.Index("client_ids_of_artifact", "artifact_id"),
    )
    op.create_table(
        "artifact_memberships",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "collection_id", sa.Integer, sa.ForeignKey("artifact_collections.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("artifact_id", sa.Integer, sa.ForeignKey("artifacts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("collection_id", "version"),
        sa.UniqueConstraint("artifact_id", "collection_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "artifact_aliases",
        sa.Column(
            "collection_id", sa.Integer, sa.ForeignKey("artifact_collections.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("alias", sa.String(128), primary_key=True),
        sa.Column(
            "membership_id", sa.Integer, sa.ForeignKey("artifact_memberships.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Index("aliases_of_membership", "membership_id"),
    )
    op.create_table(
        "artifact_uses",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("artifact_id", sa.Integer, sa.ForeignKey("artifacts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("used_as", sa.Text),
        sa.Column("created", sa.Float, nullable=False),
        sa.Index("uses_of_artifact", "artifact_id"),
    )
    op.create_table(
        "artifact_manifests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("artifact_id", sa.Integer, sa.ForeignKey("artifacts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("base_id", sa.Integer),
        sa.Column("announced", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Index("manifests_of_artifact", "artifact_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "artifact_entries",
        sa.Column(
            "manifest_id", sa.Integer, sa.ForeignKey("artifact_manifests.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("path", sa.String(1024), primary_key=True),
        sa.Column("digest", sa.String(1024), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("ref", sa.Text),
        sa.Column("extra", sa.Text),
        sa.Column("content_id", sa.Integer, sa.ForeignKey("contents.id")),
        sa.Index("entries_of_content", "content_id", "manifest_id"),
    )
