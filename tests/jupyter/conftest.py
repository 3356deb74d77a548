"""One Jupyter server for a module's tests, and its registry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jupyter_process import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running server that uses the registry of the module's runs."""
    folder = tmp_path_factory.mktemp("server")
    os.environ["WANDB_NB_DATA_DIR"] = str(folder / "registry")
    running = Server(folder)
    yield running
    running.close()


@pytest.fixture
def registry(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let this process use the server's registry."""
    path = str(Path(server._log.name).parent / "registry")
    monkeypatch.setenv("WANDB_NB_DATA_DIR", path)
    return path
