"""A server on PostgreSQL: its command, several processes on one database, and text that no database takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cluster import PASSWORD, Cluster, programs, text_of
from conftest import Client
from visiting import FORM, UPLOAD, UPSERT, Visitor
from waiting import until

from wandb_nb.errors import StoreError, UsageError
from wandb_nb.server.http import anonymous_accounts
from wandb_nb.server.http.anonymous_accounts import AnonymousAccounts
from wandb_nb.server.http.login_limit import MAX_FAILURES
from wandb_nb.server.http.services import open_services
from wandb_nb.server.login_links import new_link
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.database import Database
from wandb_nb.server.storage.engine.database_address import VARIABLE, parse_address
from wandb_nb.server.storage.schema_upgrade import LATEST, upgrade_schema
from wandb_nb.server.storage.tables import metadata
from wandb_nb.server.storage.users import set_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL

    from wandb_nb.server.http.services import Services

COMMAND = (sys.executable, "-m", "wandb_nb", "server")


@pytest.fixture
def empty(cluster: Cluster) -> URL:
    """Return the address of a database without tables."""
    return cluster.new_database("template0")


def run(folder: Path, *arguments: str, database: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of the server in *folder*, with the address *database* in the environment."""
    return subprocess.run(
        [*COMMAND, "--dir", str(folder), *arguments],
        env={**os.environ, VARIABLE: database},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def send_json(client: Client, path: str, body: Any) -> httpx.Response:
    """Post *body* as ASCII, in which JSON can have any text."""
    return client.send("POST", path, content=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("services", ["sqlite", "postgresql"], indirect=True)
def test_unstorable_text_is_replaced(client: Client) -> None:
    """NUL and lone surrogates in names, notes and console lines become U+FFFD, and a file is found by its own name."""
    text = "a\0b\ud800c"
    upsert = {"name": "r", "modelName": "p", "displayName": text, "notes": text}
    answer = send_json(client, "/graphql", {"query": UPSERT, "variables": {"input": upsert}}).json()
    assert "errors" not in answer, answer
    body = {"files": {"output.log": {"offset": 0, "content": [text]}}}
    assert send_json(client, "/files/local/p/r/file_stream", body).status_code == 200
    got = client.run("r", "displayName notes")
    assert (got["displayName"], got["notes"]) == ("a\ufffdb\ufffdc", "a\ufffdb\ufffdc")
    (file,) = client.query(UPLOAD, run="r", files=["x\0y"])["createRunFiles"]["files"]
    assert client.send("PUT", file["uploadUrl"], content=b"1").status_code == 200
    assert client.send("GET", f"/files/local/p/r/{quote(chr(0).join('xy'))}").content == b"1"
    visitor = Visitor(client)
    assert "a\ufffdb\ufffdc" in visitor.get("/local/p/runs/r/console").text
    assert visitor.get(f"/local/p?search={quote('name=' + chr(0))}").status_code == 200


@pytest.mark.parametrize("services", ["postgresql"], indirect=True)
def test_the_tables_on_postgresql(services: Services) -> None:
    """The migrations make exactly the tables of `tables.py` on PostgreSQL, including cascades."""
    with services.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("services", ["postgresql"], indirect=True)
def test_values_that_do_not_fit_are_refused(client: Client) -> None:
    """A text that is longer than its column is the client's error, and changes nothing."""
    client.upsert("r")
    upsert = {"name": "r", "modelName": "p", "state": "x" * 99}
    answer = client.send("POST", "/graphql", json={"query": UPSERT, "variables": {"input": upsert}})
    assert answer.status_code == 400
    assert "too large" in answer.json()["error"]
    assert client.run("r", "state")["state"] == "running"


def test_a_database_is_migrated_before_it_is_used(empty: URL, tmp_path: Path) -> None:
    """A start without tables, or with those of a newer version, is refused with the remedy; `migrate` makes them."""
    with pytest.raises(StoreError, match="wandb-nb server migrate"):
        open_services(tmp_path / "data", empty)
    first, second = (run(tmp_path / "data", "migrate", database=text_of(empty)) for _ in range(2))
    assert (first.returncode, first.stdout) == (0, f"upgraded the tables to revision {LATEST}\n")
    assert (second.returncode, second.stdout) == (0, f"the tables already have revision {LATEST}\n")
    database = Database(empty)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for arguments in ((), ("migrate",)):
        refused = run(tmp_path / "data", *arguments, database=text_of(empty))
        assert refused.returncode != 0
        assert "newer than this package; upgrade wandb-nb" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_concurrent_migrations(empty: URL) -> None:
    """Of several migrations at the same time one makes the tables, and the others find them."""
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: upgrade_schema(empty), range(4))) == [False, False, False, True]


