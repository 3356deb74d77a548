"""Brings the tables of a database to the version of this package, by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from wandb_nb.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

LATEST = "0004"
_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade_schema(url: str) -> None:
    """Create or upgrade the tables of the database at *url*, all of them or, after an error, none.

    Raises:
        StoreError: The database is damaged, or a newer version of the package has upgraded it.

    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with engine.begin() as connection:
            present = _revision(connection)
            if present != LATEST:
                _run_alembic(connection, present)
    except DatabaseError as error:
        raise StoreError(f"the server's database cannot be opened: {error.orig}; restore it from a backup") from error
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run_alembic(connection: Connection, present: str | None) -> None:
    from alembic import command  # takes longer to load than all of a start without an upgrade
    from alembic.config import Config

    if present is not None and present > LATEST:
        raise StoreError(
            f"the server's database has revision {present}, which is newer than this package; upgrade wandb-nb"
        )
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, LATEST)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Turn foreign keys off, since replacing a table must not delete what references it, and implicit commits too."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("PRAGMA busy_timeout=30000")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
