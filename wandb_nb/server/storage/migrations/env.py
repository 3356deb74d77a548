"""Alembic's environment: applies the revisions to the connection that `schema_upgrade` passes."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
