"""Teams: entities whose members have rights in all of their projects, for as long as they are members."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from conftest import TWINS, Client, add_vision_team
from embedded_server import EmbeddedServer
from sqlalchemy import event, insert
from sqlalchemy.exc import IntegrityError
from visiting import HOSTILE, Visitor

from wandb_nb.errors import UsageError
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts import teams
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.tables import entity_names, team_members
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.server.http.services import Services

BUCKET = """mutation { upsertBucket(input: {entityName: "vision", modelName: "p", name: "%s", commit: "c0ffee"})
    { bucket { name commit project { entityName } } } }"""
FILES = """mutation { createRunFiles(input: {entityName: "vision", projectName: "p", runName: "r", files: ["x.txt"]})
    { files { uploadUrl } } }"""
READ = """{ project(name: "p", entityName: "vision") { readOnly run(name: "r") { commit } }
    models { edges { node { entityName name } } } }"""
VIEWER = "{ viewer { username entity teams { edges { node { name } } } } }"


@pytest.fixture
def team(services: Services) -> dict[str, Client]:
    """Return clients of the team vision's members, by their rights, and one of an outsider; the writer has a run."""
    clients = add_vision_team(services, "read", "write", "admin", "none")
    clients["write"].query(BUCKET % "r")
    return clients


def remove(services: Services, name: str) -> None:
    """End the membership of a user."""
    with services.database.write() as connection:
        teams.set_team_right(connection, "vision", name, Right.NONE)


def page_of(client: Client, path: str) -> Any:
    """Return a page as the user of *client* sees it."""
    return Visitor(Client(client.services, None), client.key).get(path)


def test_members_have_their_right_in_every_project_of_the_team(team: dict[str, Client]) -> None:
    """Readers read, writers create and change runs and projects, and an outsider can do neither and sees nothing."""
    for name, may_read, may_write in (("read", True, False), ("write", True, True), ("none", False, False)):
        client = team[name]
        seen = client.query(READ)
        assert (seen["project"] is not None) is may_read
        assert ({"node": {"entityName": "vision", "name": "p"}} in seen["models"]["edges"]) is may_read
        assert not may_read or seen["project"]["run"]["commit"] == "c0ffee"
        answer = client.send("POST", "/graphql", json={"query": BUCKET % f"of-{name}"})
        assert answer.status_code == (200 if may_write else 403)
        posted = client.send("POST", "/files/vision/p/r/file_stream", json={"files": {}})
        assert posted.status_code == (200 if may_write else 403 if may_read else 404)
        for path in ("/vision", "/vision/p", "/vision/p/runs/r/overview"):
            assert page_of(client, path).status_code == (200 if may_read else 404)
    new = (BUCKET % "n").replace('"p"', '"another"')
    assert team["read"].send("POST", "/graphql", json={"query": new}).status_code == 403
    assert team["write"].query(new)["upsertBucket"]["bucket"]["project"]["entityName"] == "vision"


def test_a_membership_that_ends_ends_immediately(team: dict[str, Client]) -> None:
    """A former member's key, cookie and upload addresses open nothing of the team, and the default entity is left."""
    client = team["write"]
    (file,) = client.query(FILES)["createRunFiles"]["files"]
    visitor = Visitor(Client(client.services, None), client.key)
    with client.services.database.write() as connection:
        user = users.user_by_name(connection, "write")
        assert user is not None
        teams.set_default_entity(connection, user, "vision")
    assert client.query(VIEWER)["viewer"]["entity"] == "vision"
    assert visitor.get("/vision/p/runs/r/data").status_code == 200
    remove(client.services, "write")
    assert client.query(VIEWER)["viewer"] == {
        "username": "write",
        "entity": "write",
        "teams": {"edges": [{"node": {"name": "write"}}]},
    }
    assert not client.upload(file["uploadUrl"])
    assert client.query(READ)["project"] is None
    assert [visitor.get(path).status_code for path in ("/vision/p/runs/r/data", "/vision/p/events")] == [404, 404]


def test_runs_without_an_entity_belong_to_the_default_one(team: dict[str, Client]) -> None:
    """The default entity is the user's own or a team that the user may write to; the viewer names both."""
    client = team["write"]
    for entity in ("vision", "write"):
        with client.services.database.write() as connection:
            user = users.user_by_name(connection, "write")
            assert user is not None
            teams.set_default_entity(connection, user, entity)
        viewer = client.query(VIEWER)["viewer"]
        assert (viewer["entity"], viewer["username"]) == (entity, "write")
        assert [edge["node"]["name"] for edge in viewer["teams"]["edges"]] == ["write", "vision"]
        assert client.upsert("mine")["bucket"]["project"]["entity"]["name"] == entity
    with client.services.database.write() as connection:
        reader = users.user_by_name(connection, "read")
        assert reader is not None
        for entity in ("vision", "none", "nowhere"):
            with pytest.raises(UsageError, match="may not log"):
                teams.set_default_entity(connection, reader, entity)


