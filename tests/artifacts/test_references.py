"""References over http and s3, against servers on this machine: digests, downloads, and what changes meanwhile."""

from __future__ import annotations

import hashlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from threaded_server import ThreadedServer

import wandb_nb as wandb
from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., wandb.Run]

LIST = (
    '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>'
    "<IsTruncated>false</IsTruncated>{}</ListBucketResult>"
)
ENTRY = (
    "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    '<ETag>"{}"</ETag><Size>{}</Size></Contents>'
)


class Bucket(BaseHTTPRequestHandler):
    """Objects under their path, as a web server and as S3 have them."""

    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, bytes]]
    tagged = True

    def do_GET(self) -> None:
        """Answer with a listing of the bucket, or with an object."""
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        if "list-type" in query:
            bucket, prefix = address.path.strip("/"), query.get("prefix", [""])[0]
            keys = {path.removeprefix(f"/{bucket}/"): data for path, data in sorted(self.objects.items())}
            matches = {key: data for key, data in keys.items() if key.startswith(prefix)}
            entries = "".join(ENTRY.format(key, tag(data), len(data)) for key, data in matches.items())
            self.answer(200, LIST.format(entries).encode(), tag="")
            return
        data = self.objects.get(unquote(address.path))
        self.answer(404 if data is None else 200, data or b"", tag=tag(data or b""))

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self.do_GET()

    def answer(self, status: int, data: bytes, tag: str) -> None:
        """Send *data*, without its bytes for HEAD."""
        self.send_response(status)
        if tag and self.tagged:
            self.send_header("ETag", f'"{tag}"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadedServer]:
    """Return a server with two objects; s3:// addresses lead to it."""

    class Handler(Bucket):
        objects: ClassVar = {"/bucket/data/a.txt": b"one", "/bucket/data/sub/b.txt": b"two", "/bucket/other": b"x"}

    with ThreadedServer(Handler) as server:
        server.objects = Handler.objects  # type: ignore[attr-defined]  # for the tests
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield server


def tag(data: bytes) -> str:
    """Return the ETag of *data*."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_http_references(start: Start, tmp_path: Path, bucket: ThreadedServer) -> None:
    """The digest is the server's ETag; a download refuses a changed content, and may leave out a lost one."""
    artifact = wandb.Artifact("refs", "dataset")
    (entry,) = artifact.add_reference(f"{bucket.url}/bucket/data/a.txt?v=1", name="a.txt")
    assert (entry.path, entry.digest, entry.size) == ("a.txt", tag(b"one"), 3)
    assert entry.ref_target() == f"{bucket.url}/bucket/data/a.txt?v=1"
    artifact.add_reference(f"{bucket.url}/bucket/other", name="in/other", checksum=False)
    start(project="p").log_artifact(artifact)
    artifact.download(tmp_path / "d")
    assert ((tmp_path / "d/a.txt").read_bytes(), (tmp_path / "d/in/other").read_bytes()) == (b"one", b"x")
    objects: dict[str, bytes] = bucket.objects  # type: ignore[attr-defined]  # the fixture's
    objects["/bucket/data/a.txt"] = b"new"
    with pytest.raises(ArtifactError, match="has changed: log the artifact again"):
        artifact.download(tmp_path / "d")
    assert (tmp_path / "d/a.txt").read_bytes() == b"one"
    del objects["/bucket/data/a.txt"]
    with pytest.raises(ArtifactError, match="is gone: give allow_missing_references=True"):
        artifact.download(tmp_path / "e")
    artifact.download(tmp_path / "e", allow_missing_references=True)
    assert [path.name for path in (tmp_path / "e").rglob("*") if path.is_file()] == ["other"]


def test_a_server_that_does_not_answer(start: Start, bucket: ThreadedServer) -> None:
    """A refused address and a silent server are one error that says how to store the address only."""
    artifact = wandb.Artifact("refs", "dataset")
    for address, message in (
        (f"{bucket.url}/nothing", "the server answers 404"),
        ("http://127.0.0.1:9/x", "does not answer"),
    ):
        with pytest.raises(ArtifactError, match=rf"{message}.*give checksum=False"):
            artifact.add_reference(address)
    artifact.add_reference("http://127.0.0.1:9/x", checksum=False)
    assert start(project="p").log_artifact(artifact).version == "v0"


def test_s3_references(start: Start, tmp_path: Path, bucket: ThreadedServer) -> None:
    """An object or all below a prefix: digests are ETags, a download has the contents and refuses a changed one."""
    pytest.importorskip("s3fs")
    artifact = wandb.Artifact("refs", "dataset")
    entries = artifact.add_reference("s3://bucket/data", name="d")
    assert [(each.path, each.digest, each.size, each.ref) for each in entries] == [
        ("d/a.txt", tag(b"one"), 3, "s3://bucket/data/a.txt"),
        ("d/sub/b.txt", tag(b"two"), 3, "s3://bucket/data/sub/b.txt"),
    ]
    (entry,) = artifact.add_reference("s3://bucket/other")
    assert (entry.path, entry.digest) == ("other", tag(b"x"))
    with pytest.raises(ArtifactError, match="finds 2 objects, more than 1"):
        artifact.add_reference("s3://bucket/data", max_objects=1)
    with pytest.raises(ArtifactError, match="finds no object there"):
        artifact.add_reference("s3://bucket/nothing")
    start(project="p").log_artifact(artifact)
    artifact.download(tmp_path / "d")
    assert (tmp_path / "d/d/sub/b.txt").read_bytes() == b"two"
    objects: dict[str, bytes] = bucket.objects  # type: ignore[attr-defined]  # the fixture's
    objects["/bucket/other"] = b"y"
    with pytest.raises(ArtifactError, match="has changed: log the artifact again"):
        artifact.download(tmp_path / "e")
    del objects["/bucket/other"]
    artifact.download(tmp_path / "f", allow_missing_references=True)
    assert not (tmp_path / "f/other").exists()


def test_file_references_are_downloaded(start: Start, tmp_path: Path) -> None:
    """A file reference is copied if its content is the same; another scheme cannot be downloaded."""
    (tmp_path / "a.txt").write_text("one")
    artifact = wandb.Artifact("refs", "dataset")
    artifact.add_reference((tmp_path / "a.txt").as_uri())
    run = start(project="p")
    run.log_artifact(artifact)
    assert Path(artifact.file(tmp_path / "d")).read_text() == "one"
    (tmp_path / "a.txt").write_text("two")
    with pytest.raises(ArtifactError, match="which has changed"):
        artifact.download(tmp_path / "d")
    other = wandb.Artifact("other", "dataset")
    other.add_reference("zzz://b/x", name="x")
    run.log_artifact(other)
    with pytest.raises(ArtifactError, match="'zzz' is not supported"):
        other.download(tmp_path / "e")
