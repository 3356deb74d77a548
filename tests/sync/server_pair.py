"""A server of two processes on PostgreSQL, one of which is killed when a test wants it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
from cluster import Cluster, text_of
from restarted_server import RestartedServer
from waiting import until

if TYPE_CHECKING:
    from pathlib import Path

LISTENERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'"""


class ServerPair(RestartedServer):
    """Runs inside `with`, on a database of its own in *cluster*, with more *options*."""

    def __init__(self, folder: Path, cluster: Cluster, *options: str) -> None:
        self._address = text_of(cluster.new_database())
        super().__init__(folder, "--workers", "2", "--database", self._address, *options)
        self._dice = random.Random(0)  # noqa: S311 -- which process to kill, no secret
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute("UPDATE users SET saves_code = true")
        until(lambda: self.select(LISTENERS) == [(2,)], "both processes answer")

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "--multiprocessing-fork" in child.cmdline()]

    def bounce(self, *, kill: bool = True, pause: float = 0.0) -> None:  # noqa: ARG002 -- as the base class has them
        """Kill one of the processes; another one replaces it."""
        with self._lock:
            if not self._over:
                self._dice.choice(until(self.workers)).kill()

    def select(self, query: str, *parameters: Any) -> list[Any]:
        """Return the rows of a query in the server's database."""
        with psycopg.connect(self._address) as connection:
            return connection.execute(query.replace("?", "%s").encode(), parameters or None).fetchall()
