"""Artifacts that a run logs while the network between our client and the embedded server has every kind of fault."""

from __future__ import annotations

import os
import random
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from artifact_states import stored_artifacts, written_artifacts
from fault_proxy import FaultProxy
from restarted_server import RestartedServer
from test_storms import ATTEMPTS, Storm, bucket_faults, shortened

import wandb_nb as wandb
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from bucket import Bucket
    from server_pair import ServerPair

    from wandb_nb import Run
    from wandb_nb.sync.http.network import Network

pytestmark = pytest.mark.crash

STORMS = int(os.environ.get("STORMS", "8"))
PAIR_STORMS = int(os.environ.get("PAIR_STORMS", "1"))
MAX_CONTENT = 200_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Return a running server, the same for all storms."""
    with RestartedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


def log_artifacts(run: Run, dice: random.Random) -> None:
    """Log and use some versions, with equal files among them, equal versions, and aliases that move."""
    texts = [dice.randbytes(dice.choice((0, 100, MAX_CONTENT))) for _ in range(5)]
    for step in range(dice.randrange(2, 6)):
        artifact = wandb.Artifact(f"{dice.choice(('data', 'model'))}-{run.id}", type="dataset")
        for path in dice.sample(["a", "b/ü.bin", "b/c", "d e"], dice.randrange(1, 4)):
            with artifact.new_file(path, mode="wb") as file:
                file.write(dice.choice(texts))
        run.log_artifact(artifact, aliases=dice.choice(([], ["best"], ["best", f"step{step}"])))
        run.log({"step": step})
        if dice.random() < 0.5:
            run.use_artifact(artifact.name)


def send(file: Path, network: Network, *, follow: bool) -> None:
    """Send the run until it is on the server."""
    for _ in range(ATTEMPTS):
        progress = RunSender(file, network, connect(network), threading.Event()).send(follow=follow)
        assert not progress.problems, progress
        if progress.done:
            return
    pytest.fail(f"not sent: {progress}")


@pytest.mark.parametrize("seed", range(STORMS))
def test_artifacts_arrive_whole(seed: int, server: RestartedServer, start: Callable[..., Run]) -> None:
    """After any faults the server has each version once: manifests, contents, numbers, aliases, and uses."""
    weather(seed, server, start, (0, 0, 0, 1, 2))


@pytest.mark.parametrize("seed", range(PAIR_STORMS))
def test_artifacts_arrive_whole_at_two_processes(
    seed: int, pair: ServerPair, started_bucket: Bucket, start: Callable[..., Run]
) -> None:
    """So it does with PostgreSQL, a faulty bucket and two processes in turn, which are killed one at a time."""
    weather(seed, pair, start, (1, 2, 3), bucket_faults(started_bucket, seed))


def weather(
    seed: int,
    server: RestartedServer,
    start: Callable[..., Run],
    bounces: tuple[int, ...],
    faults: AbstractContextManager[None] = nullcontext(),  # noqa: B008 -- does nothing
) -> None:
    """Log artifacts and send them through a storm, with more *faults*; compare what arrives with what was logged."""
    dice = random.Random(seed)  # noqa: S311 -- a test's storm, no secret
    storm = Storm(dice, server, bounces)
    run = start(project="p", id=f"storm{seed}")
    (file,) = run.directory.glob("run-*.wandb")
    follow = dice.random() < 0.5
    with FaultProxy(server.port, storm) as proxy, faults:
        network = shortened(proxy.url, server.key)
        sending = threading.Thread(target=send, args=(file, network), kwargs={"follow": True})
        if follow:
            sending.start()
        log_artifacts(run, random.Random(seed))  # noqa: S311 -- contents, no secrets
        run.finish()
        if follow:
            sending.join()
        send(file, network, follow=False)
    for bouncing in storm.bouncing:
        bouncing.join()
    assert stored_artifacts(server, run.id) == written_artifacts(file)
