"""Versions survive `kill -9` of the server whole, and half versions are never seen."""

from __future__ import annotations

import os
import random
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from artifact_client import ArtifactClient, RemoteClient
from test_kill import UPSERT, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.crash

ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))


def files_of(number: int) -> dict[str, bytes]:
    """Return the files of the version with this number."""
    return {f"{n}.bin": random.Random(number * 10 + n).randbytes(200_000) for n in range(3)}  # noqa: S311 -- repeatable


def log_until_killed(logger: ArtifactClient, first: int) -> int:
    """Log version after version until the server is gone; return how many were answered."""
    number = first
    try:
        while True:
            logger.log("d", files_of(number))
            number += 1
    except httpx.TransportError:
        return number - first


def test_versions_are_whole_after_kills(tmp_path: Path) -> None:
    """After each kill at a random moment all answered versions are there with their bytes, and no half one."""
    chance, answered, remote = random.Random(3), 0, None  # noqa: S311 -- the same kills each time
    for last in (*[False] * ROUNDS, True):
        process, http = start(tmp_path)
        with http:
            remote = RemoteClient(http)
            remote.query(UPSERT)
            logger = ArtifactClient(remote, "a")
            newest = logger.version("d:latest", "versionIndex")
            stored = 0 if newest is None else newest["versionIndex"] + 1
            assert stored in {answered, answered + 1}
            for number in range(max(0, answered - 2), stored):
                assert logger.read(f"d:v{number}") == files_of(number)
            answered = stored
            if not last:
                timer = threading.Timer(chance.uniform(0.2, 1.0), process.kill)
                timer.start()
                answered += log_until_killed(logger, answered)
                timer.join()
        process.kill()
        process.wait(30)
    assert answered > 0
