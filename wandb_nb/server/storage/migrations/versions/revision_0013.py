"""A number in each run that grows with each change of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column `version` to the table of runs."""
    op.add_column("runs", sa.Column("version", sa.BigInteger, nullable=False, server_default="0"))
