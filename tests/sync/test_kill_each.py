"""`kill -9` of the user's process, of the background process, of the server: run and artifacts arrive whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from artifact_states import stored_artifacts, written_artifacts
from restarted_server import RestartedServer
from waiting import until

from wandb_nb.store.format import record_types
from wandb_nb.store.format.decode import decode
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.runs.frame import load
from wandb_nb.store.runs.sync_progress import load_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from server_pair import ServerPair

pytestmark = pytest.mark.crash

ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))
PAIR_ROUNDS = int(os.environ.get("PAIR_ROUNDS", "1"))
ROWS = 800
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Return a running server, the same for all rounds."""
    with RestartedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


class User:
    """A user's program, its run and its background process."""

    def __init__(self, name: str, folder: Path, server: RestartedServer) -> None:
        self.name, self.server = name, server
        self.environment = {**os.environ, "WANDB_BASE_URL": server.url, "WANDB_API_KEY": server.key}
        self.environment |= {"PYTHONPATH": str(HERE.parents[1]), "WANDB_NB_DATA_DIR": str(folder / "data")}
        for kind in ("GRAPHQL", "FILE_STREAM", "FILE_TRANSFER"):
            self.environment[f"WANDB_X_{kind}_RETRY_WAIT_MIN_SECONDS"] = "0.02"
            self.environment[f"WANDB_X_{kind}_RETRY_WAIT_MAX_SECONDS"] = "0.2"
        self.folder = folder
        command = [sys.executable, str(HERE / "killed_user.py"), name, str(ROWS)]
        self.process = subprocess.Popen(
            command, cwd=folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        with self.process.stderr as stderr:
            directory = stderr.readline().strip()
        assert directory, "the program did not start"
        (self.file,) = Path(directory).glob("run-*.wandb")

    def background(self) -> list[psutil.Process]:
        """Return the background process, if it is alive."""
        place = f"{os.sep}sync{os.sep}{self.process.pid}-"
        processes = []
        for process in psutil.process_iter(["cmdline"]):
            last = (process.info["cmdline"] or [""])[-1]
            if place in last and process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                processes.append(process)
        return processes

    def kill_background(self) -> None:
        """Kill the background process."""
        for process in self.background():
            process.kill()

    def end(self) -> None:
        """End the processes that are still alive."""
        self.process.kill()
        self.process.wait(30)
        self.kill_background()

    def sync(self) -> None:
        """Send the run with the command, as a user does afterwards."""
        command = [sys.executable, "-m", "wandb_nb", "sync", "--include-synced", str(self.file.parent)]
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def sent(self) -> bool:
        """Return whether the run is completely on the server."""
        progress = load_progress(self.file)
        return progress is not None and progress.done


@pytest.fixture
def user(tmp_path: Path, server: RestartedServer) -> Iterator[Callable[[str], User]]:
    """Return a function that starts a program; all are ended after the test."""
    started: list[User] = []

    def begin(name: str) -> User:
        started.append(User(name, tmp_path, server))
        return started[-1]

    yield begin
    for each in started:
        each.end()


def compare(mine: User, server: RestartedServer) -> int:
    """Compare the server's data with the run's file, read independently; return the number of rows."""
    file, stored = mine.file, server.stored(mine.name)
    assert stored_artifacts(server, mine.name) == written_artifacts(file)
    state, tail = load(file.parent), Tail(file)
    rows = len(state.table)
    expected = [{"n": n, "half": n / 2, "deep": {"text": f"é{n}"}, "_step": n} for n in range(rows)]
    assert [{key: row[key] for key in ("n", "half", "deep", "_step")} for row in stored.rows] == expected
    records: list[record_types.Record] = []
    while payloads := tail.read():
        records += [decode(payload) for payload in payloads]
    samples = [record for record in records if isinstance(record, record_types.StatsRecord)]
    printed = "".join(record.text for record in records if isinstance(record, record_types.OutputRecord))
    assert len(stored.events) == len(samples)
    assert [line.removeprefix("ERROR ").partition(" ")[2] for line in stored.output] == printed.splitlines()
    assert stored.config == state.config
    assert {key: stored.summary[key] for key in ("n", "half", "deep")} == {
        key: expected[-1][key] for key in ("n", "half", "deep")
    }
    assert stored.files.get("output.log", b"").decode() == printed
    assert (stored.facts["exitCode"], stored.facts["state"]) == (
        (1, "crashed") if state.exit_code is None else (0, "finished")
    )
    return rows


def moments(victim: str, rounds: int = ROUNDS) -> list[tuple[int, float]]:
    """Return numbered moments to kill at, in seconds after the start of the run, the same each time."""
    dice = random.Random(victim)  # noqa: S311 -- moments, no secrets
    return [(number, dice.uniform(0.0, 1.3)) for number in range(rounds)]


@pytest.mark.parametrize(("number", "moment"), moments("user"))
def test_killed_user(number: int, moment: float, user: Callable[[str], User], server: RestartedServer) -> None:
    """The background process sends the rows from before the kill, and the run is closed as crashed."""
    mine = user(f"user{number}")
    threading.Event().wait(moment)
    mine.process.kill()
    until(mine.sent, "all is sent")
    assert compare(mine, server) > 0


@pytest.mark.parametrize(("number", "moment"), moments("background"))
def test_killed_background(number: int, moment: float, user: Callable[[str], User], server: RestartedServer) -> None:
    """The program continues, and at its end another background process sends the rest."""
    mine = user(f"background{number}")
    threading.Event().wait(moment)
    mine.kill_background()
    assert mine.process.wait(60) == 0
    until(mine.sent, "all is sent")
    assert compare(mine, server) == ROWS


@pytest.mark.parametrize(("number", "moment"), moments("both"))
def test_killed_both(number: int, moment: float, user: Callable[[str], User], server: RestartedServer) -> None:
    """With both killed, `wandb-nb sync` sends the missing part once, and may be repeated."""
    mine = user(f"both{number}")
    threading.Event().wait(moment)
    mine.process.kill()
    mine.kill_background()
    for _ in range(2):
        mine.sync()
        assert compare(mine, server) > 0


@pytest.mark.parametrize(("number", "moment"), moments("server"))
def test_killed_server(number: int, moment: float, user: Callable[[str], User], server: RestartedServer) -> None:
    """The program does not notice; when the server is back, all arrives."""
    mine = user(f"server{number}")
    threading.Event().wait(moment)
    server.bounce(kill=True, pause=moment / 4)
    assert mine.process.wait(60) == 0
    until(mine.sent, "all is sent")
    assert compare(mine, server) == ROWS


@pytest.mark.parametrize(("number", "moment"), moments("worker", PAIR_ROUNDS))
def test_killed_worker(number: int, moment: float, tmp_path: Path, pair: ServerPair) -> None:
    """Of two processes on PostgreSQL with a bucket one is killed, then another: run and artifacts arrive whole."""
    mine = User(f"worker{number}", tmp_path, pair)
    try:
        for _ in range(2):
            threading.Event().wait(moment)
            pair.bounce()
        assert mine.process.wait(60) == 0
        until(mine.sent, "all is sent")
        assert compare(mine, pair) == ROWS
    finally:
        mine.end()
