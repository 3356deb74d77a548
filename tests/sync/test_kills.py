"""Killed at any moment: the server's history still equals the file."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from sending import KEY, network, run_file, send, start

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_server import ScriptedServer

pytestmark = pytest.mark.crash
KILLS, ROWS = 30, 30_000


def test_killed_sync_continues(server: ScriptedServer, tmp_path: Path) -> None:
    """A `sync` that is killed thirty times, at random moments, finishes with every row once and one end."""
    dice = random.Random(7)  # noqa: S311 -- moments, no secrets
    with start(tmp_path) as run:
        for n in range(ROWS):
            run.log({"n": n, "text": "x" * 200})
    environment = {**os.environ, "WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}
    command = [sys.executable, "-m", "wandb_nb", "sync", str(run.directory)]
    for _ in range(KILLS):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        threading.Event().wait(dice.uniform(0.2, 1.2))
        process.kill()
        process.wait()
    assert send(run_file(run), network(server)).done
    received = server.runs[run.id]
    assert [row["n"] for row in received.rows] == list(range(ROWS))
    assert (received.gaps, received.exit_code) == (0, 0)
