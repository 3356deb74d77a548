"""`Database`: connections for reading, and one writer at a time."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.engine.sql_engine import begin_reading, lock_writers, open_engine, reading_engine
from wandb_nb.server.storage.schema_upgrade import prepare_schema
from wandb_nb.server.storage.shared.run_changes import collect_changes
from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Connection, CursorResult, Engine

    from wandb_nb.server.storage.shared.run_changes import RunChange

DATABASE_ERRORS = (DataError, OperationalError, InterfaceError, PoolTimeoutError)
"""What `Database` raises as an error that a client understands: the value does not fit, or the database is gone."""
_TOO_LARGE = ("22", "54")  # SQL's classes of errors for values that do not fit


class Database:
    """The database at *url*. Thread-safe; what `write` committed survives `kill -9`.

    SQLite's tables are created or upgraded; PostgreSQL's must be those of this version. There is one writer at a time,
    in all processes together. *on_change* gets the runs that this process has changed, where no server is notified by
    the database itself.
    """

    def __init__(self, url: str | URL, on_change: Callable[[RunChange], None] | None = None) -> None:
        prepare_schema(url)
        self.engine: Engine = open_engine(url)
        self._readers = reading_engine(self.engine)
        self._writer = threading.Lock()  # waiting here is fair and needs no connection
        self._on_change = on_change

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection that sees one state of the data.

        Raises:
            BusyError: The database does not answer.

        """
        with _request_errors(), self._readers.connect() as connection:
            begin_reading(connection)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a connection whose changes are committed at the end: all of them or, after an error, none.

        Raises:
            BusyError: The database does not answer.
            UsageError: A value does not fit the database.

        """
        changes: list[RunChange] = []
        with self._writer, _request_errors(), self.engine.begin() as connection:
            lock_writers(connection)
            collect_changes(connection, changes)
            yield connection
        if self._on_change is not None:
            for change in changes:
                self._on_change(change)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def inserted_id(result: CursorResult[Any]) -> int:
    """Return the id of the row that *result* inserted."""
    key: Any = result.inserted_primary_key
    return int(key[0])


@contextmanager
def _request_errors() -> Iterator[None]:
    """Raise an error of the database as one that a client understands: repeat the request, or change it."""
    try:
        yield
    except DATABASE_ERRORS as error:
        sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
        if isinstance(error, DataError) or sqlstate.startswith(_TOO_LARGE):
            raise UsageError("a number or a text is too large for the server's database; make it smaller") from error
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        logging.getLogger(__name__).error("the database failed: %s", reason)  # noqa: TRY400 -- the log needs no traceback
        raise BusyError("the server's database does not answer; try again in some seconds") from error
