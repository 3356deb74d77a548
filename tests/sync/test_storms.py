"""Our client and the embedded server, as two processes, over a network with every kind of fault."""

from __future__ import annotations

import os
import random
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from fault_proxy import Fault, FaultProxy
from restarted_server import RestartedServer
from scripted_run import ScriptedRun, ScriptedRunWriter, make_run

from wandb_nb.sync.http.network import Network, RetryPolicy
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload import run_follower, run_posts, stream_posts
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from bucket import Bucket
    from server_pair import ServerPair

pytestmark = pytest.mark.crash

STORMS = int(os.environ.get("STORMS", "20"))
PAIR_STORMS = int(os.environ.get("PAIR_STORMS", "3"))
TIMEOUT_SECONDS = 0.25
POST_CHARACTERS = 30_000
ATTEMPTS = 30
STATUSES = (500, 502, 503, 504, 429, 408)
KINDS = ("status", "status", "reset", "half", "silent", "lost", "cut", "late", "twice", "again", "drip", "outage")
BUCKET_KINDS = ("status", "reset", "lost", "twice")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Return a running server, the same for all storms."""
    with RestartedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


class Storm:
    """The faults of one run's requests, all determined by a seed; *bounces* are the numbers of stops to choose from."""

    def __init__(self, dice: random.Random, server: RestartedServer, bounces: tuple[int, ...]) -> None:
        self._dice, self._server = dice, server
        self._share = dice.uniform(0.05, 0.5)
        self._bounces = set(dice.sample(range(1, 30), dice.choice(bounces)))
        self.bouncing: list[threading.Thread] = []

    def __call__(self, number: int, _kind: str) -> Fault | None:
        """Return the fault of request *number*, and stop the server when it is time."""
        dice = self._dice
        if number in self._bounces:
            options = {"kill": dice.random() < 0.7, "pause": dice.uniform(0, 0.5)}
            self.bouncing.append(threading.Timer(dice.uniform(0, 0.01), self._server.bounce, kwargs=options))
            self.bouncing[-1].start()
        if dice.random() > self._share:
            return None
        # Times at, or just before, the client's own limit.
        seconds = dice.choice((0.0, 0.05, TIMEOUT_SECONDS, 1.5 * TIMEOUT_SECONDS))
        return Fault(dice.choice(KINDS), dice.choice(STATUSES), self._headers(), seconds)

    def _headers(self) -> dict[str, str]:
        soon = formatdate(usegmt=True)
        return self._dice.choice(({}, {}, {"Retry-After": "0.02"}, {"Retry-After": soon}, {"Retry-After": "soon"}))


@contextmanager
def bucket_faults(bucket: Bucket, seed: int) -> Iterator[None]:
    """Let some requests to *bucket*, of clients and of the server, have faults."""
    dice = random.Random(seed)  # noqa: S311 -- a test's storm, no secret
    share = dice.uniform(0.0, 0.2)
    bucket.fault = lambda: dice.choice(BUCKET_KINDS) if dice.random() < share else ""
    try:
        yield
        assert ("PUT", "query", "") in bucket.requests  # of a client, by a signed address
    finally:
        bucket.reset()


def shortened(url: str, key: str) -> Network:
    """Return the connection to the server at *url*, with its times of a day shortened to seconds."""
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


def send(writing: ScriptedRunWriter, network: Network, dice: random.Random) -> None:
    """Send the run until it is on the server: whole, or while it is written."""
    follow = dice.random() < 0.5
    writer = threading.Thread(target=write_in_pieces, args=(writing, dice.randrange(99))) if follow else None
    if writer is None:
        writing.write()
    else:
        writing.write(2)
        writer.start()
    for _ in range(ATTEMPTS):
        progress = RunSender(writing.file, network, connect(network), threading.Event()).send(follow=follow)
        assert not progress.problems, progress
        if progress.done:
            break
    if writer is not None:
        writer.join()
    assert progress.done, progress


def write_in_pieces(writing: ScriptedRunWriter, seed: int) -> None:
    """Write the run in pieces, in a little more than a second."""
    dice = random.Random(seed)  # noqa: S311 -- sizes and waits, no secrets
    while writing.write(dice.randrange(1, 60)):
        threading.Event().wait(dice.uniform(0, 0.1))


@pytest.mark.parametrize("seed", range(STORMS))
def test_all_arrives_once(seed: int, server: RestartedServer, tmp_path: Path, small_posts: None) -> None:
    """After any faults the server has the run: each row, line and file once."""
    del small_posts
    weather(seed, server, tmp_path, (0, 0, 0, 1, 2))


@pytest.mark.parametrize("seed", range(PAIR_STORMS))
def test_all_arrives_once_at_two_processes(
    seed: int, pair: ServerPair, started_bucket: Bucket, tmp_path: Path, small_posts: None
) -> None:
    """So it does with PostgreSQL, a faulty bucket and two processes in turn, which are killed one at a time."""
    del small_posts
    weather(seed, pair, tmp_path, (1, 2, 3), bucket_faults(started_bucket, seed))


@pytest.fixture
def small_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run need many posts."""
    for module in (stream_posts, run_posts, run_follower):
        monkeypatch.setattr(module, "MAX_POST_CHARACTERS", POST_CHARACTERS)


def weather(
    seed: int,
    server: RestartedServer,
    tmp_path: Path,
    bounces: tuple[int, ...],
    faults: AbstractContextManager[None] = nullcontext(),  # noqa: B008 -- does nothing
) -> None:
    """Send a run through a storm, with more *faults*, and compare what the server has."""
    dice = random.Random(seed)  # noqa: S311 -- a test's storm, no secret
    run: ScriptedRun = make_run(f"storm{seed}", dice, dice.randrange(50, 400))
    storm = Storm(dice, server, bounces)
    with FaultProxy(server.port, storm) as proxy, faults:
        send(ScriptedRunWriter(run, tmp_path), shortened(proxy.url, server.key), dice)
    for bouncing in storm.bouncing:
        bouncing.join()
    run.compare(server.stored(run.name))


@pytest.mark.parametrize("after", [1, 3, 8])
def test_outage_longer_than_all_attempts(after: int, server: RestartedServer, tmp_path: Path) -> None:
    """A sender that gave up gives the reason; the next one continues in its place, and all is there once."""
    run = make_run(f"outage{after}", random.Random(after), 300)  # noqa: S311 -- a test's run, no secret
    writing = ScriptedRunWriter(run, tmp_path)
    writing.write()
    down = threading.Event()
    down.set()
    with FaultProxy(
        server.port, lambda number, _: Fault("reset") if number > after and down.is_set() else None
    ) as proxy:
        few = RetryPolicy(max_retries=3, min_wait_seconds=0.005, max_wait_seconds=0.01, timeout_seconds=5.0)
        network = replace(shortened(proxy.url, server.key), graphql=few, stream=few, transfer=few)
        first = RunSender(writing.file, network, connect(network), threading.Event()).send(follow=False)
        assert first.state == "waiting"
        assert "did not answer after 4 attempts" in first.message
        down.clear()
        assert RunSender(writing.file, network, connect(network), threading.Event()).send(follow=False).done
    run.compare(server.stored(run.name))
