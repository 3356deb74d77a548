"""Renaming and deleting teams: what used the old name works, and no project is lost without being asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from conftest import Client, add_vision_team
from sqlalchemy import select
from visiting import HOSTILE, Visitor

from wandb_nb.cli import group
from wandb_nb.errors import UsageError
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts import team_changes, teams
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.tables import contents, files, former_names, projects, runs

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services

RUN = """mutation { upsertBucket(input: {entityName: "%s", modelName: "p", name: "%s"})
    { bucket { project { entityName name } } } }"""
FILES = """mutation { createRunFiles(input: {entityName: "%s", projectName: "p", runName: "r", files: ["x.txt"]})
    { files { uploadUrl } } }"""
LISTED = '{ models(entityName: "%s") { edges { node { entityName name } } } }'


@pytest.fixture
def team(services: Services) -> dict[str, Client]:
    """Return clients of a writer and an administrator of a team with a run and a file, and of an outsider."""
    clients = add_vision_team(services, "write", "admin", "none")
    clients["write"].query(RUN % ("vision", "r"))
    (file,) = clients["write"].query(FILES % "vision")["createRunFiles"]["files"]
    assert clients["write"].send("PUT", file["uploadUrl"], content=b"x").status_code == 200
    return clients


def visitor(client: Client) -> Visitor:
    """Return the browser of the user of *client*."""
    return Visitor(Client(client.services, None), client.key)


def test_a_renamed_team_keeps_its_links_and_its_programs(team: dict[str, Client]) -> None:
    """Pages, posts, uploads and new runs under the old name reach the team, of which the answers have the new name."""
    services, writer = team["write"].services, team["write"]
    (file,) = writer.query(FILES % "vision")["createRunFiles"]["files"]
    assert visitor(team["admin"]).send("/vision", rename="sight").headers["location"] == "/sight"
    for name in ("vision", "sight"):
        bucket = writer.query(RUN % (name, f"in-{name}"))["upsertBucket"]["bucket"]
        assert bucket["project"]["entityName"] == "sight"
        row = json.dumps({"_step": 0, "loss": 1})
        body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": [row]}}}
        assert writer.send("POST", f"/files/{name}/p/in-{name}/file_stream", json=body).status_code == 200
        assert visitor(writer).get(f"/{name}/p/runs/r").status_code == 200
        assert visitor(team["none"]).get(f"/{name}/p/runs/r").status_code == 404
        assert writer.query(LISTED % name)["models"]["edges"] == [{"node": {"entityName": "sight", "name": "p"}}]
        assert team["none"].query(LISTED % name)["models"]["edges"] == []
    assert writer.upload(file["uploadUrl"], b"y")
    assert 'href="/sight/p"' in visitor(writer).get("/vision/p/runs/r").text
    assert visitor(writer).get("/vision").headers["location"] == "/sight"
    assert visitor(team["none"]).get("/vision").status_code == 404
    new = (RUN % ("vision", "r")).replace('"p"', '"second"')
    assert writer.query(new)["upsertBucket"]["bucket"]["project"] == {"entityName": "sight", "name": "second"}
    with services.database.write() as connection:
        assert set(connection.execute(select(projects.c.entity)).scalars()) == {"sight"}
        team_changes.rename_team(connection, "sight", "vision")  # and back
        assert list(connection.execute(select(former_names.c.name)).scalars()) == ["sight"]
    assert visitor(writer).get("/sight").headers["location"] == "/vision"


def test_names_that_are_taken_are_refused(team: dict[str, Client]) -> None:
    """A team cannot take the name of another, of a user, or a former one; nor can new users and teams a former one."""
    services, admin = team["admin"].services, visitor(team["admin"])
    with services.database.write() as connection:
        teams.add_team(connection, "other")
        team_changes.rename_team(connection, "other", "next")
    for name in ("write", "next", "other", "anonymous-x", "a/b", "..", "", HOSTILE + "/"):
        refused = admin.send("/vision", rename=name)
        assert refused.status_code == 400, name
        assert HOSTILE not in refused.text
    for add in (
        lambda connection: teams.add_team(connection, "other"),
        lambda connection: users.add_user(connection, "other", new_key()),
        lambda connection: team_changes.rename_team(connection, "other", "x"),
    ):
        with (
            services.database.write() as connection,
            pytest.raises(UsageError, match=r"former name|is named 'next' now"),
        ):
            add(connection)
    assert 'name="rename"' in admin.get("/vision").text
    assert 'name="rename"' not in visitor(team["write"]).get("/vision").text


@pytest.mark.parametrize(("who", "status"), [("none", 404), ("write", 403)])
def test_only_administrators_change_a_team(team: dict[str, Client], who: str, status: int) -> None:
    """Others can neither rename nor delete it; a form of another site can neither."""
    for fields in ({"rename": "mine"}, {"delete": "vision", "projects": "delete"}):
        assert visitor(team[who]).send("/vision", **fields).status_code == status
        admin = visitor(team["admin"])
        forged = admin.client.send("POST", "/vision", data=fields, headers={"Cookie": admin.cookie})
        assert forged.status_code == 403
    with team["admin"].services.database.read() as connection:
        assert teams.list_teams(connection) == ["vision"]
        assert len(connection.execute(select(runs)).all()) == 1


def test_a_team_with_projects_is_deleted_as_told(team: dict[str, Client]) -> None:
    """It refuses without a choice, a confirmation or a right at the target; moved projects are the target's."""
    services, admin = team["admin"].services, visitor(team["admin"])
    team["write"].query(RUN % ("write", "own"))
    for fields, status in (
        ({"delete": "vision"}, 400),
        ({"delete": "visio", "projects": "delete"}, 400),
        ({"delete": "vision", "projects": "move", "target": "write"}, 403),
        ({"delete": "vision", "projects": "move", "target": "nobody"}, 403),
        ({"delete": "vision", "projects": "move", "target": "vision"}, 400),
    ):
        assert admin.send("/vision", **fields).status_code == status, fields
    with services.database.write() as connection, pytest.raises(UsageError, match="has a project 'p' too"):
        team_changes.move_projects(connection, "vision", "write")
    moved = admin.send("/vision", delete="vision", projects="move", target="admin")
    assert moved.headers["location"] == "/"
    assert admin.get("/admin/p/runs/r").status_code == 200
    assert visitor(team["write"]).get("/admin/p/runs/r").status_code == 404
    assert admin.get("/vision").status_code == 404
    with services.database.write() as connection:
        teams.add_team(connection, "vision")  # the name is free again


