"""A deleted run or a revoked right leaves no access."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from conftest import TWINS, Client, stored_blobs
from visiting import UPLOAD, Visitor

from wandb_nb.server.http.file_urls import read_staged_token, read_upload_token
from wandb_nb.server.storage import run_store, users
from wandb_nb.server.storage.accounts.api_keys import list_keys, new_key
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.storage_errors import NotFoundError
from wandb_nb.server.storage.users import Right
from wandb_nb.view.message.run_message import parse

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services

DELETE = "mutation D($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }"


@pytest.fixture
def other(services: Services) -> Client:
    """Return a second user, who has a project of the same name."""
    key = new_key()
    with services.database.write() as connection:
        users.add_user(connection, "other", key)
    return Client(services, key)


def upload_address(client: Client, run: str, name: str = "x.txt") -> str:
    """Return the address for a file of a run of the caller's project p."""
    (file,) = client.query(UPLOAD, run=run, files=[name])["createRunFiles"]["files"]
    return str(file["uploadUrl"])


def files_of(client: Client, run: str) -> Any:
    """Return the names of the run's files."""
    edges = client.run(run, "files { edges { node { name } } }")["files"]["edges"]
    return [edge["node"]["name"] for edge in edges]


def delete(client: Client, by_page: bool, run_id: str) -> None:
    """Delete the run a with the API or on its page."""
    if not by_page:
        client.query(DELETE, id=run_id)
        return
    visitor = Visitor(Client(client.services, None), (client.services.folder / "key").read_text())
    assert visitor.send("/local/p/delete", run="a", sure="1").status_code == 303


@pytest.mark.parametrize("by_page", [False, True])
def test_ids_are_never_reused(client: Client, other: Client, by_page: bool) -> None:
    """The next run has another id, and addresses of the deleted one write nothing anywhere."""
    run_id = client.upsert("a")["bucket"]["id"]
    address = upload_address(client, "a")
    delete(client, by_page, run_id)
    assert other.upsert("b")["bucket"]["id"] != run_id
    assert not client.upload(address)
    assert files_of(other, "b") == []
    assert stored_blobs(client.services) == []


@pytest.mark.parametrize("by_page", [False, True])
def test_pages_show_nothing_of_a_deleted_run(client: Client, other: Client, by_page: bool) -> None:
    """An open page's cached rows are dropped; the next run's page has only its own rows."""
    run_id = client.upsert("a")["bucket"]["id"]
    client.rows("a", 0, '{"_step": 0, "secret": 1}')
    key, other_key = (client.services.folder / "key").read_text(), other.headers
    page = Visitor(Client(client.services, None), key)
    cursor = parse(page.get("/local/p/runs/a/data").content).header["cursor"]
    delete(client, by_page, run_id)
    other.upsert("b")
    files = {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "own": 1}']}}
    assert other.send("POST", "/files/other/p/b/file_stream", json={"files": files}).status_code == 200
    page.client.headers = other_key
    visitor = Visitor(Client(client.services, None), _key(other_key))
    for path in ("data", f"data?cursor={cursor}", "sampled", f"sampled?cursor={cursor}"):
        assert [series["key"] for series in parse(visitor.get(f"/other/p/runs/b/{path}").content).header["series"]] == [
            "own"
        ]
    assert page.get("/local/p/runs/a/data").status_code == 404
    if not TWINS:  # another server keeps the rows until others take their place; no address leads to them
        assert len(client.services.run_cache._entries) == 1


def _key(headers: dict[str, str]) -> str:
    return base64.b64decode(headers["Authorization"].partition(" ")[2]).decode().partition(":")[2]


def test_a_run_deleted_while_it_is_read_is_not_found(client: Client) -> None:
    """A page whose run is deleted between lookup and read reports it, and caches nothing."""
    client.upsert("a")
    with client.services.database.write() as connection:
        row = run_store.run_by_id(connection, 1)
        run_store.delete_run(connection, 1)
    with pytest.raises(NotFoundError):
        client.services.run_cache.message(row, "")
    assert len(client.services.run_cache._entries) == 0


def test_a_revoked_key_adds_no_rows(client: Client, other: Client) -> None:
    """A post with a key that this server accepted a moment ago is refused as soon as anybody revokes the key."""
    other.upsert("a")
    post = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0}']}}}
    for status in (200, 401, 401):
        assert other.send("POST", "/files/other/p/a/file_stream", json=post).status_code == status
        post["files"]["wandb-history.jsonl"]["offset"] = 1
        with client.services.database.write() as connection:
            users.set_key(connection, "other", new_key())
    with client.services.database.read() as connection:
        assert line_store.count(connection, 1, "history") == 1


@pytest.mark.parametrize("change", ["key", "right", "none"])
def test_upload_addresses_end_with_their_user(client: Client, other: Client, change: str) -> None:
    """A revoked key or a withdrawn right ends the addresses issued before."""
    client.upsert("a")
    with client.services.database.write() as connection:
        users.set_right(connection, "local", "p", "other", Right.WRITE)
    text = UPLOAD.replace('projectName: "p"', 'entityName: "local", projectName: "p"')
    (file,) = other.query(text, run="a", files=["x.txt"])["createRunFiles"]["files"]
    with client.services.database.write() as connection:
        if change == "key":
            users.set_key(connection, "other", new_key())
        if change == "right":
            users.set_right(connection, "local", "p", "other", Right.READ)
    expected = (True, ["x.txt"]) if change == "none" else (False, [])
    assert (client.upload(file["uploadUrl"]), files_of(client, "a")) == expected


def test_addresses_do_not_show_who_made_them(client: Client) -> None:
    """An upload address contains neither the user's key nor its stored hash."""
    client.upsert("a")
    token = urlsplit(upload_address(client, "a")).path.rpartition("/")[2]
    read = read_upload_token if client.services.signed is None else read_staged_token
    target = read(client.services.signer, token)
    assert target is not None
    with client.services.database.read() as connection:
        (key,) = list_keys(connection, target.user_id)
    assert target.login not in key.key_hash + _key(client.headers)
