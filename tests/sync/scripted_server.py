"""A W&B server on the loopback interface that records what it receives and misbehaves on request."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from threaded_server import ThreadedServer

if TYPE_CHECKING:
    from collections.abc import Callable

ENTITY = "stub-entity"


def free_port() -> int:
    """Return a port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Exchange(NamedTuple):
    """One request: `name` is the operation, "file_stream" or "PUT <file>"; `content` its variables or body."""

    name: str
    content: Any
    headers: dict[str, str]


class Fault(NamedTuple):
    """A fault of one request.

    *kind*: "status" answers *status* and does nothing; "reset" drops the connection unread; "half" drops it half
    read; "after" does the work and then drops the connection; "late" does the same after *seconds*; "twice" does it
    two times; "trickle" sends a header that does not end, byte by byte.
    """

    kind: str
    status: int = 500
    headers: dict[str, str] = {}  # noqa: RUF012 -- never changed
    seconds: float = 0.0
    message: str = "scripted"


@dataclass
class ReceivedRun:
    """The server's data of one run."""

    fields: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    uploaded: list[str] = field(default_factory=list)
    exit_code: int | None = None
    completions: int = 0
    preempting: bool = False
    gaps: int = 0

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The history, one dict per line."""
        return [json.loads(line) for line in self.lines.get("wandb-history.jsonl", [])]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The system metrics, one dict per line."""
        return [json.loads(line) for line in self.lines.get("wandb-events.jsonl", [])]

    @property
    def summary(self) -> dict[str, Any]:
        """The newest summary."""
        return json.loads(self.lines["wandb-summary.json"][-1])

    @property
    def config(self) -> dict[str, Any]:
        """The config without its `value` layer."""
        return {key: entry["value"] for key, entry in json.loads(self.fields["config"]).items()}

    def take(self, body: dict[str, Any]) -> None:
        """Insert each line of a post at its offset."""
        for name, part in body.get("files", {}).items():
            received, start = self.lines.setdefault(name, []), part["offset"]
            self.gaps += start > len(received)
            received[start : start + len(part["content"])] = part["content"]
        self.uploaded += body.get("uploaded", [])
        self.completions += bool(body.get("complete"))
        self.exit_code = body.get("exitcode", self.exit_code)
        self.preempting = self.preempting or body.get("preempting", False)


