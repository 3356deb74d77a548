"""A seeded program gives the same numbers with an online run as without one."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from restarted_server import RestartedServer

import wandb_nb as wandb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Return a running server."""
    with RestartedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.mark.parametrize("start_method", ["process", "thread"])
def test_the_random_generators_stay(
    start_method: str, tmp_path: Path, server: RestartedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither `init()` nor rows, media and the end of a run draw from the global generators."""
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    before, arrays_before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002 -- the global one
    settings = wandb.Settings(start_method=start_method, silent=True)
    with wandb.init(project="p", mode="online", dir=tmp_path, settings=settings) as run:
        run.log({"loss": 1.0, "picture": wandb.Image(np.zeros((8, 8, 3), "uint8"))})
    assert random.getstate() == before
    assert np.random.get_state()[1].tolist() == arrays_before  # noqa: NPY002
