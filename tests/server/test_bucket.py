"""Files in a bucket: what a signed address permits, what becomes of what clients send, and a bucket that is gone."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from artifact_client import ArtifactClient, digest_of, manifest_of, md5
from conftest import Client, bucket_address
from embedded_server import EmbeddedServer
from test_multipart import Upload, specs
from test_stored_files import UPLOAD
from waiting import until

from wandb_nb.errors import StoreError, UsageError
from wandb_nb.server.http.services import open_services
from wandb_nb.server.protocol.staged_uploads import add_staged
from wandb_nb.server.storage import users
from wandb_nb.server.storage.files.orphan_files import delete_orphans
from wandb_nb.server.storage.files.s3_address import S3Address, parse_s3_address, require_writable
from wandb_nb.server.storage.files.s3_store import S3Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bucket import Bucket

    import wandb_nb as wandb
    from wandb_nb.server.http.services import Services

    Start = Callable[..., wandb.Run]

BUCKET = "bucket"
LONG_NAME = "".join(chr(0x4E00 + byte) + chr(0x5E00 + byte) for byte in hashlib.shake_128(b"name").digest(500))
"""Too long for a key, also if it is compressed."""
DELETE = "mutation D($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }"


@pytest.fixture
def services(bucket: Bucket, tmp_path: Path) -> Iterator[Services]:
    """Return the parts of a server whose files are in a bucket."""
    opened = open_services(tmp_path / "server", bucket=bucket_address(bucket))
    yield opened
    opened.database.close()


def announce(client: Client, *names: str) -> list[str]:
    """Return the upload addresses of files of the run a."""
    client.upsert("a")
    files = client.query(UPLOAD, run="a", files=list(names))["createRunFiles"]["files"]
    return [file["uploadUrl"] for file in files]


def names(client: Client) -> list[str]:
    """Return the names of the files that the run a has."""
    edges = client.run("a", "files { edges { node { name } } }")["files"]["edges"]
    return [edge["node"]["name"] for edge in edges]


def staged(services: Services) -> list[str]:
    """Return the keys of what clients sent and the server did not process."""
    assert services.signed is not None
    return [each.key for batch in services.signed.staged() for each in batch]


def report(client: Client, *uploaded: str) -> int:
    """Report files as uploaded; return the status."""
    return client.stream("a", uploaded=list(uploaded)).status_code


def test_an_upload_address_permits_one_request_only(client: Client, bucket: Bucket) -> None:
    """It writes one object for an hour: no other method, key, listing, time or signature is accepted."""
    (url,) = announce(client, "x")
    parts = urlsplit(url)
    root = url.replace(parts.path, f"/{BUCKET}/")
    refused = [
        httpx.get(url),
        httpx.delete(url),
        httpx.head(url),
        httpx.put(url.replace(parts.path, f"{parts.path}x"), content=b"x"),
        httpx.put(url.replace("/staging/", "/files/"), content=b"x"),
        httpx.get(root),
        httpx.get(f"{root}&list-type=2"),
        httpx.put(f"{url[:-1]}{'0' if url[-1] != '0' else '1'}", content=b"x"),
        httpx.put(url.replace("Expires=3600", "Expires=99999"), content=b"x"),
        httpx.put(parts._replace(query="").geturl(), content=b"x"),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    bucket.later = timedelta(seconds=3601)
    assert httpx.put(url, content=b"x").status_code == 403
    bucket.later = timedelta(seconds=3500)
    assert httpx.put(url, content=b"x").status_code == 200
    bucket.later = timedelta()
    assert report(client, "x") == 200
    assert names(client) == ["x"]


def test_a_download_address_permits_one_request_only(client: Client, bucket: Bucket) -> None:
    """It reads one object for five minutes, as a download of a type that no browser executes, and writes nothing."""
    for url in announce(client, "x.html", "y.html"):
        httpx.put(url, content=b"<script>", headers={"Content-Type": "text/html"})
    report(client, "x.html", "y.html")
    app = httpx.ASGITransport(app=client.app)
    answer = _without_redirects(client, app, "/files/local/p/a/x.html")
    assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
    url = answer.headers["location"]
    download = httpx.get(url)
    assert download.content == b"<script>"
    assert download.headers["content-type"] == "application/octet-stream"
    assert download.headers["content-disposition"] == 'attachment; filename="x.html"'
    tampered = url.replace("octet-stream", "html")
    other = _without_redirects(client, app, "/files/local/p/a/y.html").headers["location"]
    swapped = url.replace(urlsplit(url).path, urlsplit(other).path)
    assert [httpx.get(each).status_code for each in (tampered, swapped)] == [403, 403]
    assert httpx.put(url, content=b"x").status_code == httpx.delete(url).status_code == 403
    bucket.later = timedelta(seconds=301)
    assert httpx.get(url).status_code == 403


def _without_redirects(client: Client, app: httpx.ASGITransport, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1:8090") as http:
            return await http.get(path, headers=client.headers)

    return anyio.run(ask)


def test_a_client_by_tls_is_not_sent_to_a_store_without(client: Client) -> None:
    """Who reached the server by HTTPS gets addresses of the server, and files from it, if the store has HTTP only."""
    client.upsert("a")
    over_tls = httpx.ASGITransport(app=client.app)

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=over_tls, base_url="https://127.0.0.1:8090") as http:
                return await http.request(method, path, headers=client.headers, **options)

        return anyio.run(ask)

    body = {"query": UPLOAD, "variables": {"run": "a", "files": ["x"]}}
    (file,) = send("POST", "/graphql", json=body).json()["data"]["createRunFiles"]["files"]
    assert file["uploadUrl"].startswith("https://127.0.0.1:8090/upload/")
    assert send("PUT", file["uploadUrl"], content=b"x").status_code == 200
    answer = send("GET", "/files/local/p/a/x")
    assert (answer.status_code, answer.content) == (200, b"x")


def test_an_old_address_changes_nothing(client: Client, services: Services) -> None:
    """What is sent again to an address whose file the server has is not that file; a newer file is not replaced."""
    (old,) = announce(client, "x")
    assert httpx.put(old, content=b"first").status_code == 200
    report(client, "x")
    httpx.put(old, content=b"second")  # without a report nobody sees it
    assert client.send("GET", "/files/local/p/a/x").content == b"first"
    (new,) = announce(client, "x")
    httpx.put(new, content=b"newest")
    report(client, "x")
    httpx.put(old, content=b"third")
    report(client, "x")
    assert client.send("GET", "/files/local/p/a/x").content == b"newest"
    assert staged(services) == []
    assert sum(len(blobs) for blobs in services.store.list_blobs()) == 1


def test_a_content_has_the_digest_that_was_announced(client: Client, services: Services) -> None:
    """The store refuses other bytes, or none for the digest; what a careless store takes, the server refuses."""
    client.upsert("r")
    logger = ArtifactClient(client)
    manifest = manifest_of({"f": b"good"})
    node = logger.create("d", digest_of(manifest))
    url = logger.announce(node["id"], {"f": b"good"})["f"]
    assert url is not None
    for headers in ({}, {"Content-MD5": md5(b"good")}, {"Content-MD5": md5(b"evil")}):
        assert httpx.put(url, content=b"evil", headers=headers).status_code in (400, 403)
    assert isinstance(services.store, S3Store)
    key = urlsplit(url).path.removeprefix(f"/{BUCKET}/")
    services.store.client.put_object(Bucket=BUCKET, Key=key, Body=b"evil")
    assert logger.send_manifest(node["id"], manifest) == 200
    assert "has not arrived" in logger.commit(node["id"])["errors"][0]["message"]
    assert staged(services) == []
    assert list(services.store.list_blobs()) == [[]]
    assert httpx.put(url, content=b"good", headers={"Content-MD5": md5(b"good")}).status_code == 200
    assert logger.send_manifest(node["id"], manifest) == 200
    assert "errors" not in logger.commit(node["id"])
    assert logger.read("d:v0") == {"f": b"good"}


def test_a_large_content_goes_to_the_bucket_in_parts(client: Client, services: Services, bucket: Bucket) -> None:
    """The address of a part takes its bytes only, for six hours; the bucket joins them, and refuses what is wrong."""
    client.upsert("r")
    logger, (first, second, last) = ArtifactClient(client), (bytes([n]) * (5 << 20) for n in range(3))
    parts = [first, second, last[:1000]]
    upload = Upload(logger, parts)
    urls = [each["uploadUrl"] for each in upload.announce()["uploadMultipartUrls"]["uploadUrlParts"]]
    headers = [{"Content-MD5": md5(part)} for part in parts]
    swapped = urls[0].replace(urlsplit(urls[0]).path, urlsplit(urls[1]).path)
    refused = [
        httpx.put(urls[0], content=second),
        httpx.put(urls[0], content=second, headers=headers[1]),
        httpx.put(urls[0], content=second, headers=headers[0]),
        httpx.put(swapped, content=first, headers=headers[0]),
        httpx.get(urls[0]),
        httpx.delete(urls[0]),
    ]
    assert {answer.status_code for answer in refused} == {403, 400}
    bucket.later = timedelta(hours=6, seconds=1)
    assert httpx.put(urls[0], content=first, headers=headers[0]).status_code == 403
    bucket.later = timedelta()
    for url, part, header in zip(urls[1:], parts[1:], headers[1:], strict=True):
        assert httpx.put(url, content=part, headers=header).status_code == 200
    assert "part 1 of the file is not on this server" in str(upload.complete()["errors"])
    assert httpx.put(urls[0], content=first, headers=headers[0]).status_code == 200
    in_wrong_order = upload.complete(completedParts=specs([second, first, parts[2]]))
    assert "has the MD5" in str(in_wrong_order["errors"])
    before = len(bucket.requests)
    assert "errors" not in upload.complete()
    made = [request[0] for request in bucket.requests[before:]]
    assert (made.count("POST"), made.count("PUT")) == (3, 3)  # begun, its parts copied by the bucket, ended; deletion
    assert logger.send_manifest(upload.artifact, upload.manifest) == 200
    assert "errors" not in logger.commit(upload.artifact)
    assert logger.read("d:v0") == {"large.bin": b"".join(parts)}
    assert staged(services) == []
    assert sum(len(blobs) for blobs in services.store.list_blobs()) == 1


def test_parts_for_a_bucket_with_other_etags(client: Client, services: Services) -> None:
    """Where the bucket encrypts by a key of its own, ETags are no MD5s, so parts go through the server."""
    assert isinstance(services.store, S3Store)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    services.store.client.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    try:
        client.upsert("r")
        node = Upload(ArtifactClient(client), [b"a", b"b"]).announce()
    finally:
        services.store.client.delete_bucket_encryption(Bucket=BUCKET)
    urls = [each["uploadUrl"] for each in node["uploadMultipartUrls"]["uploadUrlParts"]]
    assert [url.rpartition("/")[0] for url in urls] == ["http://127.0.0.1:8090/upload/content"] * 2


def test_who_lost_the_right_adds_nothing(client: Client, services: Services) -> None:
    """A file of a writer whose key or right ended before the server saw it, or of a deleted run, is dropped."""
    (url,) = announce(client, "own")
    with services.database.write() as connection:
        users.add_user(connection, "ann", "local-" + "3" * 40)
        users.set_right(connection, "local", "p", "ann", users.Right.WRITE)
    writer = Client(services, "local-" + "3" * 40)
    text = UPLOAD.replace('projectName: "p"', 'entityName: "local", projectName: "p"')
    (file,) = writer.query(text, run="a", files=["foreign"])["createRunFiles"]["files"]
    httpx.put(file["uploadUrl"], content=b"x")
    with services.database.write() as connection:
        users.set_right(connection, "local", "p", "ann", users.Right.READ)
    refused = writer.answer(text, run="a", files=["foreign"])
    assert "permission denied" in refused["errors"][0]["message"]
    add_staged(services)
    assert (names(client), staged(services)) == ([], [])
    httpx.put(url, content=b"x")
    client.query(DELETE, id=client.run("a", "id")["id"])
    add_staged(services)
    assert staged(services) == []
    assert list(services.store.list_blobs()) == [[]]


def test_files_that_nobody_reported(client: Client, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are added a minute later, or when somebody asks for one; what is a day old is deleted."""
    first, second, third = announce(client, "x", "y", "z")
    httpx.put(first, content=b"1")
    add_staged(services, min_age_seconds=60)
    assert (names(client), len(staged(services))) == ([], 1)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 61)
    add_staged(services, min_age_seconds=60)
    assert names(client) == ["x"]
    httpx.put(second, content=b"2")
    assert client.send("GET", "/files/local/p/a/y").content == b"2"
    assert client.send("GET", "/files/local/p/a/nothing").status_code == 404
    httpx.put(third, content=b"3")
    assert delete_orphans(services.database, services.store, time.time()) == 0
    assert isinstance(services.store, S3Store)
    upload = {"Bucket": BUCKET, "Key": f"{services.store.address.prefix}files/aa/aa"}
    services.store.client.create_multipart_upload(**upload)
    monkeypatch.setattr(time, "time", lambda: real() + 86_500)
    assert delete_orphans(services.database, services.store, time.time() - 3600) == 2
    assert staged(services) == []
    answer = services.store.client.list_multipart_uploads(Bucket=BUCKET, Prefix=services.store.address.prefix)
    assert "Uploads" not in answer
    assert client.send("GET", "/files/local/p/a/x").content == b"1"


