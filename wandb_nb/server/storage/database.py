"""`Database`: connections to read with, and one writer at a time."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.schema import CreateColumn

from wandb_nb.server.storage.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_BUSY_MS = 30_000


class Database:
    """The database at *url* with its tables made. Any thread may call; what `write` committed survives `kill -9`."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url)
        self._writer = threading.Lock()  # SQLite has one writer; waiting here is fair, waiting there is polling
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare)
        metadata.create_all(self.engine)
        _add_columns(self.engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the data."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes are committed at the end, all or, after an error, none."""
        with self._writer, self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _add_columns(engine: Engine) -> None:
    """Add the columns that a database of an earlier version lacks; each has a default on the server's side."""
    known = inspect(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            found = {column["name"] for column in known.get_columns(table.name)}
            for column in table.columns:
                if column.name not in found:
                    made = CreateColumn(column).compile(dialect=engine.dialect)
                    connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {made}"))


def _prepare(connection: Any, _record: object) -> None:
    """WAL lets pages read while a run writes; foreign keys make deleting a run delete all that is its own."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")