class ScriptedServer(ThreadedServer):
    """Serves from its own thread inside `with`; *script* says which request has which fault."""

    def __init__(self, script: Callable[[int, str], Fault | None] | None = None, port: int = 0) -> None:
        super().__init__(_Handler, port)
        self.runs: dict[str, ReceivedRun] = {}
        self.exchanges: list[Exchange] = []
        self.script = script or (lambda _number, _name: None)
        self.features: list[str] = []
        self.stopped = False
        self.headers: dict[str, str] = {}
        self.count = 0

    def names(self) -> list[str]:
        """Return the names of all requests in order."""
        return [exchange.name for exchange in self.exchanges]

    def of(self, name: str) -> list[Any]:
        """Return the contents of the requests called *name*."""
        return [exchange.content for exchange in self.exchanges if exchange.name == name]

    def fault(self, name: str) -> Fault | None:
        """Return the fault of the current request."""
        with self.lock:
            self.count += 1
            return self.script(self.count, name)

    def answer(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the data of a GraphQL answer."""
        match operation:
            case "UpsertBucket":
                return self._upsert(variables)
            case "CreateRunFiles":
                files = [
                    {"name": n, "uploadUrl": f"{self.url}/store/{variables['run']}/{n}"} for n in variables["files"]
                ]
                return {"createRunFiles": {"runID": "x", "uploadHeaders": ["X-Given:yes"], "files": files}}
            case "ServerFeaturesQuery":
                return {"serverInfo": {"features": [{"name": name, "isEnabled": True} for name in self.features]}}
            case "RunResumeStatus":
                return self._resume(variables["name"])
            case "Viewer":
                return {
                    "viewer": {"id": "u", "entity": ENTITY, "username": "u", "email": "", "flags": "{}", "teams": None}
                }
            case "NotifyScriptableRunAlert":
                return {"notifyScriptableRunAlert": {"success": True}}
        raise AssertionError(operation)

    def _upsert(self, variables: dict[str, Any]) -> dict[str, Any]:
        new = variables["name"] not in self.runs
        run = self.runs.setdefault(variables["name"], ReceivedRun())
        run.fields |= {key: value for key, value in variables.items() if value is not None}
        project = {"id": "p", "name": run.fields.get("project", "uncategorized"), "entity": {"id": "e", "name": ENTITY}}
        bucket = {"id": "b", "name": variables["name"], "displayName": run.fields.get("displayName", "made-up-1")}
        return {"upsertBucket": {"bucket": {**bucket, "project": project}, "inserted": new}}

    def _resume(self, name: str) -> dict[str, Any]:
        run = self.runs.get(name)
        counts = {
            "historyLineCount": "wandb-history.jsonl",
            "eventsLineCount": "wandb-events.jsonl",
            "logLineCount": "output.log",
        }
        bucket = run and {"id": "b", "name": name, **{k: len(run.lines.get(file, [])) for k, file in counts.items()}}
        return {"model": {"id": "m", "name": "p", "entity": {"name": ENTITY}, "bucket": bucket}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ScriptedServer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        stream = self.path.endswith("/file_stream")
        if stream and self._fails("file_stream", length):
            return
        raw = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        request = json.loads(raw)
        if stream:
            run = unquote(self.path.split("/")[4])
            self._do("file_stream", request, lambda: self.server.runs[run].take(request))
            self._reply({"exitcode": None, "limits": {}, **({"stopped": True} if self.server.stopped else {})})
            return
        operation, variables = request["operationName"], request.get("variables") or {}
        if self._fails(operation, 0):
            return
        answer: dict[str, Any] = {}
        self._do(operation, variables, lambda: answer.update(self.server.answer(operation, variables)))
        self._reply({"data": answer})

    def do_PUT(self) -> None:
        _, _, run, name = unquote(self.path).split("/", 3)
        length = int(self.headers.get("Content-Length") or 0)
        if self._fails(f"PUT {name}", length):
            return
        body = self.rfile.read(length)
        self._do(f"PUT {name}", body, lambda: self.server.runs[run].uploads.update({name: body}))
        self._reply({})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Suppress output."""

    def _do(self, name: str, content: Any, act: Callable[[], None]) -> None:
        headers = {key.lower(): value for key, value in self.headers.items()}
        with self.server.lock:
            self.server.exchanges.append(Exchange(name, content, headers))
            act()
            if self._fault and self._fault.kind == "twice":
                act()

    def _fails(self, name: str, length: int) -> bool:
        """Carry out the faults that come before the request is handled; leave the others for the answer."""
        self._fault = fault = self.server.fault(name)
        if fault is None:
            return False
        if fault.kind == "status":
            self.rfile.read(length)
            self._answer({"errors": [{"message": fault.message}]}, fault.status, fault.headers)
        elif fault.kind in ("reset", "half"):
            self.rfile.read(length // 2 if fault.kind == "half" else 0)
            self._drop()
        else:
            return False
        return True

    def _drop(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _reply(self, data: dict[str, Any]) -> None:
        if self._fault and self._fault.kind in ("after", "late"):
            time.sleep(self._fault.seconds)
            self._drop()
        elif self._fault and self._fault.kind == "trickle":
            self._trickle()
        else:
            self._answer(data, 200, self.server.headers)

    def _trickle(self) -> None:
        self.close_connection = True
        with suppress(OSError):  # the client gave up
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Name: ")
            while True:
                self.wfile.write(b"x")
                time.sleep(0.05)

    def _answer(self, data: dict[str, Any], status: int, headers: dict[str, str]) -> None:
        payload = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(payload)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)
