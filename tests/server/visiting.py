"""Visitors of the pages: one without a browser, and a real server with a run for a real browser."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
from embedded_server import save_code

from wandb_nb.server.storage.engine.database_address import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Client

HOSTILE = "<script>alert(1)</script>\"'&"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UPSERT = "mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"
UPLOAD = """mutation F($run: String!, $files: [String!]!) {
    createRunFiles(input: {projectName: "p", runName: $run, files: $files}) { files { name uploadUrl } } }"""


class Visitor:
    """A logged-in visitor without a browser, who sends a cookie and forms."""

    def __init__(self, client: Client, key: str | None = None) -> None:
        client.headers = {}
        self.client = client
        self.key = key or (client.services.folder / "key").read_text()
        self.answer = client.send("POST", "/login", content=f"key={self.key}", headers=FORM)
        self.cookie = self.answer.headers["set-cookie"].partition(";")[0]

    def get(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Request a page."""
        return self.client.send(method, path, headers={"Cookie": self.cookie, **headers})

    def token(self, path: str = "/") -> str:
        """Return the token in the forms of a page."""
        match = re.search(r'name="token" value="([^"]+)"', self.get(path).text)
        assert match is not None
        return match[1]

    def send(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form as a page of this server does."""
        data = {"token": self.token(), **fields}
        return self.client.send("POST", path, data=data, headers={"Cookie": self.cookie})


class Site:
    """A real server on the folder *folder*, with more *options*, and the key of its first user.

    *database* is the address of its PostgreSQL database, if it has one.
    """

    def __init__(self, folder: Path, *options: str, database: str = "") -> None:
        self.folder, self.rows = folder, 0
        self.options, self.environment = options, {**os.environ, VARIABLE: database}
        self.process, self.url = self._serve(0)
        path = folder / "key"  # none beside a database that had users already
        self.key = path.read_text() if path.exists() else ""
        save_code(folder)

    def _serve(self, port: int) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "wandb_nb", "server", "--port", str(port), "--dir", str(self.folder)]
        arguments = [*command, *self.options]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=self.environment)
        assert process.stdout is not None
        return process, process.stdout.readline().split()[2]

    def stop(self) -> int:
        """Stop the server with Ctrl-C; return its exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def restart(self) -> None:
        """Restart the stopped server at the same address."""
        self.process, self.url = self._serve(int(self.url.rpartition(":")[2]))

    def login(self) -> str:
        """Return the cookie of the first user."""
        sent = httpx.post(f"{self.url}/login", data={"key": self.key})
        return sent.headers["set-cookie"].partition(";")[0]

    def post(self, path: str, body: Any) -> Any:
        """Send *body* with the key; return the answer."""
        sent = httpx.post(self.url + path, json=body, auth=("api", self.key), timeout=30)
        assert sent.status_code == 200, sent.text
        return sent.json()

    def query(self, text: str, **variables: Any) -> Any:
        """Return the data of a GraphQL answer without errors."""
        answer = self.post("/graphql", {"query": text, "variables": variables})
        assert "errors" not in answer, answer
        return answer["data"]

    def start(self, run: str, **facts: Any) -> None:
        """Start a run of project p."""
        self.query(UPSERT, input={"name": run, "modelName": "p", **facts})

    def stream(self, run: str, **body: Any) -> Any:
        """Post to the file stream of a run."""
        return self.post(f"/files/local/p/{run}/file_stream", body)

    def rows_of(self, run: str, count: int, first: int = 0) -> None:
        """Log *count* rows of a falling loss."""
        rows = [json.dumps({"_step": n, "_runtime": n, "loss": 1 / (n + 1)}) for n in range(first, first + count)]
        self.stream(run, files={"wandb-history.jsonl": {"offset": first, "content": rows}})

    def upload(self, run: str, files: dict[str, bytes]) -> None:
        """Upload files by name."""
        for file in self.query(UPLOAD, run=run, files=list(files))["createRunFiles"]["files"]:
            assert httpx.put(file["uploadUrl"], content=files[file["name"]]).status_code == 200

    @contextmanager
    def events(self, path: str, cookie: str | None = None) -> Iterator[Iterator[list[str]]]:
        """Follow the events at *path*: yield the ids of each."""
        headers = {"Cookie": cookie or self.login()}
        with httpx.stream("GET", self.url + path, headers=headers, timeout=30) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            yield (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))

    def grow(self, more: int) -> None:
        """Log *more* rows and a line in the run `grow`."""
        self.rows_of("grow", more, self.rows)
        self.rows += more
        line = f"{self.rows} rows <img src=x onerror=window.harmed=1>"
        self.stream("grow", files={"output.log": {"offset": 0, "content": [line]}})
