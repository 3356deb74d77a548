"""A server's application in this process, and its first user's key."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from cluster import programs, text_of
from sqlalchemy import NullPool, create_engine, select, text
from visiting import HOSTILE, Site, Visitor
from waiting import set_timeouts

from wandb_nb.server.app import create_app
from wandb_nb.server.http.services import open_services
from wandb_nb.server.protocol.staged_uploads import add_staged
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts import teams
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.database import Database
from wandb_nb.server.storage.engine.database_address import VARIABLE
from wandb_nb.server.storage.files.s3_address import parse_s3_address
from wandb_nb.server.storage.tables import files, metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bucket import Bucket
    from cluster import Cluster
    from playwright.sync_api import Browser, Page
    from sqlalchemy import URL

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.files.s3_address import S3Address

HOST = "http://127.0.0.1:8090"
ROOT = Path(__file__).parents[2]
ON_POSTGRESQL = {"data_folder": "", "deleted_runs": "addresses", "request_order": "file", "teams": "membership"}
"""The modules whose tests run on PostgreSQL with a folder, too: they are about the folder, or about addresses that two
servers accept; a text in the names of the tests."""
ON_BUCKET = {
    **dict.fromkeys(("alert_delivery", "anonymous", "artifact_pages", "artifacts", "filters", "groups_page"), ""),
    **dict.fromkeys(("login_links", "logins", "multipart", "page_listing", "pages", "protocol", "run_outcomes"), ""),
    **dict.fromkeys(("account_page", "deleted_runs", "request_order", "security", "team_changes"), ""),
    **dict.fromkeys(("saved_views", "teams", "segments", "server_history", "stored_files", "untrusted_values"), ""),
    "values_cache": "",
    "backup": "restored_into",
}
"""The modules whose tests run on PostgreSQL with a bucket, too; a text in the names of the tests."""


TWINS: dict[int, Services] = {}
"""The second server on the database of a first one, by the id of that one's parts."""


class Client:
    """Calls the application without a socket, with *key* unless it is None.

    Where a second server is on the database, they answer by turns, as several processes behind one address do.
    """

    def __init__(self, services: Services, key: str | None) -> None:
        self.services, self.key = services, key
        self.app = create_app(services)
        twin = TWINS.get(id(services))
        self._other = create_app(twin) if twin is not None else None
        self._count = 0
        self.headers = {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()} if key else {}

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request and return the answer; to another address over HTTP, as the client of a bucket does."""
        import anyio

        own_headers = options.pop("headers", {})
        if path.startswith("http") and not path.startswith(HOST):
            answer = httpx.request(method, path, headers=own_headers, **options)
            add_staged(self.services)  # as a client's report does, or a minute
            return answer

        self._count += 1
        app = self._other if self._other is not None and self._count % 2 else self.app

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
            headers = {**self.headers, **own_headers}
            async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
                return await client.request(method, path, headers=headers, **options)

        answer = anyio.run(ask)
        if answer.status_code == 307 and not answer.headers["location"].startswith(HOST):
            own_headers.pop("Authorization", None)
            return httpx.request(method, answer.headers["location"], headers=own_headers)
        return answer

    def upload(self, address: str, content: bytes = b"x") -> bool:
        """Send a file of a run to *address*; return whether the run has it then.

        A bucket takes all that is signed; what its sender may not write, the server drops.
        """
        before = self._blobs()
        answer = self.send("PUT", address, content=content)
        is_added = self._blobs() != before
        assert answer.status_code == (200 if is_added or not address.startswith(HOST) else 403)
        return is_added

    def _blobs(self) -> list[Any]:
        with self.services.database.read() as connection:
            return list(connection.execute(select(files.c.run_id, files.c.name, files.c.blob)))

    def query(self, text: str, **variables: Any) -> Any:
        """Return the data of a GraphQL answer, which must have no errors."""
        answer = self.answer(text, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    def answer(self, text: str, **variables: Any) -> Any:
        """Return a GraphQL answer as received."""
        return self.send("POST", "/graphql", json={"query": text, "variables": variables}).json()

    def upsert(self, name: str, **given: Any) -> Any:
        """Create or change a run in the caller's project p."""
        text = """mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { inserted
            bucket { id name displayName state config historyLineCount project { name entity { name } } } } }"""
        given = {"name": name, "modelName": "p", **given}
        return self.query(text, input=given)["upsertBucket"]

    def stream(self, name: str, **body: Any) -> httpx.Response:
        """Post to a run's file stream."""
        return self.send("POST", f"/files/local/p/{name}/file_stream", json=body)

    def rows(self, name: str, first: int, *texts: str) -> None:
        """Post history lines from number *first* on."""
        files = {"wandb-history.jsonl": {"offset": first, "content": list(texts)}}
        assert self.stream(name, files=files).status_code == 200

    def run(self, name: str, fields: str) -> Any:
        """Return *fields* of a run."""
        text = f'query R($n: String!) {{ project(name: "p") {{ run(name: $n) {{ {fields} }} }} }}'
        return self.query(text, n=name)["project"]["run"]


@cache
def _empty_tables() -> bytes:
    """Return the file of a SQLite database with the server's tables."""
    with tempfile.TemporaryDirectory() as folder:
        Database(f"sqlite:///{folder}/server.db").close()
        return Path(folder, "server.db").read_bytes()


def open_new_services(folder: Path, url: URL | None = None, bucket: S3Address | None = None) -> Services:
    """Open the data of a new server; SQLite's tables are a copy, because Alembic takes ten times as long."""
    if url is None:
        folder.mkdir(0o700, parents=True, exist_ok=True)
        (folder / "server.db").touch(0o600)
        (folder / "server.db").write_bytes(_empty_tables())
    return open_services(folder, url, bucket=bucket)


