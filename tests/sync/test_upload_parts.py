"""Large files of artifacts in parts, against a server that gives addresses for them, and one that does not."""

from __future__ import annotations

import io
import json
import threading
from base64 import b64encode
from dataclasses import replace
from hashlib import md5
from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.artifacts.manifest import manifest_digest
from wandb_nb.errors import RefusedError
from wandb_nb.store.format.artifact_record import ArtifactRecord, ManifestEntry
from wandb_nb.sync.http import upload_parts
from wandb_nb.sync.http.artifact_uploads import ArtifactUploads
from wandb_nb.sync.http.file_uploads import FileUploads
from wandb_nb.sync.http.network import Network, RetryPolicy
from wandb_nb.sync.http.operations import Bucket, GraphQLClient
from wandb_nb.sync.http.transport import Request, RequestSender, Response, connect
from wandb_nb.sync.http.upload_pool import UploadPool

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_server import EmbeddedServer

LARGE, SMALL = bytes(range(250)), b"small"
QUICK = RetryPolicy(max_retries=3, min_wait_seconds=0.001, max_wait_seconds=0.002)


class PartServer:
    """Answers an upload, with addresses for parts if *gives_parts*; the first put of part 2 fails.

    Addresses of part 3 that were given before the announcement number *valid_from* have expired.
    """

    def __init__(self, *, gives_parts: bool, valid_from: int = 1) -> None:
        self.gives_parts, self.valid_from = gives_parts, valid_from
        self.announcements = 0
        self.puts: list[tuple[str, bytes, str]] = []
        self.completed: dict[str, Any] = {}

    def __call__(self, request: Request) -> Response:
        """Return the answer to a request."""
        body = request.body if isinstance(request.body, bytes) else request.body.read()
        if request.method == "PUT":
            self.puts.append((request.url.rpartition("/")[2], body, request.headers.get("Content-MD5", "")))
            if [put[0] for put in self.puts].count("2") == 1 and request.url.endswith("/2"):
                return Response(503)
            if "part3-" in request.url and int(request.url.rpartition("-")[2].partition("/")[0]) < self.valid_from:
                return Response(403)
            return Response(200, {"etag": f'"tag{len(body)}"'})
        query = json.loads(body)
        return Response(
            200, body=json.dumps({"data": self._answer(query["operationName"], query["variables"])}).encode()
        )

    def _answer(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        file = {"id": "f", "uploadUrl": "http://files/manifest", "uploadHeaders": []}
        if operation == "CreateArtifact":
            return {"createArtifact": {"artifact": {"id": "a", "state": "PENDING"}}}
        if operation == "CompleteMultipartUploadArtifact":
            self.completed = variables
        if operation.startswith("CreateArtifactFiles"):
            edges = [{"node": self._node(spec)} for spec in variables["input"]["artifactFiles"]]
            return {"createArtifactFiles": {"files": {"edges": edges}}}
        return {"createArtifactManifest": {"artifactManifest": {"id": "m", "file": file}}}

    def _node(self, spec: dict[str, Any]) -> dict[str, Any]:
        node = {"storagePath": "place", "uploadUrl": f"http://files/{spec['name']}", "uploadHeaders": []}
        parts = spec.get("uploadPartsInput") or []
        if parts and self.gives_parts:
            self.announcements += 1
            numbers = [part["partNumber"] for part in parts]
            addresses = [
                {"partNumber": number, "uploadUrl": f"http://files/part{number}-{self.announcements}/{number}"}
                for number in numbers
            ]
            node["uploadMultipartUrls"] = {"uploadID": "u", "uploadUrlParts": addresses}
        return node


def digest(content: bytes) -> str:
    """Return the MD5 of *content* in base64."""
    return b64encode(md5(content, usedforsecurity=False).digest()).decode()


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> ArtifactRecord:
    """Return an artifact with a small file and one that is large under shortened limits."""
    monkeypatch.setattr(upload_parts, "MIN_MULTIPART_BYTES", 200)
    monkeypatch.setattr(upload_parts, "PART_BYTES", 100)
    files = {"large": LARGE, "small": SMALL}
    entries = {name: ManifestEntry(digest(content), len(content)) for name, content in files.items()}
    return ArtifactRecord("r", "p", "e", "dataset", "data", "0" * 32, "c", "s", entries=entries)


def send(server: PartServer, record: ArtifactRecord, tmp_path: Any) -> None:
    """Send the artifact to *server*."""
    for content in (LARGE, SMALL):
        (tmp_path / digest(content).replace("/", "_")).write_bytes(content)
    network = Network("http://server", "k" * 40, graphql=QUICK, transfer=QUICK)
    sender = RequestSender(server, threading.Event())
    graphql, bucket = GraphQLClient(network, sender), Bucket("b", "e", "p", "r", "", inserted=False)
    files = FileUploads(network, sender, graphql, bucket, pytest.fail)
    opened = lambda entry: (tmp_path / entry.digest.replace("/", "_")).open("rb")  # noqa: E731 -- an argument with a name
    ArtifactUploads(network, graphql, bucket, UploadPool(lambda: files), opened).send(record)


def test_a_large_file_is_sent_in_parts(record: ArtifactRecord, tmp_path: Any) -> None:
    """Each part is put with its own MD5, one that fails again and alone, and the server's ETags complete the file."""
    server = PartServer(gives_parts=True)
    send(server, record, tmp_path)
    puts = sorted((name, body) for name, body, _ in server.puts if name != "manifest")
    parts = [LARGE[:100], LARGE[100:200], LARGE[200:]]
    assert puts == [("1", parts[0]), ("2", parts[1]), ("2", parts[1]), ("3", parts[2]), ("small", SMALL)]
    assert [sum_ for name, _, sum_ in sorted(server.puts) if name in {"1", "3"}] == [digest(parts[0]), digest(parts[2])]
    tags = [{"partNumber": number, "hexMD5": tag} for number, tag in ((1, "tag100"), (2, "tag100"), (3, "tag50"))]
    assert server.completed == {
        "completeMultipartAction": "Complete",
        "completedParts": tags,
        "artifactID": "a",
        "storagePath": "place",
        "uploadID": "u",
    }


def test_an_expired_address_of_a_part_is_renewed(record: ArtifactRecord, tmp_path: Any) -> None:
    """A part whose address has expired while others were sent is announced again, and only this part is sent again."""
    server = PartServer(gives_parts=True, valid_from=2)
    send(server, record, tmp_path)
    assert sorted(name for name, *_ in server.puts if name.isdigit()) == ["1", "2", "2", "3", "3"]
    assert (server.announcements, [part["hexMD5"] for part in server.completed["completedParts"]][2]) == (2, "tag50")


def test_a_server_without_parts_gets_the_file_whole(record: ArtifactRecord, tmp_path: Any) -> None:
    """Where the server gives no addresses for parts, the file is put as a whole."""
    server = PartServer(gives_parts=False)
    send(server, record, tmp_path)
    assert [body for name, body, _ in server.puts if name == "large"] == [LARGE]
    assert server.completed == {}


def test_the_embedded_server_takes_parts_and_what_is_there_is_not_sent_again(
    record: ArtifactRecord, tmp_path: Path, embedded: EmbeddedServer
) -> None:
    """A file arrives in parts at the embedded server; those of an upload that was interrupted are not sent again."""
    for content in (LARGE, SMALL):
        (tmp_path / digest(content).replace("/", "_")).write_bytes(content)
    network = Network(embedded.url, embedded.key, graphql=QUICK, transfer=QUICK)
    requests: list[str] = []
    upsert = "mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"
    embedded.query(upsert, input={"name": "r", "modelName": "p", "entityName": "local"})

    def uploads(fails_from: int) -> ArtifactUploads:
        """Return uploads by a connection that breaks from that part on."""
        transport, sent = connect(network), []

        def counted(request: Request) -> Response:
            if request.method == "PUT" and len(request.body) >= len(LARGE[200:]):  # type: ignore[arg-type]  # sized
                sent.append(request)
                if len(sent) > fails_from:
                    return Response(403)
                requests.append(f"{len(request.body)} bytes")  # type: ignore[arg-type]  # as above
            return transport(request)

        sender = RequestSender(counted, threading.Event())
        graphql, bucket = GraphQLClient(network, sender), Bucket("b", "local", "p", "r", "", inserted=False)
        files = FileUploads(network, sender, graphql, bucket, lambda _problem: None)
        opened = lambda entry: (tmp_path / entry.digest.replace("/", "_")).open("rb")  # noqa: E731 -- as above
        return ArtifactUploads(network, graphql, bucket, UploadPool(lambda: files, size=1), opened)

    entries = {"large": record.entries["large"]}
    only_large = replace(record, entries=entries, digest=manifest_digest(entries))
    with pytest.raises(RefusedError, match="part 2"):
        uploads(fails_from=1).send(only_large)
    assert uploads(fails_from=9).send(only_large) == 0
    assert requests[:3] == ["100 bytes", "100 bytes", "50 bytes"]
    fields = "outputArtifacts { edges { node { files { edges { node { directUrl } } } } } }"
    (edge,) = embedded.run("r", fields)["outputArtifacts"]["edges"]
    (file,) = edge["node"]["files"]["edges"]
    assert embedded.client.get(file["node"]["directUrl"]).content == LARGE


def test_parts_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are never more parts than servers accept."""
    monkeypatch.setattr(upload_parts, "PART_BYTES", 1)
    monkeypatch.setattr(upload_parts, "MAX_PARTS", 4)
    assert [part.size for part in upload_parts.list_parts(io.BytesIO(bytes(10)))] == [3, 3, 3, 1]
