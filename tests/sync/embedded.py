"""The embedded server as a process that can be stopped, killed and started again, and what it holds of a run."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

FACTS = "id state exitCode displayName config summaryMetrics tags notes historyLineCount"


@dataclass
class Held:
    """What the server holds of one run: lines as they came, the facts that a query tells, files by name."""

    history: list[str]
    events: list[str]
    output: list[str]
    facts: dict[str, Any]
    files: dict[str, bytes]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The history, a dict a line."""
        return [json.loads(line) for line in self.history]

    @property
    def summary(self) -> dict[str, Any]:
        """The summary."""
        return json.loads(self.facts["summaryMetrics"])

    @property
    def config(self) -> dict[str, Any]:
        """The config that the user gave."""
        entries = json.loads(self.facts["config"])
        return {key: entry["value"] for key, entry in entries.items() if key != "_wandb"}


class EmbeddedServer:
    """`wandb-nb server` on *folder*, at the same port after each start.  Ended by `with`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self._lock = threading.Lock()
        self._down = False
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._down = True
            self.process.kill()
            self.process.wait(30)

    def start(self) -> None:
        """Start the process and wait until it listens."""
        command = [sys.executable, "-m", "wandb_nb", "server", "--port", str(self.port), "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        with self.process.stdout as told:
            first = told.readline()
            assert first, "the server ended at once"
            self.url = first.split()[2]
            told.readline()
            told.readline()
        self.port = int(self.url.rpartition(":")[2])
        self.key = (self.folder / "key").read_text()

    def bounce(self, *, kill: bool, pause: float = 0.0) -> None:
        """Kill the process, or stop it in order; start it again after *pause* seconds."""
        with self._lock:
            if self._down:
                return
            if kill:
                self.process.kill()
            else:
                self.process.terminate()
            self.process.wait(60)
            threading.Event().wait(pause)
            self.start()

    def query(self, text: str, **variables: Any) -> Any:
        """Return the data that a query answers."""
        body = {"query": text, "variables": variables}
        answer = httpx.post(f"{self.url}/graphql", json=body, auth=("api", self.key), timeout=30).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def names(self, project: str = "p") -> list[str]:
        """Return the ids of the runs of *project*."""
        with self._opened() as database:
            query = "SELECT r.name FROM runs r JOIN projects p ON p.id = r.project_id WHERE p.name = ? ORDER BY r.id"
            return [name for (name,) in database.execute(query, [project])]

    def facts(self, run: str, project: str = "p") -> dict[str, Any]:
        """Return what a query tells of *run*."""
        text = f"query R($p: String!, $n: String!) {{ project(name: $p) {{ run(name: $n) {{ {FACTS} }} }} }}"
        found: dict[str, Any] = self.query(text, p=project, n=run)["project"]["run"]
        return found

    def held(self, run: str, project: str = "p") -> Held:
        """Return all that there is of *run*, whose lines must be numbered from 0 without a gap."""
        with self._opened() as database:
            query = "SELECT r.id FROM runs r JOIN projects p ON p.id = r.project_id WHERE r.name = ? AND p.name = ?"
            ((number,),) = database.execute(query, [run, project])
            history = _lines(database, "SELECT number, text FROM history WHERE run_id = ? ORDER BY number", number)
            named = "SELECT number, text FROM lines WHERE run_id = ? AND stream = ? ORDER BY number"
            events, output = (_lines(database, named, number, stream) for stream in ("events", "output"))
            names = [name for (name,) in database.execute("SELECT name FROM files WHERE run_id = ?", [number])]
        return Held(history, events, output, self.facts(run, project), {n: self._file(run, project, n) for n in names})

    def _file(self, run: str, project: str, name: str) -> bytes:
        url = f"{self.url}/files/local/{project}/{run}/{name}"
        answer = httpx.get(url, auth=("api", self.key), timeout=30)
        assert answer.status_code == 200, (url, answer.text)
        return answer.content

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.folder / "server.db")) as database:
            yield database


def _lines(database: sqlite3.Connection, query: str, *parameters: Any) -> list[str]:
    found = database.execute(query, parameters).fetchall()
    assert [number for number, _ in found] == list(range(len(found)))
    return [text for _, text in found]