def add_vision_team(services: Services, *names: str) -> dict[str, Client]:
    """Add the team vision; return clients of new users, by *names*, of which each is the user's right in it."""
    keys = {name: new_key() for name in names}
    with services.database.write() as connection:
        teams.add_team(connection, "vision")
        for name, key in keys.items():
            users.add_user(connection, name, key)
            teams.set_team_right(connection, "vision", name, users.Right[name.upper()])
    return {name: Client(services, key) for name, key in keys.items()}


@pytest.fixture(scope="session")
def emptied_database(cluster: Cluster) -> Iterator[Callable[[], URL]]:
    """Return a function that empties the tables of one PostgreSQL database and returns its address."""
    url = cluster.new_database()
    engine = create_engine(url, poolclass=NullPool)  # other tests end all connections

    def empty() -> URL:
        with engine.begin() as connection:
            names = ", ".join(table.name for table in metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        return url

    yield empty
    engine.dispose()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that use a server's parts on PostgreSQL or with a bucket, too, in the modules named above."""
    name, test = metafunc.module.__name__.removeprefix("test_"), metafunc.function.__name__
    others = [
        *(["postgresql"] if ON_POSTGRESQL.get(name, "?") in test else []),
        *(["bucket"] if ON_BUCKET.get(name, "?") in test else []),
    ]
    if "services" in metafunc.fixturenames and others:
        metafunc.parametrize("services", ["sqlite", *others], indirect=True)


def stored_blobs(services: Services) -> list[str]:
    """Return the names of all that the store of *services* has, and keys of what waits there for the server."""
    staged = services.signed.staged() if services.signed is not None else ()
    return [
        *(status.blob for batch in services.store.list_blobs() for status in batch),
        *(each.key for batch in staged for each in batch),
    ]


def bucket_address(bucket: Bucket) -> S3Address:
    """Return an address in *bucket* that nobody else has."""
    return parse_s3_address(f"s3://bucket/of-tests/{uuid4().hex}", bucket.url, path_style=True)


@pytest.fixture
def services(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Return an open server's parts; commands that the test starts use the same database.

    On PostgreSQL a second server has the same data, and clients of the test are answered by both in turn.
    """
    url = address = None
    engine = getattr(request, "param", "sqlite")
    if engine == "bucket":  # as a team has it: with PostgreSQL, where that is installed
        address = bucket_address(request.getfixturevalue("bucket"))
    if engine == "postgresql" or (engine == "bucket" and programs() is not None):
        url = request.getfixturevalue("emptied_database")()
        monkeypatch.setenv(VARIABLE, text_of(url))
    opened = open_new_services(tmp_path / "server", url, address)
    if url is not None:
        twin = open_services(tmp_path / "server", url, bucket=address)
        TWINS[id(opened)] = replace(twin, anonymous=opened.anonymous)
    yield opened
    for each in filter(None, (opened, TWINS.pop(id(opened), None))):
        each.database.close()


@pytest.fixture
def client(services: Services) -> Client:
    """Return a client with the first user's key."""
    return Client(services, (services.folder / "key").read_text())


@pytest.fixture
def browser(client: Client) -> Visitor:
    """Return a visitor of a server with a hostile run and a plain one."""
    config = json.dumps({HOSTILE: {"value": HOSTILE}, "lr": {"value": 0.1}})
    client.upsert("a", displayName=HOSTILE, notes=HOSTILE, tags=[HOSTILE], groupName=HOSTILE, config=config)
    client.rows("a", 0, *(json.dumps({"_step": n, "loss": n / 2, "_runtime": n, "bad": HOSTILE}) for n in range(9)))
    client.stream("a", files={"output.log": {"offset": 0, "content": ["one", HOSTILE]}})
    summary = json.dumps({"loss": 4, HOSTILE: HOSTILE})
    client.stream("a", files={"wandb-summary.json": {"offset": 0, "content": [summary]}})
    client.upsert("b", displayName="plain", config='{"lr": {"value": 0.2}}')
    client.stream("b", complete=True, exitcode=1)
    return Visitor(client)


@pytest.fixture(scope="session")
def script() -> None:
    """Build the pages' script, or skip if the JavaScript packages are not installed."""
    if not (ROOT / "labextension/node_modules").is_dir() or shutil.which("npm") is None:
        pytest.skip("labextension/node_modules is missing: run `npm ci` there")
    build = ["npm", "run", "--silent", "build:server"]
    subprocess.run(build, cwd=ROOT / "labextension", check=True, capture_output=True, timeout=120)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a running server's site."""
    served = Site(tmp_path)
    served.start("grow", displayName="<img src=x onerror=window.harmed=1>", config='{"lr": {"value": 1}}')
    served.grow(50)
    yield served
    served.stop()


def foreign(url: str) -> list[str]:
    """Return *url* if it is not on this machine."""
    return [] if url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:")) else [url]


@pytest.fixture
def noises() -> list[str]:
    """Return the console messages of `page` and its requests to other addresses; at the end it must be empty."""
    return []


@pytest.fixture
def page(script: None, chromium: Browser, noises: list[str]) -> Iterator[Page]:
    """Return a page of a fresh browser; it must stay silent and request no other address."""
    del script
    context = chromium.new_context()
    page = context.new_page()
    set_timeouts(page)
    page.on("console", lambda message: noises.append(message.text))
    page.on("pageerror", lambda error: noises.append(str(error)))
    page.on("request", lambda request: noises.extend(foreign(request.url)))
    yield page
    context.close()
    assert noises == []
