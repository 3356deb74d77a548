"""The pages on which users set their own account, and owners their projects."""

from __future__ import annotations

import json
import re

import pytest
from conftest import Client
from visiting import FORM, HOSTILE, UPLOAD, Visitor

from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts import teams
from wandb_nb.server.storage.accounts.api_keys import MAX_KEYS, list_keys, new_key
from wandb_nb.server.storage.users import Right

VIEWER = "{ viewer { entity flags } }"


@pytest.fixture
def ann(client: Client) -> Client:
    """Return a client of the user ann, who may write to the team vision."""
    key = new_key()
    with client.services.database.write() as connection:
        users.add_user(connection, "ann", key)
        for team, right in (("vision", Right.WRITE), ("readers", Right.READ)):
            teams.add_team(connection, team)
            teams.set_team_right(connection, team, "ann", right)
    return Client(client.services, key)


def visit(client: Client, key: str | None = None) -> Visitor:
    """Return a login with the client's key, or another one."""
    return Visitor(Client(client.services, None), key or client.key)


def keys_of(client: Client) -> list[tuple[int, str, str]]:
    """Return ids, prefixes and names of the keys of the client's user."""
    with client.services.database.read() as connection:
        user = users.user_by_key(connection, client.key or "")
        assert user is not None
        return [(row.id, row.prefix, row.name) for row in list_keys(connection, user.id)]


def works(client: Client, key: str) -> bool:
    """Whether the server accepts *key*."""
    answer = Client(client.services, key).send("POST", "/graphql", json={"query": VIEWER})
    return answer.status_code == 200


def test_settings_of_the_account(ann: Client) -> None:
    """Code is not saved until the user asks for it; runs without entity go to the chosen one."""
    page = visit(ann)
    assert ann.query(VIEWER)["viewer"] == {"entity": "ann", "flags": '{"code_saving_enabled": false}'}
    assert re.findall(r"<option[^>]*>([^<]+)", page.get("/account").text) == ["ann", "vision"]
    assert page.send("/account", action="save", entity="vision", save_code="1").status_code == 303
    assert ann.query(VIEWER)["viewer"] == {"entity": "vision", "flags": '{"code_saving_enabled": true}'}
    text = page.get("/account").text
    assert "<option selected>vision" in text
    assert 'name="save_code" value="1" checked' in text
    assert page.send("/account", action="save", entity="readers", save_code="1").status_code == 400
    assert page.send("/account", action="save", entity="ann").status_code == 303
    assert ann.query(VIEWER)["viewer"] == {"entity": "ann", "flags": '{"code_saving_enabled": false}'}


def test_a_new_key_is_shown_once(ann: Client) -> None:
    """The answer to the form has the key; the page later shows only its first characters, never a hash."""
    page = visit(ann)
    created = page.send("/account", action="create", name="laptop")
    (key,) = re.findall(r"local-[0-9a-f]{40}", created.text)
    assert (created.status_code, created.headers["cache-control"]) == (200, "no-store")
    assert works(ann, key)
    text = page.get("/account").text
    assert (key in text, key[:10] in text, "laptop" in text) == (False, True, True)
    assert re.search(r"[0-9a-f]{32,}", re.sub(r'(value|nonce)="[^"]*"', "", text)) is None
    assert [(prefix, name) for _, prefix, name in keys_of(ann)] == [((ann.key or "")[:10], ""), (key[:10], "laptop")]


def test_a_revoked_key_ends_alone(ann: Client) -> None:
    """With a key its logins and upload addresses end, those of another key go on; the last key stays."""
    page = visit(ann)
    (key,) = re.findall(r"local-[0-9a-f]{40}", page.send("/account", action="create").text)
    second = Client(ann.services, key)
    second_page = visit(ann, key)
    second.upsert("r")
    addresses = [
        client.query(UPLOAD, run="r", files=[name])["createRunFiles"]["files"][0]["uploadUrl"]
        for client, name in ((ann, "of-first"), (second, "of-second"))
    ]
    (first_id, _, _), (second_id, _, _) = keys_of(ann)
    assert second_page.get("/account").status_code == 200
    assert page.send("/account", action="revoke", key=second_id).status_code == 303
    assert (works(ann, key), works(ann, ann.key or "")) == (False, True)
    assert second_page.get("/account").headers["location"] == "/login"
    assert [ann.upload(address) for address in addresses] == [True, False]
    for number in (first_id, second_id, "x", "9" * 30):
        assert page.send("/account", action="revoke", key=number).status_code == 400
    assert works(ann, ann.key or "")


def test_what_the_form_refuses(client: Client, ann: Client) -> None:
    """Another user's key, too many keys, unusable names, forged forms and anonymous accounts change nothing."""
    page = visit(ann)
    foreign = keys_of(client)[0][0]
    assert page.send("/account", action="create", name=HOSTILE).status_code == 200
    assert HOSTILE not in page.get("/account").text
    assert page.send("/account", action="revoke", key=foreign).status_code == 400
    assert page.send("/account", action="create", name="x" * 65).status_code == 400
    sent = page.client.send("POST", "/account", content="action=create", headers={"Cookie": page.cookie, **FORM})
    assert sent.status_code == 403
    for _ in range(MAX_KEYS - 2):
        page.send("/account", action="create")
    assert page.send("/account", action="create").status_code == 400
    assert len(keys_of(ann)) == MAX_KEYS
    assert len(keys_of(client)) == 1
    client.services.anonymous.enabled = True
    with client.services.database.write() as connection:
        key = client.services.anonymous.create(connection, "192.0.2.1")[1]
    nobody = visit(client, key)
    assert [nobody.get("/account").status_code, nobody.send("/account", action="create").status_code] == [403, 403]


def test_an_owner_opens_a_project(client: Client, ann: Client) -> None:
    """The owner makes a project open or private on its page; those who may only write cannot."""
    client.upsert("r", config=json.dumps({"lr": {"value": 1}}))
    owner, other = visit(client), visit(ann)
    assert 'href="/local/p/settings"' in owner.get("/local/p").text
    assert other.get("/local/p/settings").status_code == 404
    assert owner.send("/local/p/settings", access="open").status_code == 303
    assert 'value="open" checked' in owner.get("/local/p/settings").text
    assert [other.get(path).status_code for path in ("/local/p", "/local/p/settings")] == [200, 403]
    with client.services.database.write() as connection:
        users.set_right(connection, "local", "p", "ann", Right.WRITE)
    assert other.send("/local/p/settings", access="private").status_code == 403
    assert "/local/p/settings" not in other.get("/local/p").text
    assert owner.send("/local/p/settings", access="public").status_code == 400
    assert owner.send("/local/p/settings", access="private").status_code == 303
    with client.services.database.write() as connection:
        users.set_right(connection, "local", "p", "ann", Right.NONE)
    assert other.get("/local/p").status_code == 404
