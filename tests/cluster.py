"""A temporary PostgreSQL cluster of an ordinary user, without TCP, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL
from waiting import until

from wandb_nb.server.storage.schema_upgrade import upgrade_schema

USER, PASSWORD = "tester", "p@ss/word-4711"
_TEMPLATE = "template_of_tests"
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")


def programs() -> Path | None:
    """Return the folder of PostgreSQL's newest programs on this machine."""
    paths = [path for pattern in _FOLDERS for path in Path("/").glob(f"{pattern[1:]}/initdb")]
    found = shutil.which("initdb")
    paths += [Path(found)] if found else []
    return max(paths, key=_version).parent if paths else None


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _ordinary_user() -> dict[str, Any]:
    """Return what makes a process one of an ordinary user: PostgreSQL refuses to run as root."""
    if os.getuid():
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Cluster:
    """A running cluster; `stop` deletes it. Its socket asks for no password, its TCP port for `PASSWORD`."""

    def __init__(self, folder: Path) -> None:
        self._programs, self._user = folder, _ordinary_user()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        if self._user:
            os.chown(self.folder, self._user["user"], self._user["group"])
        self._run("initdb", "-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale", "C", "-N")
        self.start()
        self._count = 0
        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        upgrade_schema(self.url(_TEMPLATE))

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments], cwd=self.folder, check=True, capture_output=True, **self._user
        )

    def start(self) -> None:
        """Start the cluster, and wait until it answers."""
        options = ("-F", "-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", "data", *options],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                **self._user,
            )
        until(self._answers)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            return False
        return True

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Execute one statement."""
        with psycopg.connect(host=str(self.folder), user=USER, dbname=database, autocommit=True) as connection:
            connection.execute(statement.encode())

    def url(self, database: str) -> URL:
        """Return the address of a database."""
        return URL.create("postgresql+psycopg", USER, database=database, query={"host": str(self.folder)})

    def new_database(self, template: str = _TEMPLATE) -> URL:
        """Return the address of a new database, with the server's tables unless *template* is another one."""
        self._count += 1
        self.execute(f"CREATE DATABASE test_{self._count} TEMPLATE {template}")
        return self.url(f"test_{self._count}")

    def halt(self) -> None:
        """Stop the cluster; what was committed is there after `start`."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def stop(self) -> None:
        """Stop the cluster and delete it."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)


def text_of(url: URL) -> str:
    """Return *url* as a user writes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
