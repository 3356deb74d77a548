"""The background process: it outlives its user, continues after being killed, and never disturbs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from waiting import until

from wandb_nb.store.runs.sync_progress import SyncProgress, load_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripted_server import ScriptedServer

pytestmark = pytest.mark.crash
HERE = Path(__file__).parent


class Program:
    """A user's program that logs, in its own process group."""

    def __init__(self, folder: Path, server: ScriptedServer, rows: int, pause: float = 0.0, **environ: str) -> None:
        self.data = folder / "data"
        self.process = subprocess.Popen(
            [sys.executable, HERE / "background_run.py", folder, self.data, server.url, str(rows), str(pause)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parent.parent}", **environ},
            start_new_session=True,
        )
        path, self.took = self.line().split()
        self.run_file = Path(path)

    def line(self) -> str:
        """Return the next line that the program prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def progress(self) -> SyncProgress:
        """Return the progress of the run."""
        return load_progress(self.run_file) or SyncProgress()

    def service(self) -> psutil.Process | None:
        """Return the background process of this program, if it is alive."""
        for process in psutil.process_iter(["cmdline", "status"]):
            line = process.info["cmdline"] or []
            if (
                str(self.data) in line[-1:].__str__()
                and "-c" in line
                and process.info["status"] != psutil.STATUS_ZOMBIE
            ):
                return process
        return None

    def end(self) -> None:
        """End the processes that are still alive."""
        self.process.kill()
        self.process.communicate()
        service = self.service()
        if service is not None:
            service.kill()


@pytest.fixture
def program(tmp_path: Path, server: ScriptedServer) -> Iterator[Callable[..., Program]]:
    """Return a function that starts a program; all are ended after the test."""
    started: list[Program] = []

    def begin(rows: int, pause: float = 0.0, **environ: str) -> Program:
        started.append(Program(tmp_path, server, rows, pause, **environ))
        return started[-1]

    yield begin
    for each in started:
        each.end()


def numbers(server: ScriptedServer) -> list[int]:
    """Return the values of the only run's rows."""
    (received,) = server.runs.values()
    assert received.gaps == 0
    return [row["n"] for row in received.rows]


def test_run_is_sent_to_its_end(program: Callable[..., Program], server: ScriptedServer) -> None:
    """All rows and the exit code arrive, and the service exits after its user."""
    user = program(500)
    until(lambda: user.progress().done, "sent")
    assert user.process.wait(10) == 0
    assert numbers(server) == list(range(500))
    assert [received.exit_code for received in server.runs.values()] == [0]
    until(lambda: user.service() is None, "the service ends")
    assert not list((user.data / "sync").glob("*"))


def test_killed_user_is_a_crashed_run(program: Callable[..., Program], server: ScriptedServer) -> None:
    """After `kill -9` of the user's process every row arrives, and the run is closed as crashed."""
    user = program(300, LIVE_ON="1")
    assert user.line() == "logged\n"
    user.process.kill()
    user.process.wait()
    until(lambda: user.progress().done, "sent")
    assert numbers(server) == list(range(300))
    assert [(received.exit_code, received.fields["state"]) for received in server.runs.values()] == [(1, "crashed")]


def test_killed_service_continues_where_it_was(program: Callable[..., Program], server: ScriptedServer) -> None:
    """After `kill -9` of the service another one continues: nothing is lost, nothing doubled."""
    user = program(300, LIVE_ON="1")
    assert user.line() == "logged\n"
    until(lambda: server.runs and numbers(server), "first rows")
    service = user.service()
    assert service is not None
    service.kill()
    until(lambda: user.service() is None, "killed")
    user.process.stdin.write("\n")
    user.process.stdin.flush()
    until(lambda: user.progress().done, "sent")
    assert numbers(server) == list(range(300))
    assert [received.completions for received in server.runs.values()] == [1]


def test_service_ignores_terminal_signals(program: Callable[..., Program], server: ScriptedServer) -> None:
    """Ctrl-C and a hang-up, which reach the user's whole group, do not reach the service."""
    user = program(200, LIVE_ON="1")
    assert user.line() == "logged\n"
    service = until(user.service, "started")
    until(lambda: server.runs, "at work")
    assert os.getpgid(service.pid) != os.getpgid(user.process.pid)
    for number in (signal.SIGINT, signal.SIGHUP):
        service.send_signal(number)
    os.killpg(user.process.pid, signal.SIGHUP)
    user.process.wait(10)
    until(lambda: user.progress().done, "sent")
    assert numbers(server) == list(range(200))


def test_service_is_small(program: Callable[..., Program], server: ScriptedServer) -> None:
    """A busy service uses less than 45 MB, and an idle one almost no processor time."""
    user = program(2000, LIVE_ON="1")
    until(lambda: server.runs and len(numbers(server)) == 2000, "all rows")
    service = until(user.service, "started")
    before = service.cpu_times()
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 3, "a while")
    after = service.cpu_times()
    used = (after.user + after.system - before.user - before.system) / (time.monotonic() - began)
    memory = service.memory_info()
    assert memory.rss - memory.shared < 45 << 20
    assert used < 0.03
