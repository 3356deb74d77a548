"""A W&B server on the loopback interface that records what a client sends, for the test to check.

It answers the calls of a sync: GraphQL (run creation, features, upload addresses), the file stream, and uploads.
A request for another host, sent as to a proxy, is refused and recorded in `strays`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from threaded_server import ThreadedServer

ENTITY = "stub-entity"
STREAM = re.compile(r"^/files/(?P<entity>[^/]+)/(?P<project>[^/]+)/(?P<run>[^/]+)/file_stream$")


@dataclass
class ReceivedRun:
    """The server's data of one run."""

    project: str
    id: str
    fields: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    exit_code: int | None = None
    complete: bool = False

    @property
    def config(self) -> dict[str, Any]:
        """The config as the user set it."""
        entries = json.loads(self.fields["config"])
        return {key: entry["value"] for key, entry in entries.items() if key != "_wandb"}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The history, one dict per line as it was sent."""
        return [json.loads(line) for line in self.lines.get("wandb-history.jsonl", [])]

    @property
    def summary(self) -> dict[str, Any]:
        """The newest summary."""
        return json.loads(self.lines["wandb-summary.json"][-1])

    def take(self, body: dict[str, Any]) -> None:
        """Apply one request of the file stream: insert lines at their offset."""
        for name, part in body.get("files", {}).items():
            received = self.lines.setdefault(name, [])
            start = part["offset"]
            received[start : start + len(part["content"])] = part["content"]
        self.complete = self.complete or body.get("complete", False)
        self.exit_code = body.get("exitcode", self.exit_code)


class RecordingServer(ThreadedServer):
    """Serves from its own thread inside `with`; read `runs` and `strays` after the client has ended."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.runs: dict[str, ReceivedRun] = {}
        self.strays: list[str] = []
        self.artifacts: list[dict[str, Any]] = []
        """What each artifact was created with, its `files` by path, and whether it is `committed`."""
        self.fixed_answers: dict[str, dict[str, Any]] = {}
        """Answers to operations that are not carried out."""
        self.objects: dict[str, bytes] = {}
        """The files of artifacts by their MD5 in base64; one that is here is not asked for again."""
        self.artifact_uploads: list[str] = []
        self.refused_uploads: set[str] = set()
        """Files of artifacts whose upload is refused."""

    def answer(self, operation: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Return the data of a GraphQL answer; None for unknown operations."""
        if operation in self.fixed_answers:
            return self.fixed_answers[operation]
        makers = {
            "UpsertBucket": self._upsert,
            "CreateRunFiles": self._create_files,
            "Viewer": lambda _: {"viewer": {"id": "u", "entity": ENTITY, "username": ENTITY, "flags": "{}"}},
            "RunResumeStatus": lambda _: {"model": None},
            "ServerFeaturesQuery": lambda _: {"serverInfo": {"features": []}},
            "OrganizationCoreWeaveOrganizationID": lambda _: {"entity": None},
            "ArtifactType": lambda _: {"project": {"artifact": None}},
            "CreateArtifact": self._create_artifact,
            "CreateArtifactManifest": self._create_manifest,
            "UpdateArtifactManifest": self._update_manifest,
            "CreateArtifactFiles": self._create_artifact_files,
            "CommitArtifact": self._commit,
        }
        return makers[operation](variables) if operation in makers else None

    def _upsert(self, variables: dict[str, Any]) -> dict[str, Any]:
        new = variables["name"] not in self.runs
        run = self.runs.setdefault(variables["name"], ReceivedRun(variables["project"], variables["name"]))
        run.fields.update({key: value for key, value in variables.items() if value is not None})
        project = {"id": "cHJvamVjdA==", "name": run.project, "entity": {"id": "ZW50aXR5", "name": ENTITY}}
        bucket = {
            "id": "YnVja2V0",
            "name": run.id,
            "displayName": run.fields.get("displayName", run.id),
            "description": None,
            "config": run.fields.get("config", "{}"),
            "sweepName": None,
            "project": project,
            "historyLineCount": len(run.rows),
        }
        return {"upsertBucket": {"bucket": bucket, "inserted": new}}

    def _create_artifact(self, variables: dict[str, Any]) -> dict[str, Any]:
        sent = variables.get("input", variables)
        self.artifacts.append({**sent, "files": {}, "committed": False})
        artifact = {"id": str(len(self.artifacts)), "state": "PENDING", "artifactSequence": {"latestArtifact": None}}
        return {"createArtifact": {"artifact": {**artifact, "digest": sent["digest"]}}}

    def _create_manifest(self, variables: dict[str, Any]) -> dict[str, Any]:
        sent = variables.get("input", variables)
        url = f"{self.url}/artifact/{sent['artifactID']}/{sent['name']}"
        self.artifacts[int(sent["artifactID"]) - 1]["manifest"] = sent
        file = {"id": "1", "uploadUrl": url if variables.get("includeUpload") else None, "uploadHeaders": []}
        return {"createArtifactManifest": {"artifactManifest": {"id": sent["artifactID"], "file": file}}}

    def _update_manifest(self, variables: dict[str, Any]) -> dict[str, Any]:
        sent = variables.get("input", variables)
        manifest = self.artifacts[int(sent["artifactManifestID"]) - 1]["manifest"]
        created = self._create_manifest({**manifest, "includeUpload": True})
        return {"updateArtifactManifest": created["createArtifactManifest"]}

    def _create_artifact_files(self, variables: dict[str, Any]) -> dict[str, Any]:
        specs = variables.get("input", variables)["artifactFiles"]
        for spec in specs:
            if spec["md5"] in self.objects:
                self.artifacts[int(spec["artifactID"]) - 1]["files"][spec["name"]] = self.objects[spec["md5"]]
        edges = [
            {
                "node": {
                    "id": "1",
                    "name": spec["name"],
                    "displayName": spec["name"],
                    "storagePath": spec["name"],
                    "uploadUrl": None
                    if spec["md5"] in self.objects
                    else f"{self.url}/artifact/{spec['artifactID']}/{spec['name']}",
                    "uploadHeaders": [],
                    "uploadMultipartUrls": None,
                    "artifact": {"id": spec["artifactID"]},
                }
            }
            for spec in specs
        ]
        return {"createArtifactFiles": {"files": {"edges": edges}}}

    def _commit(self, variables: dict[str, Any]) -> dict[str, Any]:
        sent = variables.get("input", variables)
        self.artifacts[int(sent["artifactID"]) - 1]["committed"] = True
        return {"commitArtifact": {"artifact": {"id": sent["artifactID"], "digest": ""}}}

    def _create_files(self, variables: dict[str, Any]) -> dict[str, Any]:
        files = [
            {"name": name, "uploadUrl": f"{self.url}/store/{variables['run']}/{name}"} for name in variables["files"]
        ]
        return {"createRunFiles": {"runID": "YnVja2V0", "uploadHeaders": [], "files": files}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RecordingServer

    def do_POST(self) -> None:
        body = self._body()
        if not self._is_ours():
            return
        stream = STREAM.match(self.path)
        if self.path == "/graphql":
            self._graphql(json.loads(body))
        elif stream:
            with self.server.lock:
                self.server.runs[stream["run"]].take(json.loads(body))
            self._reply({"exitcode": None, "limits": {}})
        elif self.path.startswith("/sdk/otel/"):
            self._reply({})
        else:
            self._reply({"error": f"no such address: {self.path}"}, 404)

    def do_PUT(self) -> None:
        body = self._body()
        if not self._is_ours():
            return
        _, kind, owner, name = unquote(self.path).split("/", 3)
        with self.server.lock:
            if kind == "artifact" and name in self.server.refused_uploads:
                self._reply({"error": "no"}, 403)
                return
            if kind == "artifact":
                self.server.artifact_uploads.append(name)
                self.server.artifacts[int(owner) - 1]["files"][name] = body
                self.server.objects[b64encode(md5(body, usedforsecurity=False).digest()).decode()] = body
            else:
                self.server.runs[owner].uploads[name] = body
        self._reply({})

    def do_CONNECT(self) -> None:
        self._is_ours()

    do_GET = do_POST  # noqa: N815  the base class's naming

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Suppress output."""

    def _is_ours(self) -> bool:
        if self.command != "CONNECT" and self.path.startswith("/"):
            return True
        self.server.strays.append(f"{self.command} {self.path}")
        self._reply({"error": "this proxy leads nowhere"}, 403)
        return False

    def _graphql(self, request: dict[str, Any]) -> None:
        operation = request.get("operationName") or re.findall(r"(?:query|mutation)\s+(\w+)", request["query"])[0]
        with self.server.lock:
            data = self.server.answer(operation, request.get("variables") or {})
        if data is None:
            self._reply({"errors": [{"message": f"unknown operation {operation}"}]})
        else:
            self._reply({"data": data})

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _reply(self, data: dict[str, Any], status: int = 200) -> None:
        payload = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
