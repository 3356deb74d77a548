"""The embedded server as a separate process, and queries over HTTP as users send them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

ENTITY = "local"
RUN = """query R($p: String!, $n: String!) { project(name: $p) { run(name: $n) {
    %s } } }"""


def save_code(folder: Path) -> None:
    """Let the users of the server on *folder* have code saved, as their account pages do."""
    if not (folder / "server.db").exists():  # another database has the accounts
        return
    with closing(sqlite3.connect(folder / "server.db", timeout=60)) as connection, connection:
        connection.execute("UPDATE users SET saves_code = 1")


class EmbeddedServer:
    """`wandb-nb server` on *folder*, at any free port, inside `with`, with more *options* and *variables*.

    Its users want code saved.
    """

    def __init__(self, folder: Path, port: int = 0, *options: str, variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "wandb_nb", "server", "--port", str(port), "--dir", str(folder), *options]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
        environ |= {"PYTHONPATH": str(Path(__file__).parents[1]), **(variables or {})}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline() for _ in range(3)]
        self.url = lines[0].split()[2]
        self.port = int(self.url.rpartition(":")[2])
        self.key = (folder / "key").read_text().strip()
        save_code(folder)
        self.client = httpx.Client(base_url=self.url, auth=("api", self.key), timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def environ(self) -> dict[str, str]:
        """The variables that a user sets to log there."""
        return {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": self.key}

    def query(self, text: str, **variables: Any) -> Any:
        """Return the data of an answer without errors."""
        answer = self.client.post("/graphql", json={"query": text, "variables": variables}).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def run(self, name: str, fields: str, project: str = "p") -> Any:
        """Return *fields* of a run, or None without such a run."""
        project_data = self.query(RUN % fields, p=project, n=name)["project"]
        return project_data and project_data["run"]

    def rows(self, name: str, project: str = "p") -> list[dict[str, Any]]:
        """Return the history of a run."""
        data = self.run(name, "history(samples: 100000)", project)
        return [json.loads(line) for line in data["history"]] if data else []

    def config(self, name: str) -> dict[str, Any]:
        """Return the config of a run, without the tracker's own."""
        entries = json.loads(self.run(name, "config")["config"])
        return {key: entry["value"] for key, entry in entries.items() if key != "_wandb"}

    def files(self, name: str, project: str = "p") -> dict[str, bytes]:
        """Return the files of a run."""
        data = self.run(name, "files(first: 1000) { edges { node { name directUrl } } }", project)
        nodes = [edge["node"] for edge in data["files"]["edges"]]
        return {node["name"]: self.client.get(node["directUrl"]).content for node in nodes}
