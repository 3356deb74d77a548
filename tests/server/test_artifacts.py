"""Artifacts: versions, aliases, contents and uses, as clients make and read them."""

from __future__ import annotations

import threading
import time
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from artifact_client import FIELDS, ArtifactClient, digest_of, manifest_of, md5
from conftest import Client
from sqlalchemy import func, select, update

from wandb_nb.server.cleaning import delete_outdated_artifacts
from wandb_nb.server.storage import users
from wandb_nb.server.storage.artifacts.content_store import UNUSED_SECONDS
from wandb_nb.server.storage.files.orphan_files import delete_orphans
from wandb_nb.server.storage.tables import artifact_entries, artifact_manifests, artifacts, contents

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services

TWO = {"a.txt": b"aaa", "sub/b.txt": b"bbbb"}


@pytest.fixture
def logger(client: Client) -> ArtifactClient:
    """Return a client that logs artifacts of a run."""
    client.upsert("r")
    return ArtifactClient(client)


def stored_bytes(services: Services) -> list[bytes]:
    """Return the stored files."""
    blobs = [status.blob for statuses in services.store.list_blobs() for status in statuses]
    return [b"".join(services.store.read(blob)) for blob in blobs]


def count(services: Services, table: Any) -> int:
    """Return how many rows a table has."""
    with services.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar() or 0


def test_a_page_reads_files_by_the_client_id(logger: ArtifactClient, client: Client) -> None:
    """Who may read the project gets a file by the artifact's client id and its path; nobody else, and no other path."""
    logger.log("d", TWO, clientID="mine")
    address = "/artifact-files/mine"
    answer = client.send("GET", f"{address}/sub/b.txt")

    assert (answer.status_code, answer.content) == (200, b"bbbb")
    is_direct = "Content-Security-Policy" not in answer.headers
    assert is_direct or answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert [client.send("GET", f"{address}/{path}").status_code for path in ("c.txt", "sub")] == [404, 404]
    client.headers = {}
    assert client.send("GET", f"{address}/a.txt").status_code in (401, 403, 404)


def test_a_version_is_what_was_sent(logger: ArtifactClient) -> None:
    """A committed version has its files, size, metadata, number and aliases, and the manifest without local paths."""
    node = logger.log("d", TWO, aliases=["best"], metadata='{"k": 1}')
    assert node["artifactSequence"]["latestArtifact"] is None
    version = logger.version("d:best")
    aliases = version.pop("aliases")
    assert version == {
        "id": node["id"],
        "digest": digest_of(manifest_of(TWO)),
        "state": "COMMITTED",
        "size": 7,
        "fileCount": 2,
        "versionIndex": 0,
        "metadata": '{"k": 1}',
    }
    assert [each["alias"] for each in aliases] == ["best", "latest", "v0"]
    assert logger.read("d:v0") == TWO
    url = logger.version("d", "currentManifest { file { directUrl } }")["currentManifest"]["file"]["directUrl"]
    entries = logger.get(url).json()["contents"]
    assert {path: (entry["digest"], entry["size"]) for path, entry in entries.items()} == {
        path: (md5(content), len(content)) for path, content in TWO.items()
    }


def test_numbers_rise_only_with_the_content(logger: ArtifactClient) -> None:
    """Equal content is the same version, to which `latest` and new aliases move; other content is the next one."""
    logger.log("d", TWO)
    logger.log("d", {"a.txt": b"new"})
    assert logger.version("d:latest")["versionIndex"] == 1
    again = logger.log("d", TWO, aliases=["old"])
    assert again["state"] == "COMMITTED"
    assert logger.version("d:latest")["versionIndex"] == logger.version("d:old")["versionIndex"] == 0
    assert logger.version("d:v2") is None