def test_a_name_is_of_one_user_or_one_team(services: Services, team: dict[str, Client]) -> None:
    """The database itself refuses a second owner of a name, a right that does not exist, and a second default."""
    del team
    with services.database.write() as connection, pytest.raises(UsageError, match="already"):
        teams.add_team(connection, "read")
    with services.database.write() as connection, pytest.raises(UsageError, match="anonymous"):
        teams.add_team(connection, "anonymous-x")
    rows = [
        (users.add_user, ("vision", new_key())),
        (entity_names, {"name": "free", "user_id": 1, "team_id": 1}),
        (entity_names, {"name": "free"}),
        (team_members, {"team_id": 1, "user_id": 1, "level": 4}),
    ]
    for target, values in rows:
        with pytest.raises(IntegrityError), services.database.write() as connection:  # noqa: PT012 -- the commit counts
            if callable(target):
                target(connection, *values)
            else:
                connection.execute(insert(target).values(**values))
    with pytest.raises(IntegrityError), services.database.write() as connection:  # noqa: PT012 -- as above
        teams.add_team(connection, "second")
        team_id = teams.find_team(connection, "second")
        for number in (1, team_id):
            values = {"team_id": number, "user_id": 1, "level": 3, "is_default": True}
            connection.execute(insert(team_members).values(**values))


def test_members_are_read_with_one_query(team: dict[str, Client], services: Services) -> None:
    """An API answer with all members of a team needs as many statements for three of them as for one."""
    statements: list[str] = []
    twins = [services, *filter(None, [TWINS.get(id(services))])]  # the server that answers may be the second one
    for server in twins:
        event.listen(server.database.engine, "before_cursor_execute", lambda *parts: statements.append(parts[2]))

    def count_statements() -> int:
        statements.clear()
        entity = team["read"].query('{ entity(name: "vision") { isTeam members { id name username admin } } }')[
            "entity"
        ]
        listed.append([member["name"] for member in entity["members"]])
        return len(statements)

    listed: list[list[str]] = []
    count = count_statements()
    for name in ("write", "admin"):
        remove(services, name)
    assert 0 < count_statements() == count
    assert listed == [["admin", "read", "write"], ["read"]]


def test_administrators_manage_the_members_on_the_page(team: dict[str, Client]) -> None:
    """The team's page changes rights for its administrators only, and only by forms of this server."""
    services = team["admin"].services
    visitors = {name: Visitor(Client(services, None), client.key) for name, client in team.items()}
    for name, status in (("none", 404), ("read", 403), ("write", 403), ("admin", 303)):
        assert visitors[name].send("/vision", user="none", right="read").status_code == status
    forged = visitors["admin"].client.send(
        "POST", "/vision", data={"user": "none", "right": "admin"}, headers={"Cookie": visitors["admin"].cookie}
    )
    assert forged.status_code == 403
    with services.database.read() as connection:
        members = [("admin", Right.ADMIN), ("none", Right.READ), ("read", Right.READ), ("write", Right.WRITE)]
        assert [one[1:] for one in teams.list_team_members(connection, "vision")] == members
    listed = re.findall(r'name="user" value="([^"]+)"', visitors["admin"].get("/vision").text)
    assert listed == ["admin", "none", "read", "write"]
    assert 'name="user"' not in visitors["read"].get("/vision").text
    assert visitors["admin"].send("/vision", user="none", right="none").status_code == 303
    refused = visitors["admin"].send("/vision", user=HOSTILE, right="read")
    assert refused.status_code == 400
    assert HOSTILE not in refused.text
    assert visitors["admin"].send("/vision", user="none", right="owner").status_code == 400
    assert '<a href="/vision">vision</a>' in visitors["write"].get("/").text
    assert "vision" not in visitors["none"].get("/").text


INIT = """
import wandb_nb as wandb
run = wandb.init(entity="vision", project="p", id="real", settings=wandb.Settings(console="off", x_disable_stats=True))
run.log({"loss": 1})
run.finish()
print(wandb.Api().run("vision/p/real").summary["loss"], wandb.Api().viewer.teams)
"""


def python(folder: Path, *arguments: str, **environ: str) -> str:
    """Run a process with the interpreter in *folder*; return what it prints."""
    variables = {**os.environ, "HOME": str(folder), "WANDB_DIR": str(folder), **environ}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_programs_log_to_a_team(tmp_path: Path) -> None:
    """`init(entity=TEAM)` works for members whom the command added and is a LaunchError for others."""
    with EmbeddedServer(tmp_path / "data") as server:
        command = ("-m", "wandb_nb", "server", "--dir", str(tmp_path / "data"))
        keys = {name: python(tmp_path, *command, "users", name).strip() for name in ("ann", "ben")}
        assert python(tmp_path, *command, "teams", "vision") == ""
        assert python(tmp_path, *command, "teams", "vision", "--user", "ann", "--right", "write") == ""
        assert python(tmp_path, *command, "teams") == "vision  ann write\n"
        address = {"WANDB_BASE_URL": server.url}
        logged, refused = (python(tmp_path, "-c", INIT, **address, WANDB_API_KEY=keys[name]) for name in ("ann", "ben"))
    assert "1 ['ann', 'vision']" in logged
    assert "LaunchError" in refused
    assert "no entity 'vision'" in refused
