"""Our client and the embedded server, as two processes, with a network between them that breaks everything."""

from __future__ import annotations

import os
import random
import threading
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from fault_proxy import Fault, FaultProxy
from restarted_server import RestartedServer
from story import Story, Telling, made

from wandb_nb.sync.http.network import Network, RetryPolicy
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload import sender, stream_posts
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.crash

STORMS = int(os.environ.get("STORMS", "20"))
TIMEOUT_SECONDS = 0.25
POST_CHARACTERS = 30_000
ATTEMPTS = 30
STATUSES = (500, 502, 503, 504, 429, 408)
KINDS = ("status", "status", "reset", "half", "silent", "lost", "cut", "late", "twice", "again", "drip", "outage")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Return a running server, the same for all storms."""
    with RestartedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


class Storm:
    """What happens to the requests of one run, all of it told by a seed."""

    def __init__(self, dice: random.Random, server: RestartedServer) -> None:
        self._dice, self._server = dice, server
        self._share = dice.uniform(0.05, 0.5)
        self._bounces = set(dice.sample(range(1, 30), dice.choice((0, 0, 0, 1, 2))))
        self.bouncing: list[threading.Thread] = []

    def __call__(self, number: int, _kind: str) -> Fault | None:
        """Return what happens to the request *number*, and end the server where that is its time."""
        dice = self._dice
        if number in self._bounces:
            options = {"kill": dice.random() < 0.7, "pause": dice.uniform(0, 0.5)}
            self.bouncing.append(threading.Timer(dice.uniform(0, 0.01), self._server.bounce, kwargs=options))
            self.bouncing[-1].start()
        if dice.random() > self._share:
            return None
        # Times at which the client's own limit is over, or nearly so.
        seconds = dice.choice((0.0, 0.05, TIMEOUT_SECONDS, 1.5 * TIMEOUT_SECONDS))
        return Fault(dice.choice(KINDS), dice.choice(STATUSES), self._headers(), seconds)

    def _headers(self) -> dict[str, str]:
        soon = formatdate(usegmt=True)
        return self._dice.choice(({}, {}, {"Retry-After": "0.02"}, {"Retry-After": soon}, {"Retry-After": "soon"}))


def shortened(url: str, key: str) -> Network:
    """Return the way to the server at *url*, its times those of a day in some seconds."""
    retry = RetryPolicy(max_retries=40, min_wait_seconds=0.005, max_wait_seconds=0.1, timeout_seconds=TIMEOUT_SECONDS)
    return Network(
        url,
        key,
        graphql=retry,
        stream=retry,
        transfer=retry,
        post_interval_seconds=0.02,
        heartbeat_seconds=0.5,
        gzip=True,
    )


def send(telling: Telling, network: Network, dice: random.Random) -> None:
    """Send the run until it is on the server: whole, or while it is being written."""
    follow = dice.random() < 0.5
    writer = threading.Thread(target=tell, args=(telling, dice.randrange(99))) if follow else None
    if writer is None:
        telling.tell()
    else:
        telling.tell(2)
        writer.start()
    for _ in range(ATTEMPTS):
        progress = RunSender(telling.file, network, connect(network), threading.Event()).send(follow=follow)
        assert not progress.problems, progress
        if progress.done:
            break
    if writer is not None:
        writer.join()
    assert progress.done, progress


def tell(telling: Telling, seed: int) -> None:
    """Write the run in pieces, in somewhat more than a second."""
    dice = random.Random(seed)  # noqa: S311 -- sizes and waits, no secrets
    while telling.tell(dice.randrange(1, 60)):
        threading.Event().wait(dice.uniform(0, 0.1))


@pytest.mark.parametrize("seed", range(STORMS))
def test_all_arrives_once(seed: int, server: RestartedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens between client and server, in the end the server holds the run: each row, line and file once."""
    dice = random.Random(seed)  # noqa: S311 -- a test's storm, no secret
    for module in (stream_posts, sender):
        monkeypatch.setattr(module, "MAX_POST_CHARACTERS", POST_CHARACTERS)
    story: Story = made(f"storm{seed}", dice, dice.randrange(50, 400))
    storm = Storm(dice, server)
    with FaultProxy(server.port, storm) as proxy:
        send(Telling(story, tmp_path), shortened(proxy.url, server.key), dice)
    for bouncing in storm.bouncing:
        bouncing.join()
    story.compare(server.held(story.name))


@pytest.mark.parametrize("after", [1, 3, 8])
def test_outage_longer_than_all_attempts(after: int, server: RestartedServer, tmp_path: Path) -> None:
    """A sender that has given up says why; the next one goes on at its place, and all is there once."""
    story = made(f"outage{after}", random.Random(after), 300)  # noqa: S311 -- a test's run, no secret
    telling = Telling(story, tmp_path)
    telling.tell()
    down = threading.Event()
    down.set()
    with FaultProxy(
        server.port, lambda number, _: Fault("reset") if number > after and down.is_set() else None
    ) as proxy:
        few = RetryPolicy(max_retries=3, min_wait_seconds=0.005, max_wait_seconds=0.01, timeout_seconds=5.0)
        network = replace(shortened(proxy.url, server.key), graphql=few, stream=few, transfer=few)
        first = RunSender(telling.file, network, connect(network), threading.Event()).send(follow=False)
        assert first.state == "waiting"
        assert "did not answer after 4 attempts" in first.message
        down.clear()
        assert RunSender(telling.file, network, connect(network), threading.Event()).send(follow=False).done
    story.compare(server.held(story.name))
