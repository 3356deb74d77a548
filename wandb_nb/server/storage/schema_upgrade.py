"""Brings the tables of a database to the version of this package, by Alembic."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from wandb_nb.errors import StoreError
from wandb_nb.server.storage.engine.database_address import public_address, without_password
from wandb_nb.server.storage.engine.sql_engine import SQLITE, lock_writers, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection

LATEST = "0013"
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIN_POSTGRESQL = 13


def prepare_schema(url: str | URL) -> None:
    """Create or upgrade the tables of a SQLite database; of PostgreSQL, check that they are those of this version.

    Raises:
        StoreError: The database cannot be opened, or has the tables of another version.

    """
    with _schema_connection(url) as connection:
        present = _revision(connection)
        _refuse_newer(present)
        if present == LATEST:
            return
        if connection.dialect.name != SQLITE:
            state = "has no tables yet" if present is None else f"has revision {present}, not {LATEST}"
            raise StoreError(f"the server's database {state}; run `wandb-nb server migrate` with the same database")
        _run_alembic(connection)


def upgrade_schema(url: str | URL) -> bool:
    """Create or upgrade the tables of the database at *url*, all or, after an error, none; return whether they changed.

    Raises:
        StoreError: The database cannot be opened, or a newer version of the package has upgraded it.

    """
    with _schema_connection(url) as connection:
        lock_writers(connection)
        present = _revision(connection)
        _refuse_newer(present)
        if present != LATEST:
            _run_alembic(connection)
        return present != LATEST


@contextmanager
def _schema_connection(url: str | URL) -> Iterator[Connection]:
    """Open a connection in whose transaction tables can be changed.

    Raises:
        StoreError: The database cannot be opened.

    """
    engine = open_engine(url, for_schema=True)
    try:
        with engine.begin() as connection:
            _check_postgresql(connection)
            yield connection
    except DatabaseError as error:
        raise StoreError(_reason(engine.url, str(error.orig))) from error
    finally:
        engine.dispose()


def _reason(url: URL, text: str) -> str:
    if url.get_backend_name() == SQLITE:
        return f"the server's database cannot be opened: {text}; restore it from a backup"
    line = without_password(" ".join(text.split()), url)
    return f"the server's database {public_address(url)} cannot be used: {line}; check the address and its PostgreSQL"


def _check_postgresql(connection: Connection) -> None:
    if connection.dialect.name == SQLITE:
        return
    version = connection.dialect.server_version_info or ()
    if version < (_MIN_POSTGRESQL,):
        raise StoreError(f"PostgreSQL {version[0]} is too old; use version {_MIN_POSTGRESQL} or later")
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise StoreError(f"the server's database has the encoding {encoding}; create one with ENCODING 'UTF8'")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_newer(present: str | None) -> None:
    if present is not None and present > LATEST:
        raise StoreError(
            f"the server's database has revision {present}, which is newer than this package; upgrade wandb-nb"
        )


def _run_alembic(connection: Connection) -> None:
    from alembic import command  # takes longer to load than all of a start without an upgrade
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, LATEST)
