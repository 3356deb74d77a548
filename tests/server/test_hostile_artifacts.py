"""Artifacts of clients that do not keep to the rules, and of users who have no right to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from artifact_client import COMMIT, CREATE, FILES, ArtifactClient, digest_of, manifest_of, md5
from conftest import Client

from wandb_nb.server.storage import users

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services

SECRET = {"secret.txt": b"the secret of project p"}
FOREIGN_KEY = "local-" + "2" * 40


@pytest.fixture
def logger(client: Client) -> ArtifactClient:
    """Return a client that logs artifacts of a run."""
    client.upsert("r")
    return ArtifactClient(client)


@pytest.fixture
def stranger(services: Services) -> ArtifactClient:
    """Return a client of another user, with a project of the same name, who has no right to the first one."""
    with services.database.write() as connection:
        users.add_user(connection, "eve", FOREIGN_KEY)
    client = Client(services, FOREIGN_KEY)
    client.upsert("r", entityName="eve")
    return ArtifactClient(client, entity="eve")


@pytest.mark.parametrize(
    "path",
    [
        "../up",
        "a/../../up",
        "/etc/passwd",
        "a//b",
        "a/./b",
        "..\\up",
        "C:\\up",
        "a\\..\\..\\up",
        "a\nb",
        "",
        "x" * 1025,
    ],
)
def test_paths_that_lead_out_are_refused(logger: ArtifactClient, path: str) -> None:
    """No manifest can place a file outside the folder that a reader downloads it to."""
    manifest = manifest_of({path: b"x"})
    node = logger.create("d", digest_of(manifest))
    assert logger.send_manifest(node["id"], manifest) == 400
    assert "errors" in logger.commit(node["id"])
    assert logger.version("d") is None


@pytest.mark.parametrize(
    "entry",
    [
        {"size": -1},
        {"size": 2**70},
        {"size": 1.5},
        {"size": "3"},
        {"size": True},
        {"digest": "x"},
        {"digest": 3},
        {"digest": ""},
        {"digest": "é" * 24},
        {"ref": 3},
        {"ref": "x" * 9000},
        {"extra": ["x"]},
        {"extra": {"x": "y" * 70_000}},
    ],
)
def test_unusable_entries_are_refused(logger: ArtifactClient, entry: dict[str, Any]) -> None:
    """Sizes, digests and references that are not possible cost the manifest, and nothing else."""
    manifest = manifest_of({"a": b"x"}, a=entry)
    node = logger.create("d", "0" * 32)
    assert logger.send_manifest(node["id"], manifest) == 400
    assert "errors" in logger.commit(node["id"])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"contents": []}', '{"contents": {"a": 1}}', "{" * 200, "\xff"])
def test_what_is_not_a_manifest_is_refused(logger: ArtifactClient, text: str) -> None:
    """Bytes that are not a manifest are answered with an error of the client."""
    node = logger.create("d", "0" * 32)
    query = (
        'mutation M($id: ID!, $d: String!) { createArtifactManifest(input: {artifactID: $id, name: "m", digest: $d})'
    )
    query += " { artifactManifest { file { uploadUrl } } } }"
    content = text.encode("latin-1")
    answer = logger.client.query(query, id=node["id"], d=md5(content))["createArtifactManifest"]
    assert logger.put(answer["artifactManifest"]["file"]["uploadUrl"], content) == 400


def test_sizes_are_those_of_the_server(logger: ArtifactClient) -> None:
    """A size that a manifest states does not count: the server has measured the content."""
    manifest = manifest_of({"a": b"four"}, a={"size": 2**61})
    node = logger.create("d", digest_of(manifest))
    logger.upload(node["id"], {"a": b"four"})
    assert logger.send_manifest(node["id"], manifest) == 200
    assert "errors" not in logger.commit(node["id"])
    assert logger.version("d")["size"] == 4


def test_another_content_is_not_accepted(logger: ArtifactClient) -> None:
    """Bytes with another MD5 than announced are refused and not stored, as content and as manifest."""
    manifest = manifest_of({"a": b"right"})
    node = logger.create("d", digest_of(manifest))
    url = logger.announce(node["id"], {"a": b"right"})["a"]
    assert logger.put(url, b"wrong") == 400
    assert logger.announce(node["id"], {"a": b"wrong"})["a"] is not None
    assert logger.send_manifest(node["id"], manifest) == 200
    (error,) = logger.commit(node["id"])["errors"]
    assert "has not arrived" in error["message"]
    assert logger.version("d") is None
    assert logger.put(url, b"right") == 200
    assert "errors" not in logger.commit(node["id"])


def test_the_manifest_must_have_the_digest_of_the_version(logger: ArtifactClient) -> None:
    """A version cannot pretend to have the digest of other content."""
    node = logger.create("d", digest_of(manifest_of({"a": b"claimed"})))
    logger.upload(node["id"], {"a": b"real"})
    assert logger.send_manifest(node["id"], manifest_of({"a": b"real"})) == 200
    (error,) = logger.commit(node["id"])["errors"]
    assert "does not have the digest" in error["message"]


def test_a_digest_gives_no_access_to_another_project(logger: ArtifactClient, stranger: ArtifactClient) -> None:
    """Who knows the digest of a content elsewhere must send the content itself to have it."""
    logger.log("d", SECRET)
    manifest = manifest_of(SECRET)
    node = stranger.create("d", digest_of(manifest))
    assert node["state"] == "PENDING"
    assert stranger.announce(node["id"], SECRET)["secret.txt"] is not None
    assert stranger.send_manifest(node["id"], manifest) == 200
    assert "has not arrived" in stranger.commit(node["id"])["errors"][0]["message"]


def test_other_projects_are_closed(logger: ArtifactClient, stranger: ArtifactClient) -> None:
    """A user without right to a project neither reads, uses, links nor continues its versions, by name or by id."""
    node = logger.log("d", SECRET)
    pending = logger.create("e", "0" * 32)["id"]
    client = stranger.client
    assert client.query('{ project(entityName: "local", name: "p") { artifact(name: "d") { id } } }')["project"] is None
    for artifact in (node["id"], pending):
        assert client.query("query A($i: ID!) { artifact(id: $i) { id } }", i=artifact)["artifact"] is None
        place = 'artifactID: $i, entityName: "eve", projectName: "p"'
        for field in (
            f'useArtifact(input: {{{place}, runName: "r"}})',
            f'linkArtifact(input: {{{place}, artifactPortfolioName: "f"}})',
            "deleteArtifact(input: {artifactID: $i, deleteAliases: true})",
            "commitArtifact(input: {artifactID: $i})",
        ):
            text = f"mutation M($i: ID!) {{ {field} {{ __typename }} }}"
            assert "denied" in client.answer(text, i=artifact)["errors"][0]["message"]
        specs = [{"artifactID": artifact, "name": "a", "md5": md5(b"a")}]
        assert "denied" in client.answer(FILES, input={"artifactFiles": specs})["errors"][0]["message"]
    hexadecimal = md5(SECRET["secret.txt"])
    path = f"/artifactsV2/default/local/p/d/{node['id']}/{hexadecimal}/secret.txt"
    assert client.send("GET", path).status_code == 404


def test_addresses_end_with_the_right(logger: ArtifactClient, services: Services, stranger: ArtifactClient) -> None:
    """The address of a content works without a key, only as long as its user may read the project."""
    logger.log("d", SECRET)
    with services.database.write() as connection:
        users.set_right(connection, "local", "p", "eve", users.Right.READ)
    reader = ArtifactClient(stranger.client)
    page = reader.version("d", "files { edges { node { directUrl } } } currentManifest { file { directUrl } }")
    urls = [page["files"]["edges"][0]["node"]["directUrl"], page["currentManifest"]["file"]["directUrl"]]
    answers = [reader.get(url) for url in urls]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["content-type"] == "application/octet-stream"
    assert all("sandbox" in answer.headers["content-security-policy"] for answer in answers)
    assert answers[0].headers["content-disposition"].startswith("attachment")
    with services.database.write() as connection:
        users.set_right(connection, "local", "p", "eve", users.Right.NONE)
    assert [reader.get(url).status_code for url in urls] == [404, 404]
    assert logger.get(urls[0][:-1] + "x").status_code == 404


def test_an_upload_address_serves_one_purpose(logger: ArtifactClient) -> None:
    """Addresses of contents, manifests and files of runs cannot stand for each other."""
    node = logger.create("d", "0" * 32)
    url = logger.announce(node["id"], {"a": b"a"})["a"]
    assert url is not None
    token = urlsplit(url).path.rpartition("/")[2]
    for path in ("/upload/", "/upload/manifest/"):
        assert logger.client.send("PUT", path + token, content=b"a").status_code == 403
    for path in ("/artifact-content/", "/artifact-manifest/"):
        assert logger.client.send("GET", path + token).status_code == 404


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("a/b", {}),
        ("..", {}),
        ("a:b", {}),
        ("", {}),
        ("x" * 129, {}),
        ("d", {"artifactTypeName": "a/b"}),
        ("d", {"aliases": ["v7"]}),
        ("d", {"aliases": ["a:b"]}),
        ("d", {"aliases": [""]}),
        ("d", {"digest": "../../x"}),
        ("d", {"digest": "0" * 31 + "G"}),
        ("d", {"digestAlgorithm": "MANIFEST_XXH128"}),
        ("d", {"metadata": "[1]"}),
        ("d", {"metadata": '{"a": "' + "x" * (1 << 20) + '"}'}),
        ("d", {"tags": [{"tagName": "x" * 300}]}),
        ("d", {"clientID": "x" * 200}),
        ("d", {"runName": "other"}),
    ],
)
def test_impossible_versions_are_refused(logger: ArtifactClient, name: str, given: dict[str, Any]) -> None:
    """Names, aliases, digests and texts that are not possible are refused, and nothing of the request remains."""
    digest = given.pop("digest", "0" * 32)
    answer = logger.client.answer(CREATE, input=logger.creation(name, digest, **given))
    assert answer["errors"][0]["message"] != "the server failed to answer; its log has the reason"
    types = '{ project(name: "p") { artifactTypes { totalCount } } }'
    assert logger.client.query(types)["project"]["artifactTypes"]["totalCount"] == 0


def test_unknown_ids_are_plain_errors(logger: ArtifactClient) -> None:
    """Ids that are not ids, or name something else, are refused like those that do not exist."""
    run = logger.client.run("r", "id")["id"]
    for artifact in ("", "x", "QXJ0aWZhY3Q6OTk=", run, "é"):
        assert "denied" in logger.client.answer(COMMIT, id=artifact)["errors"][0]["message"]


def test_hostile_texts_stay_data(logger: ArtifactClient) -> None:
    """Markup and quotes in names, metadata and references come back as they were sent."""
    text = "<script>alert(1)</script>\"'"
    manifest = manifest_of({}, **{text.replace("/", ""): {"digest": text, "size": 0, "ref": f"https://x/{text}"}})
    node = logger.create("d", digest_of(manifest), description=text, metadata=json.dumps({text: text}))
    assert logger.send_manifest(node["id"], manifest) == 200
    assert "errors" not in logger.commit(node["id"])
    version = logger.version("d", "description metadata files { edges { node { name directUrl } } }")
    assert version["description"] == text
    assert json.loads(version["metadata"]) == {text: text}
    assert version["files"]["edges"][0]["node"]["directUrl"] == f"https://x/{text}"
