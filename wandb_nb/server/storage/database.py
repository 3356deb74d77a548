"""`Database`: connections for reading, and one writer at a time."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event

from wandb_nb.server.storage.schema_upgrade import upgrade_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, CursorResult, Engine

_BUSY_MILLISECONDS = 30_000
_MAX_CONNECTIONS = 80  # more than there are threads, some of which use two: a post never waits for one


class Database:
    """The database at *url*, its tables created or upgraded. Thread-safe; what `write` committed survives `kill -9`."""

    def __init__(self, url: str) -> None:
        upgrade_schema(url)
        self.engine: Engine = create_engine(url, max_overflow=_MAX_CONNECTIONS)
        self._writer = threading.Lock()  # SQLite has one writer; waiting here is fair, waiting in SQLite is polling
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection that sees one state of the data."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a connection whose changes are committed at the end: all of them or, after an error, none."""
        with self._writer, self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def inserted_id(result: CursorResult[Any]) -> int:
    """Return the id of the row that *result* inserted."""
    key: Any = result.inserted_primary_key
    return int(key[0])


def _prepare(connection: Any, _record: object) -> None:
    """Set up a connection: WAL lets pages read while a run writes; deleting a run deletes what references it."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_MILLISECONDS}"):
        connection.execute(f"PRAGMA {pragma}")
