"""Anonymous accounts: who gets one, what it may do, what its link shows, and when it ends."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from conftest import Client
from sqlalchemy import delete, select, update
from visiting import UPLOAD

from wandb_nb.server.cleaning import delete_expired_accounts
from wandb_nb.server.http import anonymous_accounts
from wandb_nb.server.http.anonymous_accounts import RETENTION_SECONDS
from wandb_nb.server.storage import users
from wandb_nb.server.storage.tables import attempts, projects, runs
from wandb_nb.server.storage.tables import users as users_table

if TYPE_CHECKING:
    import httpx

    from wandb_nb.server.http.services import Services

CREATE = "mutation CreateAnonymousEntity { createAnonymousEntity(input: {}) { apiKey { id name } } }"


@pytest.fixture
def nobody(client: Client) -> Client:
    """Return a program without a key, and a server that gives anonymous accounts."""
    client.services.anonymous.enabled = True
    return Client(client.services, None)


def create(nobody: Client, query: str = CREATE) -> httpx.Response:
    """Ask for an account."""
    return nobody.send("POST", "/graphql", json={"query": query})


def account(nobody: Client) -> Client:
    """Return a program with the key of a new account."""
    answer = create(nobody).json()["data"]["createAnonymousEntity"]["apiKey"]
    return Client(nobody.services, answer["name"])


def link_of(owner: Client) -> str:
    """Return the address that `run.url` has for a run x of *owner*, without the server."""
    flags = json.loads(owner.query("{ viewer { flags } }")["viewer"]["flags"])
    return f"/anonymous/{flags['visit_token']}/p/runs/x"


def visit(nobody: Client, link: str) -> tuple[dict[str, str], str]:
    """Follow a link as a browser does; return the headers of later requests, and where it led."""
    answer = nobody.send("GET", link)
    assert answer.status_code == 303
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}, answer.headers["location"]


def test_only_a_server_started_so_gives_accounts(client: Client) -> None:
    """Without the option the mutation is refused like any other request without a key."""
    assert create(Client(client.services, None)).status_code == 401


def test_an_account_logs_runs_of_its_own(nobody: Client) -> None:
    """Its key is like that of a user, whose entity has the account's runs."""
    owner = account(nobody)
    name = owner.upsert("x")["bucket"]["project"]["entity"]["name"]
    assert name.startswith("anonymous-")
    assert owner.query("{ viewer { username admin } }")["viewer"] == {"username": name, "admin": False}


def test_nothing_else_is_answered_without_a_key(nobody: Client) -> None:
    """Other queries and mutations without a key are refused, also beside the one that is allowed."""
    for query in (
        "{ viewer { id } }",
        "{ createAnonymousEntity }",
        'mutation { upsertBucket(input: {modelName: "p", name: "x"}) { inserted } }',
    ):
        assert create(nobody, query).status_code == 401
    beside = CREATE[:-1] + ' upsertBucket(input: {modelName: "p", name: "x"}) { inserted } }'
    before = rows_of(nobody.services, runs)
    assert "upsertBucket" not in create(nobody, beside).text
    assert rows_of(nobody.services, runs) == before
    assert nobody.send("POST", "/graphql", content=b"x" * 100_000).status_code == 413


def rows_of(services: Services, table: Any) -> list[Any]:
    """Return all rows of *table*."""
    with services.database.read() as connection:
        return list(connection.execute(select(table)))