def test_a_long_name_goes_through_the_server(client: Client) -> None:
    """A name that does not fit a key has an address of the server, and the file is like every other."""
    (url,) = announce(client, LONG_NAME)
    assert url.startswith("http://127.0.0.1:8090/upload/")
    assert client.send("PUT", url, content=b"x").status_code == 200
    assert names(client) == [LONG_NAME]


def test_a_bucket_that_is_gone(
    client: Client, services: Services, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    """Requests that need it can be repeated, others work, pages name the reason, and all recovers by itself."""
    through_server, direct = announce(client, LONG_NAME, "x.txt")
    bucket.gone = True
    upload = client.send("PUT", through_server, content=b"x")
    assert (upload.status_code, upload.headers["retry-after"]) == (503, "5")
    post = client.stream("a", uploaded=["x.txt"])
    assert (post.status_code, post.headers["retry-after"]) == (503, "5")
    assert client.stream("a", files={"output.log": {"offset": 0, "content": ["line"]}}).status_code == 200
    ready = client.send("GET", "/readyz")
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "problems": ["files"]})
    bucket.gone = False
    assert client.send("PUT", through_server, content=b"x").status_code == 200
    assert client.send("PUT", direct, content=b"text").status_code == 200
    assert client.send("GET", "/readyz").status_code == 200
    bucket.gone = True
    page = client.send("GET", "/files/local/p/a/x.txt", headers={"Sec-Fetch-Mode": "cors"})
    assert (page.status_code, page.json()["error"].partition(";")[0]) == (
        503,
        "the server's file store does not answer",
    )
    assert client.query(DELETE, id=client.run("a", "id")["id"])
    bucket.gone = False
    assert delete_orphans(services.database, services.store, time.time() + 60) == 0  # no runs: nothing is deleted
    client.upsert("b")
    assert delete_orphans(services.database, services.store, time.time() + 60) == 2
    assert not any(secret in caplog.text for secret in bucket.secrets)


