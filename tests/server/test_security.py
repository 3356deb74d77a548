"""Who is turned away, and what cannot be done."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from conftest import Client

from wandb_nb.server import users
from wandb_nb.server.signing import Signer
from wandb_nb.server.users import new_key

if TYPE_CHECKING:
    from wandb_nb.server.services import Services


@pytest.fixture
def stranger(services: Services) -> Client:
    """Return another user of the server."""
    key = new_key()
    with services.database.write() as connection:
        users.add_user(connection, "other", key)
    return Client(services, key)


@pytest.mark.parametrize("key", [None, "local-" + "0" * 40])
def test_no_key_no_answer(services: Services, key: str | None) -> None:
    """Without a known key everything but telemetry and pages is 401, whether or not it exists."""
    client = Client(services, key)
    for method, path in (
        ("POST", "/graphql"),
        ("POST", "/files/local/p/a/file_stream"),
        ("GET", "/files/local/p/a/x"),
    ):
        sent = client.send(method, path, content=b"{}")
        assert (sent.status_code, "API key" in sent.json()["error"]) == (401, True)


def test_keys_are_not_kept_in_the_database(services: Services) -> None:
    """The database holds the key's hash only; the file with the key can be read by its owner only."""
    key = services.folder / "key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert (services.folder / "secret").stat().st_mode & 0o777 == 0o600
    assert key.read_bytes() not in b"".join(path.read_bytes() for path in services.folder.glob("server.db*"))


def test_projects_are_private(client: Client, stranger: Client) -> None:
    """Another user sees nothing of a private project and is refused, with 403, when writing there."""
    made = client.upsert("a")
    answer = stranger.query('{ project(name: "p", entityName: "local") { id } }')
    assert answer == {"project": None}
    text = 'mutation { upsertBucket(input: {name: "a", modelName: "p", entityName: "local"}) { bucket { id } } }'
    sent = stranger.send("POST", "/graphql", json={"query": text})
    assert sent.status_code == 403
    assert "permission denied" in sent.json()["errors"][0]["message"]
    text = "mutation D($i: ID!) { deleteRun(input: {id: $i}) { clientMutationId } }"
    sent = stranger.send("POST", "/graphql", json={"query": text, "variables": {"i": made["bucket"]["id"]}})
    assert sent.status_code == 403
    assert stranger.stream("a").status_code == 404
    assert client.run("a", "name") == {"name": "a"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "", "[", "127.0.0.1.evil.example"])
def test_foreign_hosts_are_refused(client: Client, host: str) -> None:
    """A name that was made to resolve to this machine gets nothing."""
    assert client.send("POST", "/graphql", json={}, headers={"Host": host}).status_code == 421


def test_foreign_origins_are_refused(client: Client) -> None:
    """A page of another site, or of another port here, gets nothing."""
    for origin in ("https://evil.example", "http://127.0.0.1:9999", "null"):
        assert client.send("POST", "/graphql", json={}, headers={"Origin": origin}).status_code == 421


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\x", "a\x00b", "<script>.html", "é" * 300])
def test_names_never_become_paths(client: Client, services: Any, name: str) -> None:
    """Whatever a file is called, its bytes lie under a name of the server's own, and come back under the file's."""
    client.upsert("a")
    text = """mutation F($f: [String!]!) { createRunFiles(input: {projectName: "p", runName: "a", files: $f}) {
        files { name uploadUrl } } }"""
    (told,) = client.query(text, f=[name])["createRunFiles"]["files"]
    assert client.send("PUT", told["uploadUrl"], content=b"x").status_code == 200
    assert told["name"] == name
    (kept,) = (path for path in (services.folder / "files").rglob("*") if path.is_file())
    assert len(kept.name) == 32


def test_uploaded_pages_do_nothing_here(client: Client) -> None:
    """HTML that was uploaded is a download in a sandbox."""
    client.upsert("a")
    text = """mutation { createRunFiles(input: {projectName: "p", runName: "a", files: ["x.html"]}) {
        files { uploadUrl } } }"""
    (told,) = client.query(text)["createRunFiles"]["files"]
    client.send("PUT", told["uploadUrl"], content=b"<script>alert(1)</script>")
    got = client.send("GET", "/files/local/p/a/x.html")
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["content-security-policy"].startswith("sandbox")


def test_upload_addresses_expire_and_cannot_be_forged() -> None:
    """A signed text is good for its purpose, until its time, as it was made."""
    now = [1000.0]
    signer = Signer(b"secret", lambda: now[0])
    signed = signer.sign("upload", [1, "x"], 60)
    assert signer.read("upload", signed) == [1, "x"]
    assert signer.read("login", signed) is None
    for forged in (signed[:-1], signed[1:], "", ".", "é.é", Signer(b"other", lambda: now[0]).sign("upload", [1], 60)):
        assert signer.read("upload", forged) is None
    now[0] += 61
    assert signer.read("upload", signed) is None


def test_bodies_are_bounded(client: Client) -> None:
    """A body that is too large is 413, packed or not, before it is all in memory."""
    client.upsert("a")
    bomb = gzip.compress(b"0" * (64 << 20))
    path = "/files/local/p/a/file_stream"
    assert client.send("POST", path, content=bomb, headers={"Content-Encoding": "gzip"}).status_code == 413
    assert client.send("POST", path, headers={"Content-Length": str(1 << 40)}).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"files": 3}',
        b"[" * 100_000,
        json.dumps({"files": {"wandb-history.jsonl": {"offset": -1, "content": []}}}).encode(),
        json.dumps({"files": {"wandb-history.jsonl": {"offset": 0, "content": ["[1]"]}}}).encode(),
        json.dumps({"files": {"wandb-history.jsonl": {"offset": 2**40, "content": ["{}"]}}}).encode(),
        json.dumps({"files": {"wandb-summary.json": {"offset": 0, "content": ["nonsense"]}}}).encode(),
        json.dumps(
            {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 1e400, "a": {}}']}}}
        ).encode(),
    ],
)
def test_odd_bodies_are_the_callers_fault(client: Client, body: bytes) -> None:
    """A body of the wrong form is 400 with a reason, and nothing of it is kept."""
    client.upsert("a")
    sent = client.send("POST", "/files/local/p/a/file_stream", content=body)
    assert sent.status_code in {200, 400}
    assert sent.status_code == 400 or b"1e400" in body


def test_run_names_are_checked(client: Client) -> None:
    """A run, project or entity that could not be addressed is not made."""
    text = "mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"
    for name in ("..", "a/b", "a\nb", "x" * 200):
        assert "errors" in client.answer(text, input={"name": name, "modelName": "p"})
        assert "errors" in client.answer(text, input={"name": "a", "modelName": name})


def test_deep_queries_are_refused(client: Client) -> None:
    """A query that nests without end is refused."""
    text = "{ project { run { " + "project { run { " * 20 + "id" + " } }" * 20 + " } } }"
    assert "nests deeper" in client.answer(text)["errors"][0]["message"]
