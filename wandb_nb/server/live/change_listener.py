"""Passes changes that any server on a PostgreSQL database commits on to the open pages of this process."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from wandb_nb.server.storage.engine.sql_engine import POSTGRESQL
from wandb_nb.server.storage.shared.run_changes import CHANNEL, parse_change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from wandb_nb.server.live.subscriptions import Subscriptions

_POLL_SECONDS = 0.25  # how soon the thread ends
_RETRY_SECONDS = 1.0


@contextmanager
def listening(engine: Engine, subscriptions: Subscriptions) -> Iterator[None]:
    """Listen inside `with`, on one connection in a thread. With SQLite there is nothing to listen to."""
    if engine.dialect.name != POSTGRESQL:
        yield
        return
    listener = _Listener(engine, subscriptions)
    thread = threading.Thread(target=listener.run, name="change-listener", daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.ended.set()
        thread.join()


class _Listener:
    """Listens until `ended` is set; a lost connection is replaced."""

    def __init__(self, engine: Engine, subscriptions: Subscriptions) -> None:
        self._engine, self._subscriptions = engine, subscriptions
        self._failed = False
        self.ended = threading.Event()

    def run(self) -> None:
        from psycopg import Error  # is installed where PostgreSQL is used

        while not self.ended.is_set():
            with suppress(Error, SQLAlchemyError):
                self._listen()
            if not self.ended.wait(_RETRY_SECONDS) and not self._failed:  # one line per outage
                self._failed = True
                logging.getLogger(__name__).warning("the database does not answer: open pages get changes late")

    def _listen(self) -> None:
        connection = self._connect()
        try:
            connection.execute(f"LISTEN {CHANNEL}")
            self._failed = False
            self._subscriptions.refresh()  # what changed before this
            while not self.ended.is_set():
                for notice in connection.notifies(timeout=_POLL_SECONDS):
                    if (change := parse_change(notice.payload)) is not None:
                        self._subscriptions.publish(change)
        finally:
            connection.close()

    def _connect(self) -> Any:
        """Return a connection of the driver, without a transaction and outside of the pool."""
        pooled = self._engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        connection.rollback()
        connection.autocommit = True
        return connection
