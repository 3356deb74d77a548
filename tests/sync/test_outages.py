"""What the server needs is gone for a while: its database, its bucket, space on its disk. All arrives, once."""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest
from restarted_server import RestartedServer
from test_kill_each import ROWS, User, compare
from waiting import scaled, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bucket import Bucket
    from cluster import Cluster
    from server_pair import ServerPair

pytestmark = pytest.mark.crash

OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "2"))
DISK_BYTES = 24 << 20
UPLOAD = """mutation { createRunFiles(input: {projectName: "p", runName: "disk", files: ["never sent"]}) {
    files { uploadUrl } } }"""


def go_through(
    name: str, folder: Path, server: RestartedServer, begin: Callable[[], object], end: Callable[[], object]
) -> None:
    """Let a program log while something is gone from *begin* to *end*; the server reports it, and all arrives."""
    mine = User(name, folder, server)
    try:
        until(lambda: server.run(name, "id"), "the run has begun")
        threading.Event().wait(0.5)
        begin()
        until(lambda: server.client.get("/readyz").status_code == 503, "the server reports it")
        threading.Event().wait(OUTAGE_SECONDS)
        end()
        assert mine.process.wait(scaled(60)) == 0
        until(mine.sent, "all is sent")
        assert compare(mine, server) == ROWS
        assert server.client.get("/readyz").status_code == 200
    finally:
        mine.end()


def test_a_database_that_is_gone(tmp_path: Path, pair: ServerPair, cluster: Cluster) -> None:
    """While PostgreSQL is down, requests are answered with the time to wait; both processes come through it."""

    def halt() -> None:
        cluster.halt()
        until(lambda: pair.client.post("/graphql", json={"query": "{ viewer { id } }"}).headers.get("retry-after"))

    go_through("database", tmp_path, pair, halt, cluster.start)
    assert len(pair.workers()) == 2


def test_a_bucket_that_is_gone(tmp_path: Path, pair: ServerPair, started_bucket: Bucket) -> None:
    """While the bucket drops every request, of the server and of the client, neither loses a file or artifact."""

    def drop(gone: bool) -> None:
        started_bucket.gone = gone

    go_through("bucket", tmp_path, pair, partial(drop, gone=True), partial(drop, gone=False))
    assert ("PUT", "query", "") in started_bucket.requests


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a small file system."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)], check=False)
    if made.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full(tmp_path: Path, small_disk: Path) -> None:
    """While nothing more fits on the disk of database and files, requests are answered with the time to wait."""
    other = small_disk / "other"
    with RestartedServer(small_disk / "server") as server:

        def fill() -> None:
            (file,) = server.query(UPLOAD)["createRunFiles"]["files"]
            with other.open("wb", buffering=0) as filler, suppress(OSError):
                while True:
                    filler.write(bytes(4096))
            answer = server.client.put(file["uploadUrl"], content=bytes(100_000))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert "cannot store files (No space left on device)" in answer.text

        go_through("disk", tmp_path, server, fill, other.unlink)