def test_deleting_a_team_with_its_projects(team: dict[str, Client]) -> None:
    """Runs, artifacts and files go with them; other entities keep theirs."""
    services, admin = team["admin"].services, visitor(team["admin"])
    team["write"].query(RUN % ("write", "own"))
    with services.database.read() as connection:
        blobs = list(connection.execute(select(files.c.blob)).scalars())
        assert blobs
    assert admin.send("/vision", delete="vision", projects="delete").status_code == 303
    with services.database.read() as connection:
        assert list(connection.execute(select(runs.c.name)).scalars()) == ["own"]
        assert [connection.execute(select(table)).all() for table in (files, contents, former_names)] == [[], [], []]
        assert teams.list_teams(connection) == []
    listed = {status.blob for statuses in services.store.list_blobs() for status in statuses}
    assert not listed & set(blobs)
    assert team["write"].query(LISTED % "vision")["models"]["edges"] == []


TEAM = '{ entity(name: "%s") { name isTeam entityType members { id name admin } } }'
INVITE = 'mutation { createInvite(input: {entityName: "%s", username: "%s"}) { invite { toUser { name } } } }'
REMOVE = 'mutation { deleteInvite(input: {entityName: "%s", id: "%s"}) { success } }'


def test_the_api_of_a_team_is_for_its_members(team: dict[str, Client]) -> None:
    """Outsiders do not learn that a team exists, only administrators change it, and a former name finds it."""
    seen = team["write"].query(TEAM % "vision")["entity"]
    assert (seen["isTeam"], seen["entityType"], [one["name"] for one in seen["members"]]) == (
        *(True, "team"),
        ["admin", "write"],
    )
    assert team["none"].query(TEAM % "vision")["entity"] == {
        "name": "vision",
        "isTeam": False,
        "entityType": "user",
        "members": [],
    }
    for who, status in (("none", 200), ("write", 403)):
        for text in (INVITE % ("vision", "none"), REMOVE % ("vision", seen["members"][0]["id"])):
            answer = team[who].send("POST", "/graphql", json={"query": text})
            assert (answer.status_code, "errors" in answer.json()) == (status, True), answer.text
    assert team["write"].query(TEAM % "vision")["entity"] == seen
    assert visitor(team["admin"]).send("/vision", rename="sight").status_code == 303
    assert team["admin"].query(INVITE % ("vision", "none"))["createInvite"]["invite"]["toUser"]["name"] == "none"
    members = team["none"].query(TEAM % "vision")["entity"]["members"]
    assert [one["name"] for one in members] == ["admin", "none", "write"]
    assert team["admin"].query(REMOVE % ("sight", members[1]["id"]))["deleteInvite"]["success"]
    assert "errors" in team["admin"].answer(REMOVE % ("sight", members[1]["id"]))
    assert team["none"].query(TEAM % "sight")["entity"]["members"] == []


def test_the_command_renames_and_deletes(team: dict[str, Client]) -> None:
    """`wandb-nb server teams` refuses what does not fit together, and a team with projects without a choice."""
    folder = str(team["admin"].services.folder)

    def command(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(group, ["server", "--dir", folder, "teams", *options])
        return done.exit_code, " ".join(f"{done.output} {done.exception or ''}".split())

    assert command("vision", "--rename", "sight")[0] == 0
    for options, text in (
        (("--rename", "x"), "need the NAME"),
        (("sight", "--rename", "x", "--delete"), "give one of them"),
        (("sight", "--delete-projects"), "belong to --delete"),
        (("sight", "--delete", "--delete-projects", "--move-projects", "write"), "one of them at a time"),
        (("sight", "--delete"), "has a project"),
        (("vision", "--delete"), "is named 'sight' now"),
        (("sight", "--delete", "--move-projects", "nobody"), "no other user or team 'nobody'"),
    ):
        code, output = command(*options)
        assert code != 0
        assert text in output, output
    assert command() == (0, "sight admin admin, write write")
    assert command("sight", "--delete", "--move-projects", "write")[0] == 0
    assert command() == (0, "")
    assert visitor(team["write"]).get("/write/p/runs/r").status_code == 200
