"""The official package as a user has it: its command line against a recording server on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from recording_server import RecordingServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from recording_server import ReceivedRun


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    """Return a running server; a request to another host fails the test."""
    with RecordingServer() as running:
        yield running
    assert running.strays == []


@pytest.fixture
def sync(server: RecordingServer, tmp_path: Path) -> Callable[[Path], ReceivedRun]:
    """Return a function that sends a run directory with `wandb sync` and returns the received data."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "WANDB_BASE_URL": server.url,
        "WANDB_API_KEY": "0" * 40,
        "WANDB_ERROR_REPORTING": "false",
        # Requests to other hosts reach the server, which refuses and records them.
        "HTTPS_PROXY": server.url,
        "HTTP_PROXY": server.url,
        "NO_PROXY": "127.0.0.1",
    }

    def send(directory: Path) -> ReceivedRun:
        command = [str(Path(sys.executable).with_name("wandb")), "sync", "--include-synced", str(directory)]
        done = subprocess.run(
            command, env=environment, cwd=home, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "Finished syncing" in done.stderr + done.stdout, done.stderr
        (run,) = server.runs.values()
        return run

    return send