def test_accounts_are_limited(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """One address gets ten accounts an hour, and all of them together have a limit."""
    assert [create(nobody).status_code for _ in range(11)] == [200] * 10 + [403]
    monkeypatch.setattr(anonymous_accounts, "MAX_ACCOUNTS", 10)
    other = Client(nobody.services, None)
    with nobody.services.database.write() as connection:
        connection.execute(delete(attempts))
    assert create(other).status_code == 403


def test_what_an_account_stores_is_limited(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, configs and files beyond the limit are refused; another account is not affected."""
    monkeypatch.setattr(anonymous_accounts, "MAX_BYTES", 20_000)
    owner = account(nobody)
    owner.upsert("x")
    files = {"wandb-history.jsonl": {"offset": 0, "content": [json.dumps({"_step": 0, "text": "x" * 15_000})]}}
    entity = owner.query("{ viewer { entity } }")["viewer"]["entity"]
    assert owner.send("POST", f"/files/{entity}/p/x/file_stream", json={"files": files}).status_code == 200
    assert owner.send("POST", f"/files/{entity}/p/x/file_stream", json={"files": files}).status_code == 413
    address = owner.query(UPLOAD, run="x", files=["a.txt"])["createRunFiles"]["files"][0]["uploadUrl"]
    assert owner.send("PUT", address, content=b"x" * 15_000).status_code == 413
    account(nobody).upsert("x")


def test_whoever_has_the_link_sees_the_run(nobody: Client) -> None:
    """The link has no key; it shows the account's runs without a login, and no commit or command."""
    owner = account(nobody)
    owner.upsert("x", displayName="my-run", commit="c0ffee123")
    link = link_of(owner)
    assert "local-" not in link
    headers, location = visit(nobody, link)
    page = nobody.send("GET", location, headers=headers)
    assert page.status_code == 200
    assert "my-run" in page.text
    assert "c0ffee123" not in nobody.send("GET", f"{location}/overview", headers=headers).text


def test_the_link_only_reads(nobody: Client) -> None:
    """With the link no form is obeyed, and no key or token of the account is on a page."""
    owner = account(nobody)
    owner.upsert("x")
    headers, location = visit(nobody, link_of(owner))
    project = location.rpartition("/runs/")[0]
    before = rows_of(nobody.services, runs)
    match = re.search(r'name="token" value="([^"]+)"', nobody.send("GET", location, headers=headers).text)
    assert match is not None  # of the form that logs out
    for path in (f"{location}/stop", f"{location}/edit", f"{project}/delete", f"{project}/columns"):
        form = {"run": "x", "name": "new", "sure": "1", "notes": "new", "tags": "new", "column": "x", "token": match[1]}
        assert nobody.send("POST", path, data=form, headers=headers).status_code in {403, 404}
    assert rows_of(nobody.services, runs) == before
    assert nobody.send("POST", "/graphql", json={"query": "{ viewer { id } }"}, headers=headers).status_code == 401


def test_another_accounts_link_shows_nothing(nobody: Client) -> None:
    """A link shows the runs of its account only, and a forged or changed one nothing."""
    first, second = account(nobody), account(nobody)
    first.upsert("x")
    second.upsert("x")
    _, location = visit(nobody, link_of(first))
    headers, _ = visit(nobody, link_of(second))
    assert nobody.send("GET", location, headers=headers).status_code == 404
    for link in ("/anonymous/x/p/runs/x", link_of(first).replace("/anonymous/", "/anonymous/x")):
        assert nobody.send("GET", link).status_code == 404


def test_open_projects_stay_within_the_server(nobody: Client, client: Client) -> None:
    """A project that all users may read is not for anonymous accounts and their visitors."""
    client.upsert("team")
    with client.services.database.write() as connection:
        users.set_open(connection, "local", "p", True)
    owner = account(nobody)
    owner.upsert("x")
    query = '{ project(name: "p", entityName: "local") { name } models { edges { node { entityName } } } }'
    answer = owner.query(query)
    assert answer["project"] is None
    assert all(each["node"]["entityName"] != "local" for each in answer["models"]["edges"])
    headers, _ = visit(nobody, link_of(owner))
    assert nobody.send("GET", "/local/p", headers=headers).status_code == 404


def test_old_accounts_are_deleted(nobody: Client, client: Client) -> None:
    """An account whose runs are silent for a month goes with them; others, and those of users, stay."""
    client.upsert("kept")
    old, new = account(nobody), account(nobody)
    name = old.upsert("x")["bucket"]["project"]["entity"]["name"]
    new.upsert("x")
    other = new.query("{ viewer { username } }")["viewer"]["username"]
    with client.services.database.write() as connection:
        owner = select(users_table.c.id).where(users_table.c.name != other)
        silent = {"heartbeat": time.time() - RETENTION_SECONDS - 1}
        connection.execute(update(runs).where(runs.c.user_id.in_(owner)).values(**silent))
    delete_expired_accounts(client.services)
    assert name not in {row.name for row in rows_of(client.services, users_table)}
    assert name not in {row.entity for row in rows_of(client.services, projects)}
    assert sorted(row.name for row in rows_of(client.services, runs)) == ["kept", "x"]
    assert old.send("POST", "/graphql", json={"query": "{ viewer { id } }"}).status_code == 401
