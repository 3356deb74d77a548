"""Opens a database: the settings of its connections, by which SQLite and PostgreSQL give the server the same rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url, text

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_BUSY_MILLISECONDS = 30_000
_MAX_CONNECTIONS = 80  # more than there are threads, some of which use two: a post never waits for one
_CONNECT_SECONDS = 10
_LOCK_SECONDS, _IDLE_SECONDS = 30, 60  # what a writer waits for another one; how long one may be silent
_KEEPALIVE_SECONDS = 30  # after which a silent connection is tested: a machine that is gone does not close it
_WRITER_LOCK = (
    0x77616E6462  # any number that other programs of the database do not use; the schema upgrade takes it too
)
_LOCK = text(
    "SELECT set_config('lock_timeout', :wait, true), set_config('idle_in_transaction_session_timeout', :idle, true), "
    "pg_advisory_xact_lock(:number)"
)


def open_engine(url: str | URL, *, for_schema: bool = False) -> Engine:
    """Return the engine of the database at *url*, whose connections change the tables themselves with *for_schema*.

    Raises:
        UsageError: Its driver is not installed.

    """
    try:
        engine = create_engine(url, max_overflow=_MAX_CONNECTIONS, hide_parameters=True, **_options(url))
    except ModuleNotFoundError as error:
        raise UsageError(
            f"PostgreSQL needs the package {error.name}, which is not installed; "
            'run: pip install "wandb-nb[server,postgresql]"'
        ) from error
    if engine.dialect.name == SQLITE:
        event.listen(engine, "connect", _prepare_schema_change if for_schema else _prepare_sqlite)
        if for_schema:
            event.listen(engine, "begin", _begin_immediate)
    return engine


def reading_engine(engine: Engine) -> Engine:
    """Return *engine* with connections that see one state of the data, on SQLite after `begin_reading`."""
    if engine.dialect.name != POSTGRESQL:
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def begin_reading(connection: Connection) -> None:
    """Let *connection* see one state of the data: Python's driver of SQLite begins a transaction only to write."""
    if connection.dialect.name == SQLITE:
        connection.exec_driver_sql("BEGIN")


def lock_writers(connection: Connection) -> None:
    """Make *connection* the database's one writer until its transaction ends, as SQLite does by itself.

    Its next statement sees what the writer before it committed, in whatever process. The lock ends with a lost
    connection, and so with a killed process, and with a writer that does nothing for `_IDLE_SECONDS`.
    """
    if connection.dialect.name == POSTGRESQL:
        limits = {"wait": f"{_LOCK_SECONDS}s", "idle": f"{_IDLE_SECONDS}s", "number": _WRITER_LOCK}
        connection.execute(_LOCK, limits)


def permit_silence(connection: Connection) -> None:
    """Let the transaction of *connection*, whose writer reads files meanwhile, be silent for as long as it takes."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT set_config('idle_in_transaction_session_timeout', '0', true)"))


def _options(url: str | URL) -> dict[str, Any]:
    if make_url(url).get_backend_name() != POSTGRESQL:
        return {}
    keepalives = {"keepalives_idle": _KEEPALIVE_SECONDS, "keepalives_interval": 10, "keepalives_count": 3}
    # A connection that was lost while it was idle is replaced, not an error of the next request.
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": _CONNECT_SECONDS, **keepalives}}


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Set up a connection: WAL lets pages read while a run writes; deleting a run deletes what references it."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_MILLISECONDS}"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_schema_change(connection: Any, _record: object) -> None:
    """Turn foreign keys off, since replacing a table must not delete what references it, and implicit commits too."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
