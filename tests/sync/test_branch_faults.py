"""Forked and rewound runs over a network that loses answers and repeats requests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from fault_proxy import Fault, FaultProxy
from restarted_server import RestartedServer
from sending import run_file, send, start

from wandb_nb.sync.http.network import Network, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wandb_nb.store.runs.sync_progress import SyncProgress

pytestmark = pytest.mark.crash

RETRY = RetryPolicy(max_retries=20, min_wait_seconds=0.005, max_wait_seconds=0.05, timeout_seconds=5.0)
ROWS = 6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Return a running server."""
    with RestartedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def deliver(server: RestartedServer) -> Callable[..., SyncProgress]:
    """Return a function that sends a run's file while a script injects faults."""

    def through(file: Path, script: Callable[[int, str], Fault | None]) -> SyncProgress:
        with FaultProxy(server.port, script) as proxy:
            way = Network(
                proxy.url, server.key, graphql=RETRY, stream=RETRY, transfer=RETRY, post_interval_seconds=0.05
            )
            return send(file, way)

    return through


def parent(folder: Path, name: str, deliver: Callable[..., SyncProgress]) -> None:
    """Make a run of some rows and send it without faults."""
    with start(folder, id=name) as run:
        for n in range(ROWS):
            run.log({"n": n})
    assert deliver(run_file(run), lambda _number, _kind: None).done


@pytest.mark.parametrize("kind", ["lost", "twice", "cut", "status"])
def test_fork_keeps_inherited_rows(
    kind: str, server: RestartedServer, tmp_path: Path, deliver: Callable[..., SyncProgress]
) -> None:
    """If the answer to a branch's creation is lost, the branch continues after the inherited rows."""
    parent(tmp_path, f"parent-{kind}", deliver)
    with start(tmp_path, id=f"child-{kind}", fork_from=f"parent-{kind}?_step=2") as run:
        run.log({"n": 30})
    assert deliver(run_file(run), lambda number, _kind: Fault(kind, 503) if number <= 3 else None).done
    assert [row["n"] for row in server.stored(run.id).rows] == [0, 1, 2, 30]


def test_late_rewind_deletes_no_new_row(
    server: RestartedServer, tmp_path: Path, deliver: Callable[..., SyncProgress]
) -> None:
    """A rewind repeated after new rows deletes none of them."""
    parent(tmp_path, "back", deliver)
    with start(tmp_path, id="back", resume_from="back?_step=2") as run:
        run.log({"n": 30})
        run.log({"n": 40})
    arrived = threading.Event()

    def script(_number: int, kind: str) -> Fault | None:
        if kind == "graphql":
            return Fault("again", seconds=1.0)
        arrived.set()
        return None

    assert deliver(run_file(run), script).done
    assert arrived.is_set()
    assert [row["n"] for row in server.stored("back").rows] == [0, 1, 2, 30, 40]
