"""Stored files as downloads: ranges, names, conditions, and what is left of a lost file."""

from __future__ import annotations

import gc
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.server.storage.files.file_store import read_blob

if TYPE_CHECKING:
    from conftest import Client

UPLOAD = """mutation F($run: String!, $files: [String!]!) {
    createRunFiles(input: {projectName: "p", runName: $run, files: $files}) { files { name uploadUrl } } }"""
CONTENT = bytes(range(256))
PAGE = {"Sec-Fetch-Mode": "no-cors"}
"""Of a page, which gets files through the server."""


@pytest.fixture
def address(client: Client) -> str:
    """Return the path of a stored file with a hostile name."""
    client.upsert("a")
    name = 'x"; filename=evil.html\r\n.html'
    (file,) = client.query(UPLOAD, run="a", files=[name])["createRunFiles"]["files"]
    client.send("PUT", file["uploadUrl"], content=CONTENT)
    (edge,) = client.run("a", "files { edges { node { directUrl } } }")["files"]["edges"]
    return str(edge["node"]["directUrl"])


RANGES: list[tuple[str, int, tuple[int, int]]] = [
    ("bytes=0-9", 206, (0, 10)),
    ("bytes=250-", 206, (250, 256)),
    ("bytes=-6", 206, (250, 256)),
    ("bytes=200-999", 206, (200, 256)),
    ("bytes=0-1,5-6", 200, (0, 256)),
    ("bytes=-", 200, (0, 256)),
    ("lines=1-2", 200, (0, 256)),
    ("bytes=256-", 416, (0, 0)),
    ("bytes=9-3", 416, (0, 0)),
]


def test_ranges(client: Client, address: str) -> None:
    """One valid range is answered with its bytes, an impossible one with an error, and any other with the file."""
    for wanted, status, span in RANGES:
        answer = client.send("GET", address, headers={"Range": wanted, **PAGE})
        assert (wanted, answer.status_code, answer.content) == (wanted, status, CONTENT[slice(*span)])
        if status == 206:
            assert answer.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/256"


def test_a_range_of_another_version_gives_the_whole_file(client: Client, address: str) -> None:
    """A range with the tag of a file that has changed meanwhile is not mixed with the new content."""
    whole = client.send("GET", address, headers=PAGE)
    same = {"Range": "bytes=0-1", "If-Range": whole.headers["etag"], **PAGE}
    assert client.send("GET", address, headers=same).content == CONTENT[:2]
    other = {"Range": "bytes=0-1", "If-Range": '"0"', **PAGE}
    assert client.send("GET", address, headers=other).content == CONTENT


def test_a_file_name_adds_no_header(client: Client, address: str) -> None:
    """Quotes and line ends of a name stay inside it, and HEAD has the headers of GET without the bytes."""
    headers = client.send("GET", address, headers=PAGE).headers
    assert headers["content-disposition"].startswith("attachment; filename*=utf-8''x%22%3B%20filename%3Devil.html%0D")
    head = client.send("HEAD", address)
    assert (head.content, head.headers["content-length"]) == (b"", "256")
    assert head.headers["content-disposition"] == headers["content-disposition"]


def test_downloads_are_not_cached_without_asking(client: Client, address: str) -> None:
    """A browser revalidates before it shows a file again, and proxies do not store it."""
    assert client.send("GET", address, headers=PAGE).headers["cache-control"] == "private, no-cache"


def test_a_lost_file_is_an_error_of_its_own(client: Client, address: str, services: Any) -> None:
    """A file that the store no longer has answers 404; the store can take its bytes back under the same name."""
    (blobs,) = services.store.list_blobs()
    (status,) = blobs
    assert services.store.stat(status.blob) == status
    content = read_blob(services.store, status.blob, 256)
    with pytest.raises(OSError, match="larger than 255 bytes"):
        read_blob(services.store, status.blob, 255)
    services.store.delete([status.blob, status.blob])
    assert services.store.stat(status.blob) is None
    assert client.send("GET", address, headers=PAGE).status_code == 404
    services.store.put(status.blob, BytesIO(content))
    assert client.send("GET", address, headers=PAGE).content == CONTENT


def test_an_answer_that_nobody_reads_is_closed(address: str, services: Any) -> None:  # noqa: ARG001 -- stores the file
    """A client that leaves before the first byte leaves no open file: the warning about one would fail this test."""
    (blobs,) = services.store.list_blobs()
    chunks = services.store.read(blobs[0].blob)
    chunks.close()
    assert list(chunks) == []
    del chunks
    gc.collect()
