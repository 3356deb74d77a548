"""Refused requests and impossible attacks."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from conftest import Client, stored_blobs
from sqlalchemy import select
from test_stored_files import PAGE
from visiting import FORM, UPLOAD, Visitor

from wandb_nb.server.http.signing import Signer
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.server_ids import global_id
from wandb_nb.server.storage.tables import metadata
from wandb_nb.server.storage.users import Right
from wandb_nb.server.web.highlight import Highlighter

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services


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


def test_the_database_holds_no_keys(services: Services) -> None:
    """The database holds only the key's hash; only the owner can read the file with the key."""
    key = services.folder / "key"
    assert key.stat().st_mode & 0o777 == 0o600
    secret = services.folder / "secret"  # on PostgreSQL the servers share the one in the database
    assert secret.exists() is (services.database.engine.dialect.name == "sqlite")
    assert not secret.exists() or secret.stat().st_mode & 0o777 == 0o600
    with services.database.read() as connection:
        stored = [repr(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
    assert key.read_text() not in "".join(stored)
    assert key.read_bytes() not in b"".join(path.read_bytes() for path in services.folder.glob("server.db*"))


def test_projects_are_private(client: Client, stranger: Client) -> None:
    """Another user sees nothing of a private project and gets 403 when writing to it."""
    made = client.upsert("a")
    answer = stranger.query('{ project(name: "p", entityName: "local") { id } }')
    assert answer == {"project": None}
    text = 'mutation { upsertBucket(input: {name: "a", modelName: "p", entityName: "local"}) { bucket { id } } }'
    sent = stranger.send("POST", "/graphql", json={"query": text})
    assert sent.status_code == 403
    assert "permission denied" in sent.json()["errors"][0]["message"]
    text = "mutation D($i: ID!) { deleteRun(input: {id: $i}) { clientMutationId } }"
    sent, unknown = (
        stranger.send("POST", "/graphql", json={"query": text, "variables": {"i": run_id}})
        for run_id in (made["bucket"]["id"], global_id("Run", 999))
    )
    assert sent.status_code == unknown.status_code == 403
    assert sent.json() == unknown.json()
    assert "local" not in sent.text
    assert stranger.stream("a").status_code == 404
    assert client.run("a", "name") == {"name": "a"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "", "[", "127.0.0.1.evil.example"])
def test_foreign_hosts_are_refused(client: Client, host: str) -> None:
    """A foreign host name that resolves to this machine is refused."""
    assert client.send("POST", "/graphql", json={}, headers={"Host": host}).status_code == 421


def test_foreign_origins_are_refused(client: Client) -> None:
    """A page of another site, or of another local port, is refused."""
    for origin in ("https://evil.example", "http://127.0.0.1:9999", "null"):
        assert client.send("POST", "/graphql", json={}, headers={"Origin": origin}).status_code == 421


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\x", "a\x00b", "<script>.html", "é" * 300])
def test_names_never_become_paths(client: Client, services: Any, name: str) -> None:
    """For any file name, the bytes are stored under a name of the server's own."""
    client.upsert("a")
    text = """mutation F($f: [String!]!) { createRunFiles(input: {projectName: "p", runName: "a", files: $f}) {
        files { name uploadUrl } } }"""
    (file,) = client.query(text, f=[name])["createRunFiles"]["files"]
    assert client.upload(file["uploadUrl"])
    assert file["name"] == name
    (stored,) = stored_blobs(services)
    assert re.fullmatch("[0-9a-f]{32}", stored)


def test_uploaded_pages_do_nothing_here(client: Client) -> None:
    """Uploaded HTML is a download in a sandbox."""
    client.upsert("a")
    text = """mutation { createRunFiles(input: {projectName: "p", runName: "a", files: ["x.html"]}) {
        files { uploadUrl } } }"""
    (file,) = client.query(text)["createRunFiles"]["files"]
    client.send("PUT", file["uploadUrl"], content=b"<script>alert(1)</script>")
    got = client.send("GET", "/files/local/p/a/x.html", headers=PAGE)
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["content-security-policy"].startswith("sandbox")


def test_signed_values_expire_and_cannot_be_forged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed text is valid for its purpose, until it expires, and only unchanged."""
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    signer = Signer(b"secret")
    signed = signer.sign("upload", [1, "x"])
    assert signer.read("upload", signed, 60) == [1, "x"]
    assert signer.read("login", signed, 60) is None
    for forged in (signed[:-1], signed[1:], "", ".", "é.é", Signer(b"other").sign("upload", [1])):
        assert signer.read("upload", forged, 60) is None
    now += 61
    assert signer.read("upload", signed, 60) is None


def test_bodies_are_bounded(client: Client) -> None:
    """A body that is too large, compressed or not, is 413 before all of it is in memory."""
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
    """A malformed body is 400 with a reason, and nothing of it is stored."""
    client.upsert("a")
    sent = client.send("POST", "/files/local/p/a/file_stream", content=body)
    assert sent.status_code in {200, 400}
    assert sent.status_code == 400 or b"1e400" in body


def test_run_names_are_checked(client: Client) -> None:
    """A run, project or entity name that cannot be part of an address is refused."""
    text = "mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"
    for name in ("..", "a/b", "a\nb", "x" * 200):
        assert "errors" in client.answer(text, input={"name": name, "modelName": "p"})
        assert "errors" in client.answer(text, input={"name": "a", "modelName": name})


def test_deep_queries_are_refused(client: Client) -> None:
    """A deeply nested query is refused."""
    text = "{ project { run { " + "project { run { " * 20 + "id" + " } }" * 20 + " } } }"
    assert "nests deeper" in client.answer(text)["errors"][0]["message"]


SECRET_COMMIT = "c0ffee" * 6
PRIVATE_FILES = {
    "wandb-metadata.json": json.dumps({"git": {"commit": SECRET_COMMIT}, "program": "secret.py"}).encode(),
    "config.yaml": b"_wandb: {value: {e: secret.py}}",
    "diff.patch": b"secret.py",
    "upstream_diff_c0ffee.patch": b"secret.py",
    "notes.txt": b"for all",
}
CONFIG = json.dumps(
    {
        "lr": {"value": 1},
        "_wandb": {"value": {"e": {"x": {"program": "secret.py", "git": {"commit": SECRET_COMMIT}}}, "m": [], "t": {}}},
    }
)
WRITES = {
    "stop": "/local/p/runs/a/stop",
    "edit": "/local/p/runs/a/edit",
    "delete": "/local/p/delete",
}


@pytest.fixture
def owner(client: Client) -> Client:
    """Return the owner of a run whose commit and command are in every place where clients put them."""
    facts = {"commit": SECRET_COMMIT, "jobProgram": "secret.py", "host": "secret-host", "jobRepo": "secret.git"}
    client.upsert("a", config=CONFIG, **facts)
    for file in client.query(UPLOAD, run="a", files=list(PRIVATE_FILES))["createRunFiles"]["files"]:
        assert client.send("PUT", file["uploadUrl"], content=PRIVATE_FILES[file["name"]]).status_code == 200
    return client


def let(client: Client, level: Right = Right.NONE, *, is_open: bool = False) -> None:
    """Set the other user's right on project p, and whether it is open."""
    with client.services.database.write() as connection:
        users.set_right(connection, "local", "p", "other", level)
        users.set_open(connection, "local", "p", is_open)


def all_that_is_shown(reader: Client) -> str:
    """Return all that a user can read of the run, over the API and on the pages."""
    fields = "commit host config wandbConfig(keys: null) files { edges { node { name } } }"
    text = f'{{ project(name: "p", entityName: "local") {{ run(name: "a") {{ {fields} }} }} }}'
    content = json.dumps(reader.answer(text))
    for name in PRIVATE_FILES:
        content += reader.send("GET", f"/files/local/p/a/{name}").text
    headers = reader.headers
    visitor = Visitor(reader, _key_of(reader))
    run = "/local/p/runs/a"
    pages = [run, "/local/p", *(f"{run}/{part}" for part in ("overview", "files", "code", "data", "sampled"))]
    pages += [f"{run}/files/{name}" for name in PRIVATE_FILES]
    content += "".join(visitor.get(page).text for page in pages)
    reader.headers = headers
    return content


def test_commit_and_command_are_for_members(owner: Client, stranger: Client) -> None:
    """In an open project a non-member finds neither in columns, config, files or pages; a member does."""
    let(owner, is_open=True)
    visible = all_that_is_shown(stranger)
    assert "for all" in visible
    assert not [word for word in ("secret", SECRET_COMMIT) if word in visible]
    let(owner, Right.READ, is_open=True)
    visible = all_that_is_shown(stranger)
    assert [word for word in ("secret.py", "secret-host", SECRET_COMMIT) if word not in visible] == []


def test_filters_do_not_reveal_them(owner: Client, stranger: Client) -> None:
    """A reader cannot find hidden values by filtering for them."""
    let(owner, is_open=True)
    text = 'query Q($f: JSONString) { project(name: "p", entityName: "local") { runCount(filters: $f) } }'
    for tree in ({"config._wandb.e.x.program": "secret.py"}, {"config._wandb.value.e.x.program": {"$regex": "^s"}}):
        assert stranger.query(text, f=json.dumps(tree))["project"]["runCount"] == 0
    assert stranger.query(text, f=json.dumps({"config.lr": 1}))["project"]["runCount"] == 1
    assert "errors" in stranger.answer(text, f=json.dumps({"commit": SECRET_COMMIT}))


@pytest.mark.parametrize("level", [Right.NONE, Right.READ, Right.WRITE, Right.ADMIN])
def test_rights_hold_over_api_and_pages(owner: Client, stranger: Client, level: Right) -> None:
    """Without a right nothing is found; readers change nothing; writers log, upload, stop, rename and delete."""
    let(owner, level)
    key = owner.headers
    visitor = Visitor(Client(stranger.services, None), _key_of(stranger))
    page = visitor.get("/local/p/runs/a/overview")
    assert page.status_code == (200 if level else 404)
    assert ("Delete this run" in page.text) == (level >= Right.WRITE)
    expected = 404 if level < Right.READ else 403 if level < Right.WRITE else 200
    assert stranger.stream("a").status_code == expected
    query = '{ project(name: "p", entityName: "local") { run(name: "a") { files(names: ["x"]) { edges { node {'
    answer = stranger.answer(f"{query} uploadUrl }} }} }} }} }} }}")
    assert ('"uploadUrl": "http' in json.dumps(answer)) == (level >= Right.WRITE)
    fields = {"name": "new", "run": "a", "sure": "1"}
    done = [visitor.send(path, **fields).status_code for path in WRITES.values()]
    assert done == [303 if level >= Right.WRITE else expected] * 3
    owner.headers = key
    assert (owner.run("a", "name") is None) == (level >= Right.WRITE)


def _key_of(client: Client) -> str:
    return base64.b64decode(client.headers["Authorization"].partition(" ")[2]).decode().partition(":")[2]


def test_a_key_works_as_basic_and_bearer(client: Client) -> None:
    """Both forms of the header work, with any user name; a key in the address does not."""
    key = _key_of(client)
    for header in (f"Bearer {key}", f"bearer {key}", client.headers["Authorization"]):
        sent = client.send("POST", "/graphql", json={"query": "{ viewer { name } }"}, headers={"Authorization": header})
        assert sent.json() == {"data": {"viewer": {"name": "local"}}}
    client.headers = {}
    for header in ("", "Basic !!!", "Basic", "Digest x", f"Basic {key}"):
        assert client.send("POST", "/graphql", json={}, headers={"Authorization": header}).status_code == 401
    assert client.send("POST", f"/graphql?key={key}&api_key={key}", json={}).status_code == 401


def test_forms_of_other_sites_change_nothing(owner: Client, stranger: Client) -> None:
    """A form needs the token of this user's own pages; another's, a forged or a missing one is refused."""
    visitor, other = Visitor(owner), Visitor(Client(stranger.services, None), _key_of(stranger))
    cookie = {"Cookie": visitor.cookie}
    paths = [*WRITES.values(), "/local/p/columns", "/logout"]
    fields = {"run": "a", "sure": "1", "name": "new"}
    for token in ({}, {"token": ""}, {"token": "x.y"}, {"token": other.token()}, {"token": visitor.token()[:-1]}):
        for path in paths:
            sent = visitor.client.send("POST", path, data={**fields, **token}, headers=cookie)
            assert sent.status_code == 403
    good = {**fields, "token": visitor.token()}
    for headers, status in (
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 421),
        ({"Host": "evil.example"}, 421),
    ):
        for path in paths:
            assert visitor.client.send("POST", path, data=good, headers={**cookie, **headers}).status_code == status
    owner.headers = {"Authorization": f"Bearer {visitor.key}"}
    assert owner.run("a", "stopped displayName")["stopped"] is False


