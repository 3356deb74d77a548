"""`LoginLimit`: slows down those who try keys at the login page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.server.storage.shared.attempts import add_attempt, wait_seconds

if TYPE_CHECKING:
    from wandb_nb.server.storage.database import Database

MAX_FAILURES = 10
WINDOW_SECONDS = 60.0


class LoginLimit:
    """Counts failed logins of each address and with each key: at most `MAX_FAILURES` in a minute.

    Thread-safe. All server processes on the database count together.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait_seconds(self, address: str, key: str) -> int:
        """Return after how many seconds *address* may try *key*; 0 for now."""
        with self._database.read() as connection:
            return max(wait_seconds(connection, source, MAX_FAILURES) for source in _sources(address, key))

    def add_failure(self, address: str, key: str) -> None:
        """Count a failed login."""
        with self._database.write() as connection:
            for source in _sources(address, key):
                add_attempt(connection, source, WINDOW_SECONDS)


def _sources(address: str, key: str) -> tuple[str, str]:
    return f"login address {address}", f"login key {key}"