def test_a_content_is_stored_once(logger: ArtifactClient, services: Services) -> None:
    """A content that the project has is neither asked for nor stored again, whichever artifact has it."""
    logger.log("d", {"a": b"same", "b": b"same"})
    node = logger.create("e", digest_of(manifest_of({"c": b"same"})))
    assert logger.announce(node["id"], {"c": b"same"}) == {"c": None}
    assert len(stored_bytes(services)) == count(services, contents) == 1


@pytest.mark.parametrize("parallel", [True, False])
def test_writers_of_the_same_content_make_one_version(
    logger: ArtifactClient, services: Services, parallel: bool
) -> None:
    """Processes that send the same content, concurrently or in turn, make one version, and all see it committed."""
    manifest = manifest_of(TWO)
    first, second = (logger.create("d", digest_of(manifest), clientID=name) for name in "ab")
    assert first["id"] == second["id"]
    logger.upload(first["id"], TWO)
    errors: list[Any] = []

    def finish() -> None:
        status = logger.send_manifest(first["id"], manifest)
        errors.extend(() if status == 200 else [status])
        errors.extend(logger.commit(first["id"]).get("errors", ()))

    threads = [threading.Thread(target=finish) for _ in range(4)]
    for thread in threads:
        thread.start()
        if not parallel:
            thread.join()
    for thread in threads:
        thread.join()
    assert errors == []
    assert logger.version("d:latest")["versionIndex"] == 0
    assert logger.version("d:v1") is None
    assert count(services, artifact_manifests) == 1
    assert count(services, artifact_entries) == 2


def test_an_increment_continues_its_base(logger: ArtifactClient) -> None:
    """An incremental version has the files of the one before it, and its own instead where both have a path."""
    base = logger.log("d", TWO)
    manifest = manifest_of({"a.txt": b"new", "c.txt": b"c"})
    node = logger.create("d", digest_of(manifest))
    logger.upload(node["id"], {"a.txt": b"new", "c.txt": b"c"})
    assert logger.send_manifest(node["id"], manifest, "INCREMENTAL", base["id"]) == 200
    assert "errors" not in logger.commit(node["id"])
    merged = {**TWO, "a.txt": b"new", "c.txt": b"c"}
    assert logger.read("d:v1") == merged
    assert logger.version("d:v1")["digest"] == digest_of(manifest_of(merged))


def test_a_type_can_be_made_and_described(logger: ArtifactClient) -> None:
    """A type that is created without an artifact is listed with its description, once."""
    create = """mutation T { createArtifactType(input: {entityName: "local", projectName: "p", name: "data",
        description: "about"}) { artifactType { name description } } }"""
    for _ in range(2):
        logger.client.query(create)
    logger.log("d", TWO)
    types = '{ project(name: "p") { artifactTypes { edges { node { name description } } } } }'
    (edge,) = logger.client.query(types)["project"]["artifactTypes"]["edges"]
    assert edge["node"] == {"name": "data", "description": "about"}


def test_several_writers_make_one_version(logger: ArtifactClient) -> None:
    """Writers that share a distributed id fill one version, which has the files of all of them."""
    for path in ("a", "b"):
        files = {path: path.encode()}
        node = logger.create("d", digest_of(manifest_of(files)), distributedID="shared")
        logger.upload(node["id"], files)
        assert logger.send_manifest(node["id"], manifest_of(files), "PATCH") == 200
    assert logger.version("d") is None
    assert "errors" not in logger.commit(node["id"])
    assert logger.read("d:v0") == {"a": b"a", "b": b"b"}


def test_the_same_request_again_is_the_same_version(logger: ArtifactClient) -> None:
    """A client that repeats its creation, having lost the answer, continues with the same artifact."""
    digest = digest_of(manifest_of(TWO))
    ids = {logger.create("d", digest, clientID="c", enableDigestDeduplication=False)["id"] for _ in range(2)}
    assert len(ids) == 1