def test_forms_are_bounded(client: Client) -> None:
    """A form that is too large, has too many fields, is a compression bomb or is malformed is refused, login or not."""
    visitor = Visitor(client)
    for content, headers, status in (
        (b"key=" + b"x" * (2 << 20), FORM, 413),
        (b"&".join([b"a=1"] * 20_000), FORM, 400),
        (gzip.compress(b"0" * (64 << 20)), {**FORM, "Content-Encoding": "gzip"}, 413),
        (b"{}", {"Content-Type": "application/json"}, 400),
    ):
        for path, cookie in (("/login", ""), ("/local/p/columns", visitor.cookie)):
            sent = client.send("POST", path, content=content, headers={**headers, "Cookie": cookie})
            assert sent.status_code == status


def test_hostile_nesting_is_refused(client: Client) -> None:
    """Deeply nested config, summary, rows and filters are the caller's error, and no page breaks on them."""
    client.upsert("a")
    deep = '{"a":' * 900 + "1" + "}" * 900
    text = "mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"
    assert "errors" in client.answer(text, input={"name": "b", "modelName": "p", "config": deep})
    for name in ("wandb-history.jsonl", "wandb-summary.json"):
        assert client.stream("a", files={name: {"offset": 0, "content": [deep]}}).status_code == 400
    text = 'query Q($f: JSONString) { project(name: "p") { runCount(filters: $f) } }'
    assert "nested deeper" in client.answer(text, f=deep)["errors"][0]["message"]
    fine = '{"a":' * 90 + "1" + "}" * 90
    client.stream("a", files={"wandb-summary.json": {"offset": 0, "content": [fine]}})
    assert Visitor(client).get("/local/p").status_code == 200


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a?" * 25 + "a" * 25, 1),
        ("(a|a)(a|a)" * 12 + "b", 0),
        ("(a+)+$", 1),
        ("(a|aa)*b", 0),
        ("a*a*a*b", 0),
        ("(?:a{1,9}){1,9}b", 0),
        (".*.*.*.*=.*", 0),
    ],
)
def test_no_pattern_takes_long(client: Client, pattern: str, expected: int) -> None:
    """Patterns that take backtracking engines hours are answered in time linear in the text."""
    client.upsert("a", displayName="a" * 5000)
    text = 'query Q($f: JSONString) { project(name: "p") { runCount(filters: $f) } }'
    start = time.process_time()
    assert client.query(text, f=json.dumps({"display_name": {"$regex": pattern}}))["project"]["runCount"] == expected
    assert time.process_time() - start < 2


