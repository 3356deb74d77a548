"""The servers for tests: a scripted one, and the embedded one with a user who has its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from embedded_server import EmbeddedServer
from scripted_server import ScriptedServer
from server_pair import ServerPair
from services import end_services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bucket import Bucket
    from cluster import Cluster


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Return a running server."""
    with ScriptedServer() as running:
        yield running


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Return a running embedded server in its own process."""
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def embedded_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded: EmbeddedServer) -> Iterator[Path]:
    """Return the working directory of a user who has a key for `embedded`; services end with the test."""
    monkeypatch.chdir(tmp_path)
    for name, value in embedded.environ.items():
        monkeypatch.setenv(name, value)
    yield tmp_path
    end_services()


@pytest.fixture(scope="module")
def pair(cluster: Cluster, started_bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerPair]:
    """Return a running server as a team has it: two processes on PostgreSQL, files in a bucket."""
    started_bucket.reset()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in started_bucket.environ.items():
            patch.setenv(name, value)
        server = ServerPair(tmp_path_factory.mktemp("pair"), cluster, *started_bucket.server_options())
    with server as running:
        yield running
    started_bucket.reset()
