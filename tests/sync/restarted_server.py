"""The embedded server, stopped and restarted as often as a test wants, and its stored data of a run."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_server import ENTITY, EmbeddedServer

from wandb_nb.server.storage.lines.row_segment import RowSegment

if TYPE_CHECKING:
    from pathlib import Path

FACTS = "id state exitCode displayName config summaryMetrics tags notes historyLineCount"


@dataclass
class StoredData:
    """The server's data of one run: lines as received, queried fields, files by name."""

    history: list[str]
    events: list[str]
    output: list[str]
    facts: dict[str, Any]
    files: dict[str, bytes]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The history, one dict per line."""
        return [json.loads(line) for line in self.history]

    @property
    def summary(self) -> dict[str, Any]:
        """The summary."""
        return json.loads(self.facts["summaryMetrics"])

    @property
    def config(self) -> dict[str, Any]:
        """The user's config."""
        entries = json.loads(self.facts["config"])
        return {key: entry["value"] for key, entry in entries.items() if key != "_wandb"}


class RestartedServer(EmbeddedServer):
    """A server that can be stopped and restarted at the same port, and its stored data, line by line."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(folder, 0, *options)
        self._options = options
        self._lock = threading.Lock()
        self._over = False

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._over = True
            super().__exit__()

    def bounce(self, *, kill: bool, pause: float = 0.0) -> None:
        """Kill the process or stop it in order; restart it after *pause* seconds."""
        with self._lock:
            if self._over:
                return
            if kill:
                self.process.kill()
            super().__exit__()
            threading.Event().wait(pause)
            super().__init__(self.folder, self.port, *self._options)

    def names(self, project: str = "p") -> list[str]:
        """Return the ids of the runs of *project*."""
        query = "SELECT r.name FROM runs r JOIN projects p ON p.id = r.project_id WHERE p.name = ? ORDER BY r.id"
        return [name for (name,) in self.select(query, project)]

    def stored(self, run: str, project: str = "p") -> StoredData:
        """Return the stored data of *run*, whose lines must be numbered from 0 without a gap."""
        query = "SELECT r.id FROM runs r JOIN projects p ON p.id = r.project_id WHERE r.name = ? AND p.name = ?"
        ((number,),) = self.select(query, run, project)
        history = self._history(number)
        named = "SELECT number, text FROM lines WHERE run_id = ? AND stream = ? ORDER BY number"
        events, output = (self._lines(named, number, stream) for stream in ("events", "output"))
        names = [name for (name,) in self.select("SELECT name FROM files WHERE run_id = ?", number)]
        facts = self.run(run, FACTS, project)
        return StoredData(history, events, output, facts, {name: self._file(run, project, name) for name in names})

    def _file(self, run: str, project: str, name: str) -> bytes:
        answer = self.client.get(f"/files/{ENTITY}/{project}/{run}/{name}", follow_redirects=True)
        assert answer.status_code == 200, (name, answer.text)
        return answer.content

    def _history(self, run: int) -> list[str]:
        texts: list[str] = []
        query = "SELECT first, length, data FROM segments WHERE run_id = ? ORDER BY first"
        for first, length, data in self.select(query, run):
            assert first == len(texts)
            texts += RowSegment(data, length).texts()
        return texts

    def _lines(self, query: str, *parameters: Any) -> list[str]:
        records = self.select(query, *parameters)
        assert [number for number, _ in records] == list(range(len(records)))
        return [text for _, text in records]

    def select(self, query: str, *parameters: Any) -> list[Any]:
        """Return the rows of a query in the server's database."""
        with closing(sqlite3.connect(self.folder / "server.db")) as database:
            return database.execute(query, parameters).fetchall()