@pytest.mark.parametrize("pattern", ["[", "(", "x" * 300, r"(a)\1", "(?=a)", "((a{100}){10}){10}", "\ud800["])
def test_patterns_that_need_backtracking_are_errors(client: Client, pattern: str) -> None:
    """A filter pattern that is invalid, too large, or unsupported by a linear engine is the caller's error."""
    client.upsert("a", displayName="a" * 1000)
    text = 'query Q($f: JSONString) { project(name: "p") { runCount(filters: $f) } }'
    error = client.answer(text, f=json.dumps({"display_name": {"$regex": pattern}}))["errors"][0]
    assert "a pattern in a filter" in error["message"] or "in a filter is not valid" in error["message"]


def test_highlighting_is_bounded() -> None:
    """Sources that take the lexer quadratic time are returned whole, the rest of them without colours."""
    sources = ["\n " * 50_000, "\t\n" * 50_000, "import a\n" + "\n " * 50_000]
    highlight, start = Highlighter(0.2), time.process_time()
    for source in sources:
        assert "".join(text for _, text in highlight(source, "x.py")) == source
    assert time.process_time() - start < 5


@pytest.mark.parametrize("path", ["/static/..%2f..%2ftables.py", "/static/../app.py", "/static/%00", "/upload/../key"])
def test_addresses_lead_nowhere_else(client: Client, path: str) -> None:
    """Dots and nulls in an address reach no file of the machine."""
    for prefix in ("", "/local/p/runs/a/files"):
        assert client.send("GET", prefix + path).status_code in {303, 404, 405}


@pytest.mark.parametrize(
    "name", ["a\nb.txt", "a\x00b", "../../key", "x\r\nSet-Cookie: a=b", 'a"; filename="b', "\u202etxt.exe"]
)
def test_hostile_file_names_come_back_whole(client: Client, name: str) -> None:
    """Any file name is in the download's headers, and never becomes a header or a path."""
    client.upsert("a")
    (file,) = client.query(UPLOAD, run="a", files=[name])["createRunFiles"]["files"]
    client.send("PUT", file["uploadUrl"], content=b"x")
    got = client.send("GET", f"/files/local/p/a/{quote(name, safe='')}")
    assert (got.status_code, got.content) == (200, b"x")
    assert "set-cookie" not in got.headers
    assert got.headers["content-disposition"].startswith("attachment")
    assert Visitor(client).get(f"/local/p/runs/a/files/{quote(name, safe='')}").status_code == 200


def test_the_policy_of_every_answer(client: Client) -> None:
    """Pages, data, errors and downloads all have a policy against outside content and content sniffing."""
    visitor = Visitor(client)
    for path in ("/", "/login", "/static/style.css", "/none", "/local/none", "/graphql"):
        headers = visitor.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