def test_the_password_appears_nowhere(cluster: Cluster, tmp_path: Path) -> None:
    """A password is refused as an argument, works from the environment, and is in no output, title, page or file."""
    url = cluster.new_database().set(password=PASSWORD)
    address = text_of(url)
    refused = run(tmp_path / "data", "--database", address)
    assert refused.returncode == 2
    assert VARIABLE in refused.stderr
    arguments = [*COMMAND, "--dir", str(tmp_path / "data"), "--port", "0"]
    environment = {**os.environ, VARIABLE: address}
    with subprocess.Popen(
        arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        site = lines[0].split()[2]
        pages = [httpx.get(f"{site}{path}").text for path in ("/", "/login", "/none")]
        title = Path(f"/proc/{process.pid}/cmdline").read_text() if Path("/proc").is_dir() else ""
        process.terminate()
        lines.append(process.stdout.read())
    unreachable = f"postgresql://ann:{quote(PASSWORD, safe='')}@127.0.0.1:1/x"
    failed = run(tmp_path / "other", database=unreachable)
    assert "cannot be used" in failed.stderr
    stored = [path.read_text("utf-8", "replace") for path in (tmp_path / "data").rglob("*") if path.is_file()]
    for text in (refused.stderr, *lines, *pages, title, failed.stderr, failed.stdout, *stored):
        assert PASSWORD not in text
        assert quote(PASSWORD, safe="") not in text


@pytest.mark.parametrize(
    "address",
    [
        "mysql://a@b/c",
        "postgresql://host",
        "postgresql://ann:p@ss@host/db",
        "postgresql://h:word/db",
        "sqlite:///x",
        "secret",
    ],
)
def test_addresses_of_another_form(address: str) -> None:
    """What is not an address of a PostgreSQL database is refused without repeating it, since it may hold a password."""
    with pytest.raises(UsageError, match="postgresql://USER@HOST/DATABASE") as error:
        parse_address(address)
    assert address not in str(error.value)
    assert "ss@host" not in str(error.value)


@pytest.fixture
def pair(emptied_database: Callable[[], URL], tmp_path: Path) -> Iterator[tuple[Services, Services]]:
    """Return two servers' parts on one database and folder; like two processes, they share no memory."""
    url = emptied_database()
    opened = tuple(open_services(tmp_path / "data", url) for _ in range(2))
    yield opened[0], opened[1]
    for services in opened:
        services.database.close()


def test_two_servers_count_as_one(pair: tuple[Services, Services]) -> None:
    """Requests to two servers at the same time make one project and one run each, and lose no count."""
    clients = [Client(services, (services.folder / "key").read_text()) for services in pair]

    def send(number: int) -> Any:
        client = clients[number % 2]
        inserted = client.upsert(f"run{number // 4}")["inserted"]
        client.query(UPLOAD, run=f"run{number // 4}", files=["x"])
        row = json.dumps({"_step": number % 4, "v": number})
        files = {"wandb-history.jsonl": {"offset": number % 4, "content": [row]}}
        assert client.stream(f"run{number // 4}", files=files).status_code == 200
        return inserted

    with ThreadPoolExecutor(4) as pool:
        inserted = list(pool.map(send, range(24)))
    assert inserted.count(True) == 6
    with pair[0].database.read() as connection:
        rows = connection.exec_driver_sql("SELECT announced FROM runs").scalars().all()
        assert list(rows) == [4] * 6
        assert connection.exec_driver_sql("SELECT count(*) FROM projects").scalar() == 1
        assert connection.exec_driver_sql("SELECT sum(length) FROM segments").scalar() == 24


def test_a_right_that_ends_ends_on_every_server(pair: tuple[Services, Services]) -> None:
    """A key that one server replaced is refused by the other immediately."""
    folder = pair[0].folder
    client = Client(pair[1], (folder / "key").read_text())
    assert client.query("{ viewer { username } }")["viewer"]["username"] == "local"
    with pair[0].database.write() as connection:
        connection.exec_driver_sql("UPDATE api_keys SET key_hash = 'another'")
    assert client.send("POST", "/graphql", json={"query": "{ viewer { username } }"}).status_code == 401


def test_failed_logins_count_on_every_server(pair: tuple[Services, Services]) -> None:
    """Ten wrong keys, half of them at each server, make both of them refuse the address."""
    visitors = [Client(services, None) for services in pair]
    statuses = [login(visitors[number % 2], f"wrong{number}") for number in range(MAX_FAILURES)]
    assert statuses == [401] * MAX_FAILURES
    assert [login(visitor, "another") for visitor in visitors] == [429, 429]


def login(visitor: Client, key: str) -> int:
    """Try *key* at the login page; return the status."""
    return visitor.send("POST", "/login", content=f"key={key}", headers=FORM).status_code


def test_an_account_pays_at_every_server(pair: tuple[Services, Services], monkeypatch: pytest.MonkeyPatch) -> None:
    """What an anonymous account sends to one server it may not send to the other."""
    monkeypatch.setattr(anonymous_accounts, "MAX_BYTES", 20_000)
    with pair[0].database.write() as connection:
        _, key = AnonymousAccounts(enabled=True).create(connection, "10.0.0.1")
    query = {"query": "{ viewer { id } }" + " " * 9_000}
    first, second = (Client(services, key) for services in pair)
    answers = [client.send("POST", "/graphql", json=query) for client in (first, second, first, second)]
    assert [answer.status_code for answer in answers] == [200, 200, 413, 413]


def test_what_one_server_signed_the_other_accepts(emptied_database: Callable[[], URL], tmp_path: Path) -> None:
    """With data folders of their own, servers accept each other's upload addresses and logins; a new key ends links."""
    url = emptied_database()
    first, second = (open_services(tmp_path / name, url) for name in ("first", "second"))
    key = (tmp_path / "first" / "key").read_text()
    clients = [Client(services, key) for services in (first, second)]
    clients[0].upsert("r")
    (file,) = clients[0].query(UPLOAD, run="r", files=["x"])["createRunFiles"]["files"]
    assert clients[1].send("PUT", file["uploadUrl"], content=b"1").status_code == 200
    visitor = Visitor(clients[0], key)
    visitor.client = Client(second, None)
    assert visitor.get("/").status_code == 200
    (second.folder / "url").write_text("http://127.0.0.1:8090")
    link = new_link(second.folder).partition("#")[2]
    with first.database.write() as connection:
        set_key(connection, "local", new_key())
    refused = Client(second, None).send("POST", "/login", content=f"link={link}", headers=FORM)
    assert refused.status_code == 401
    assert visitor.get("/").status_code == 303
    assert not (first.folder / "secret").exists()
    for services in (first, second):
        services.database.close()


def test_a_database_that_is_gone_for_a_while(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While PostgreSQL is down, requests get 503 and are answered after its restart; nothing acknowledged is lost.

    The log has the reason, one line for each request.
    """
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed: `make test` installs it as root on Debian or Ubuntu")
    own = Cluster(folder)
    services = open_services(tmp_path / "data", own.new_database())
    client = Client(services, (services.folder / "key").read_text())
    try:
        client.upsert("r")
        client.rows("r", 0, '{"v": 1}')
        own.halt()
        down = [
            client.stream("r", files={}),
            client.send("POST", "/graphql", json={"query": "{ viewer { username } }"}),
        ]
        assert [(answer.status_code, answer.headers.get("retry-after")) for answer in down] == [(503, "5")] * 2
        assert str(own.folder) not in down[0].text
        reasons = [record.getMessage() for record in caplog.records if record.name.endswith("storage.database")]
        assert len(reasons) == 2
        assert all(text.startswith("the database failed: ") and "\n" not in text for text in reasons)
        own.start()
        until(lambda: client.stream("r", files={}).status_code == 200)
        client.rows("r", 1, '{"v": 2}')
        assert client.run("r", "historyLineCount")["historyLineCount"] == 2
    finally:
        services.database.close()
        own.stop()