def test_client_ids_lead_to_versions(logger: ArtifactClient) -> None:
    """Each id that a client gave leads to its version, also where equal content was there before, and a sequence's."""
    first = logger.log("d", TWO, clientID="one", sequenceClientID="all")
    logger.log("d", TWO, clientID="two", sequenceClientID="other")
    newest = logger.log("d", {"a": b"a"}, clientID="three")
    query = "query M($id: ID!) { clientIDMapping(clientID: $id) { serverID } }"
    mapped = [logger.client.query(query, id=name)["clientIDMapping"] for name in ("one", "two", "three", "all", "none")]
    assert mapped == [{"serverID": node["id"]} for node in (first, first, newest, newest)] + [None]


def test_files_are_listed_page_by_page(logger: ArtifactClient) -> None:
    """Pages follow each other by path, and named files are found directly."""
    logger.log("d", {f"{n:03}": b"x" for n in range(25)})
    names, cursor = [], None
    while True:
        after = "" if cursor is None else f', after: "{cursor}"'
        fields = f"files(first: 10{after}) {{ pageInfo {{ endCursor hasNextPage }} edges {{ node {{ name }} }} }}"
        page = logger.version("d", fields)["files"]
        names += [edge["node"]["name"] for edge in page["edges"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert names == [f"{n:03}" for n in range(25)]
    found = logger.version("d", 'files(names: ["007", "nope"]) { edges { node { name sizeBytes } } }')["files"]
    assert [edge["node"] for edge in found["edges"]] == [{"name": "007", "sizeBytes": 1}]


def test_lineage(logger: ArtifactClient, client: Client) -> None:
    """A version knows the run that made it and those that used it; runs know what they made and used."""
    node = logger.log("d", TWO)
    client.upsert("user")
    use = """mutation U($id: ID!) { useArtifact(input: {artifactID: $id, entityName: "local", projectName: "p",
        runName: "user", usedAs: "training"}) { artifact { id } } }"""
    for _ in range(2):
        client.query(use, id=node["id"])
    runs = logger.version("d", "createdBy { ... on Run { name } } usedBy { edges { node { name } } }")
    assert runs == {"createdBy": {"name": "r"}, "usedBy": {"edges": [{"node": {"name": "user"}}]}}
    listed = "Artifacts { totalCount edges { node { id } } }"
    expected = {"totalCount": 1, "edges": [{"node": {"id": node["id"]}}]}
    assert client.run("user", f"input{listed}")["inputArtifacts"] == expected
    assert client.run("r", f"output{listed}")["outputArtifacts"] == expected
    assert client.run("user", f"output{listed}")["outputArtifacts"]["totalCount"] == 0


def test_deleting_frees_the_contents(logger: ArtifactClient, services: Services, client: Client) -> None:
    """A deleted version is gone with the contents that only it had; its number is not used again."""
    logger.log("d", {"a": b"only", "b": b"shared"})
    logger.log("d", {"b": b"shared"})
    with services.database.write() as connection:  # as if a day had passed
        connection.execute(update(contents).values(announced=time.time() - UNUSED_SECONDS - 1))
    delete = """mutation D($id: ID!, $all: Boolean) {
        deleteArtifact(input: {artifactID: $id, deleteAliases: $all}) { artifact { id } } }"""
    first, last = (logger.version(f"d:v{number}")["id"] for number in (0, 1))
    assert "aliases" in client.answer(delete, id=last)["errors"][0]["message"]
    client.query(delete, id=first)
    assert logger.version("d:v0") is None
    assert stored_bytes(services) == [b"shared"]
    client.query(delete, id=last, all=True)
    assert stored_bytes(services) == []
    logger.log("d", {"c": b"c"})
    assert logger.version("d:latest")["versionIndex"] == 2


def test_what_is_left_behind_is_cleaned(logger: ArtifactClient, services: Services) -> None:
    """Artifacts that were begun and not committed, old versions and their contents are deleted after their time."""
    logger.log("d", {"kept": b"kept"})
    logger.log("old", {"old": b"old"}, ttlDurationSeconds=60)
    node = logger.create("half", digest_of(manifest_of(TWO)))
    logger.upload(node["id"], TWO)
    delete_outdated_artifacts(services)
    assert count(services, artifacts) == 3
    with services.database.write() as connection:
        connection.execute(update(contents).values(announced=time.time() - UNUSED_SECONDS - 1))
        past = time.time() - UNUSED_SECONDS - 1
        connection.execute(update(artifacts).values(created=past, updated=past))
    delete_outdated_artifacts(services)
    assert count(services, artifacts) == 1
    assert stored_bytes(services) == [b"kept"]
    assert logger.read("d:v0") == {"kept": b"kept"}


def test_contents_are_not_orphans(logger: ArtifactClient, services: Services) -> None:
    """Cleaning deletes a broken upload and leaves contents of artifacts."""
    logger.log("d", TWO)
    services.store.put("stray", BytesIO(b"x"))
    assert delete_orphans(services.database, services.store, time.time() + 1) == 1
    assert services.store.stat("stray") is None
    assert logger.read("d:v0") == TWO


def test_deleting_a_run(logger: ArtifactClient, client: Client) -> None:
    """A run's versions stay when it is deleted, unless the request says otherwise."""
    logger.log("d", TWO)
    client.upsert("s")
    ArtifactClient(client, "s").log("e", TWO)
    delete = "mutation D($id: ID!, $all: Boolean) { deleteRun(input: {id: $id, deleteArtifacts: $all}) { __typename } }"
    client.query(delete, id=client.run("r", "id")["id"])
    assert logger.version("d", "createdBy { __typename } " + FIELDS)["createdBy"] is None
    client.query(delete, id=client.run("s", "id")["id"], all=True)
    assert logger.version("e") is None
    assert logger.read("d:v0") == TWO


def test_a_reader_cannot_write(logger: ArtifactClient, services: Services) -> None:
    """A user who may only read a project reads its versions and changes nothing."""
    node = logger.log("d", TWO)
    with services.database.write() as connection:
        users.add_user(connection, "ann", "local-" + "1" * 40)
        users.set_right(connection, "local", "p", "ann", users.Right.READ)
    reader = ArtifactClient(Client(services, "local-" + "1" * 40))
    assert reader.read("d:v0") == TWO
    texts = (
        "mutation M($i: ID!) { deleteArtifact(input: {artifactID: $i}) { __typename } }",
        'mutation M($i: ID!) { updateArtifact(input: {artifactID: $i, description: "x"}) { __typename } }',
        'mutation M($i: ID!) { addAliases(input: {artifactID: $i, aliases: [{alias: "x"}]}) { success } }',
    )
    refused = [reader.client.answer(text, i=node["id"]) for text in texts]
    assert all("may not" in answer["errors"][0]["message"] for answer in refused)
    assert logger.version("d", "description")["description"] is None


def test_a_collection_gets_another_type(logger: ArtifactClient, client: Client) -> None:
    """A collection and its versions move to a type, which is created; a portfolio stays what it is."""
    logger.log("name", {"a": b"a"})
    data = (
        '{project(name: "p") {artifactCollection(name: "name") {id} artifact(name: "name:v0") {artifactType {name}}}}'
    )
    move = """mutation M($input: MoveArtifactSequenceInput!) { moveArtifactSequence(input: $input) {
        artifactCollection { defaultArtifactType { name } } } }"""
    collection = client.query(data)["project"]["artifactCollection"]["id"]
    client.query(move, input={"artifactSequenceID": collection, "destinationArtifactTypeName": "new"})
    assert client.query(data)["project"]["artifact"]["artifactType"]["name"] == "new"
    refused = client.answer(move, input={"artifactSequenceID": collection, "destinationArtifactTypeName": "a:b"})
    assert "leave out the colon" in refused["errors"][0]["message"]
