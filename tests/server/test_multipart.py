"""Large contents of artifacts in parts: sent, continued, joined, refused and cleaned."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from artifact_client import ArtifactClient, digest_of, manifest_of, md5
from conftest import Client
from sqlalchemy import update
from test_artifacts import count, stored_bytes

from wandb_nb.server.cleaning import delete_outdated_artifacts
from wandb_nb.server.protocol.artifacts import multipart_uploads
from wandb_nb.server.storage import users
from wandb_nb.server.storage.artifacts.content_store import UNUSED_SECONDS
from wandb_nb.server.storage.tables import contents

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services

PARTS = [b"first" * 50, b"second" * 50, b"end"]
LARGE = b"".join(PARTS)
ANNOUNCE = """mutation F($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
    files { edges { node { uploadUrl uploadMultipartUrls { uploadID uploadUrlParts {
    partNumber uploadUrl } } } } } } }"""
COMPLETE = """mutation C($input: CompleteMultipartUploadArtifactInput!) {
    completeMultipartUploadArtifact(input: $input) { digest } }"""


def specs(parts: list[bytes]) -> list[dict[str, Any]]:
    """Return *parts* as clients name them."""
    return [
        {"partNumber": number, "hexMD5": hashlib.md5(part, usedforsecurity=False).hexdigest()}
        for number, part in enumerate(parts, 1)
    ]


class Upload:
    """The upload of a file with the content of *parts*, for a new version of the artifact "d"."""

    def __init__(self, logger: ArtifactClient, parts: list[bytes] = PARTS) -> None:
        self.logger, self.parts, self.content = logger, parts, b"".join(parts)
        self.manifest = manifest_of({"large.bin": self.content})
        self.artifact = logger.create("d", digest_of(self.manifest))["id"]

    def announce(self) -> Any:
        """Announce the file; return its node."""
        file = {"artifactID": self.artifact, "name": "large.bin", "md5": md5(self.content)}
        values = {"artifactFiles": [{**file, "uploadPartsInput": specs(self.parts)}], "storageLayout": "V2"}
        return self.logger.client.query(ANNOUNCE, input=values)["createArtifactFiles"]["files"]["edges"][0]["node"]

    def complete(self, client: Client | None = None, **given: Any) -> Any:
        """Ask for the parts to be joined; return the answer as received."""
        digest = hashlib.md5(self.content, usedforsecurity=False).hexdigest()
        values = {"completeMultipartAction": "Complete", "completedParts": specs(self.parts), "uploadID": digest}
        values |= {"artifactID": self.artifact, "storagePath": "any"}
        return (client or self.logger.client).answer(COMPLETE, input={**values, **given})

    def send(self, node: Any, numbers: tuple[int, ...]) -> None:
        """Send the parts with these numbers."""
        addresses = {each["partNumber"]: each["uploadUrl"] for each in node["uploadMultipartUrls"]["uploadUrlParts"]}
        for number in numbers:
            assert self.logger.put(addresses[number], PARTS[number - 1]) == 200


@pytest.fixture
def logger(client: Client) -> ArtifactClient:
    """Return a client that logs artifacts of a run."""
    client.upsert("r")
    return ArtifactClient(client)


def test_parts_become_one_content(logger: ArtifactClient, services: Services) -> None:
    """Parts that arrive in any order are joined in theirs, the version has the file, and no part remains."""
    upload = Upload(logger)
    node = upload.announce()
    upload.send(node, (3, 1, 2))
    tags = [{**part, "hexMD5": f'"{part["hexMD5"]}"'} for part in specs(PARTS)]  # as the official client
    assert "errors" not in upload.complete(completedParts=tags)
    assert "errors" not in upload.complete(), "a client that did not get the answer asks again"
    assert logger.send_manifest(upload.artifact, upload.manifest) == 200
    assert "errors" not in logger.commit(upload.artifact)
    assert logger.read("d:v0") == {"large.bin": LARGE}
    assert (count(services, contents), stored_bytes(services)) == (1, [LARGE])
    assert upload.announce()["uploadUrl"] is upload.announce()["uploadMultipartUrls"] is None


def test_a_second_request_deletes_the_parts(logger: ArtifactClient, services: Services) -> None:
    """A request to join parts also deletes them where the content is there already, as after a late answer."""
    upload = Upload(logger)
    upload.send(upload.announce(), (1, 2, 3))
    logger.log("other", {"large.bin": LARGE})
    assert count(services, contents) == len(PARTS) + 1
    assert "errors" not in upload.complete()
    assert (count(services, contents), stored_bytes(services)) == (1, [LARGE])


def test_an_interrupted_upload_continues(logger: ArtifactClient, client: Client) -> None:
    """After an interruption the addresses of parts report which are there, to the holder of the address only."""
    Upload(logger).send(Upload(logger).announce(), (2,))
    upload = Upload(logger)
    node = upload.announce()
    addresses = [urlsplit(each["uploadUrl"]).path for each in node["uploadMultipartUrls"]["uploadUrlParts"]]
    answers = [client.send("HEAD", address, headers={"Authorization": ""}) for address in addresses]
    assert [answer.status_code for answer in answers] == [404, 200, 404]
    assert answers[1].headers["etag"] == f'"{specs(PARTS)[1]["hexMD5"]}"'
    assert client.send("HEAD", f"{addresses[1]}x").status_code == 404
    assert "part 1 of the file is not on this server" in str(upload.complete()["errors"])
    upload.send(node, (1, 3))
    assert "errors" not in upload.complete()


def test_what_is_not_the_file_is_refused(logger: ArtifactClient, services: Services) -> None:
    """Parts that make another content, wrong numbers, MD5s and ids are refused by name, and nothing new is stored."""
    upload = Upload(logger)
    upload.send(upload.announce(), (1, 2, 3))
    wrong = specs(PARTS)
    for given, reason in (
        ({"completedParts": specs(PARTS[::-1])}, "has the MD5"),
        ({"completedParts": wrong[1:]}, "numbered from 1"),
        ({"completedParts": []}, "numbered from 1"),
        ({"completedParts": [{"partNumber": 1, "hexMD5": "../../etc/passwd"}]}, "in hexadecimal"),
        ({"uploadID": "../x"}, "no such upload"),
    ):
        assert reason in str(upload.complete(**given)["errors"])
    assert "errors" not in upload.complete(completeMultipartAction="Abort", completedParts=[])
    assert sorted(stored_bytes(services)) == sorted(PARTS)


def test_too_many_parts_are_refused(logger: ArtifactClient) -> None:
    """A request may announce only so many parts that its answer stays small."""
    upload = Upload(logger)
    parts = [{"partNumber": number, "hexMD5": "0" * 32} for number in range(1, multipart_uploads.MAX_PARTS + 2)]
    file = {"artifactID": upload.artifact, "name": "x", "md5": md5(LARGE), "uploadPartsInput": parts}
    answer = logger.client.answer(ANNOUNCE, input={"artifactFiles": [file]})
    assert "at most 10000 parts" in str(answer["errors"])


def test_nobody_else_joins_parts(logger: ArtifactClient, services: Services) -> None:
    """A user without rights in the project cannot complete an upload of it."""
    upload = Upload(logger)
    upload.send(upload.announce(), (1, 2, 3))
    with services.database.write() as connection:
        users.add_user(connection, "other", "local-" + "1" * 40)
    assert "errors" in upload.complete(Client(services, "local-" + "1" * 40))
    assert count(services, contents) == len(PARTS)


def test_parts_that_versions_have_stay(logger: ArtifactClient, services: Services) -> None:
    """A part with the content of a file of a version is not deleted with the other parts."""
    logger.log("small", {"same.bin": PARTS[1]})
    upload = Upload(logger)
    upload.send(upload.announce(), (1, 3))
    assert "errors" not in upload.complete()
    assert logger.read("small:v0") == {"same.bin": PARTS[1]}
    assert count(services, contents) == 2


def test_abandoned_parts_are_cleaned(logger: ArtifactClient, services: Services) -> None:
    """Parts that were not joined are deleted after a day, as other contents without a version."""
    upload = Upload(logger)
    upload.send(upload.announce(), (1, 2))
    delete_outdated_artifacts(services)
    assert count(services, contents) == 2
    with services.database.write() as connection:
        connection.execute(update(contents).values(announced=time.time() - UNUSED_SECONDS - 1))
    delete_outdated_artifacts(services)
    assert (count(services, contents), stored_bytes(services)) == (0, [])