def test_no_credential_reaches_anybody(
    client: Client,
    services: Services,
    bucket: Bucket,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A store that refuses the server answers with the id of its key; no message, log or address has the secret."""
    (url,) = announce(client, "x")
    assert bucket.secrets[1] not in url
    bucket.later = timedelta(hours=1)  # the clocks differ: the store refuses each request
    reason = r"cannot write files to s3://bucket/of-tests/\w+ \(RequestTimeTooSkewed\)"
    with pytest.raises(UsageError, match=reason) as error:
        require_writable(services.store, bucket_address(bucket))
    answers = [client.send("GET", "/readyz"), client.send("GET", "/files/local/p/a/x", headers={"Cookie": "a=b"})]
    texts = [str(error.value), repr(error.value.__cause__), caplog.text, *(answer.text for answer in answers)]
    assert not [text for text in texts if any(secret in text for secret in bucket.secrets)]
    assert "RequestTimeTooSkewed" in caplog.text


def test_a_bucket_needs_credentials(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials a server or command ends with a line that names them, not as if the store were down."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    address = parse_s3_address(
        "s3://bucket/x", bucket.url.replace("127.0.0.1", "localhost")
    )  # no client of another test
    with pytest.raises(StoreError, match="set AWS_ACCESS_KEY_ID"):
        open_services(tmp_path / "other", bucket=address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bucket",
        "s3:bucket",
        "http://bucket/x",
        "s3:///x",
        "s3://key:secret@bucket",
        "s3://b",
        "s3://a bucket",
        "s3://bucket/../x",
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    """An address of another form is refused with the one that is right, and is not repeated."""
    with pytest.raises(UsageError, match="it is s3://BUCKET/PREFIX") as error:
        parse_s3_address(address)
    assert "secret" not in str(error.value)


def test_addresses() -> None:
    """A prefix has no slashes around it; an endpoint has no path, query or credentials."""
    assert parse_s3_address("s3://bucket/a/b/") == S3Address("bucket", "a/b/")
    assert str(parse_s3_address("s3://bucket/a/b/")) == "s3://bucket/a/b"
    assert parse_s3_address("s3://bucket", "https://host:9000/").endpoint == "https://host:9000"
    for endpoint in ("host", "ftp://host", "https://", "https://u:p@host", "https://host/x", "https://host:x"):
        with pytest.raises(UsageError, match="it is https://HOST"):
            parse_s3_address("s3://bucket", endpoint)


def test_a_run_goes_straight_to_the_bucket(
    start: Start, tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that the command starts lets a client send and read files and artifacts itself, and lose nothing."""
    import wandb_nb as wandb

    (tmp_path / "w.bin").write_bytes(b"weights" * 1000)
    with EmbeddedServer(tmp_path / "server", 0, *bucket.server_options()) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        run = start(project="p", mode="online", id="r")
        run.log({"loss": 1})
        run.save(str(tmp_path / "w.bin"), base_path=str(tmp_path))
        artifact = wandb.Artifact("model", "model")
        artifact.add_file(str(tmp_path / "w.bin"))
        run.log_artifact(artifact)
        run.finish()
        until(lambda: "w.bin" in server.files("r"))
        uploads = [each for each in bucket.requests if each[:2] == ("PUT", "query")]
        assert uploads
        assert not any(refusal for *_, refusal in bucket.requests)
        before = len(bucket.requests)
        wandb.Api().run("local/p/r").file("w.bin").download(str(tmp_path / "d")).close()
        assert (tmp_path / "d/w.bin").read_bytes() == b"weights" * 1000
        assert ("GET", "query", "") in bucket.requests[before:]
    assert not (tmp_path / "server/files").exists()
