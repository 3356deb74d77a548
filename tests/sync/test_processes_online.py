"""Several processes log to one online run: each documented way, as plain processes, while the run is active."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sending import KEY
from services import end_services, services
from waiting import until

import wandb_nb as wandb
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.record_types import HistoryRecord
from wandb_nb.store.reading.tail import Tail
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripted_server import ScriptedServer

pytestmark = pytest.mark.crash

PROGRAM = """
import multiprocessing, os, subprocess, sys, time
import wandb_nb as wandb

ROWS, CHILDREN = 5, 2


def wait():
    until = time.monotonic() + 120
    while not os.path.exists("go") and time.monotonic() < until:
        time.sleep(0.02)


def work(run, number):
    for n in range(ROWS):
        run.log({"child": number, "n": n})
        time.sleep(0.01)


def work_and_wait(run, number):
    work(run, number)
    wait()


def start_all(processes):
    for process in processes:
        process.start()
    return [process.join for process in processes]


def by_context(run, method):
    context = multiprocessing.get_context(method)
    return start_all([context.Process(target=work_and_wait, args=(run, number)) for number in range(CHILDREN)])


def by_pool(run, method):
    pool = multiprocessing.get_context(method).Pool(CHILDREN)
    results = [pool.apply_async(work_and_wait, (run, number)) for number in range(CHILDREN)]
    return [*(result.get for result in results), pool.close, pool.join]


def by_command(run, begin, **variables):
    source = "import sys; sys.argv = ['x']; import program; from program import *; run = " + begin + "; "
    children = [
        subprocess.Popen(
            [sys.executable, "-c", source + f"work_and_wait(run, {number}); run.finish()"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
        )
        for number in range(CHILDREN)
    ]
    return [child.wait for child in children]


WAYS = {
    "fork": lambda run: by_context(run, "fork"),
    "spawn": lambda run: by_context(run, "spawn"),
    "forkserver": lambda run: by_context(run, "forkserver"),
    "pool": lambda run: by_pool(run, "fork"),
    "spawned pool": lambda run: by_pool(run, "spawn"),
    "attach": lambda run: by_command(run, "wandb.attach('r')"),
    "WANDB_RUN_ID": lambda run: by_command(run, "wandb.init(project='p')", WANDB_RUN_ID="r"),
    "shared": lambda run: by_command(run, "wandb.init(project='p', id='r', mode='shared')"),
}

if __name__ == "__main__":
    settings = {"x_disable_stats": True, "console": "off", "silent": True}
    mode = "shared" if sys.argv[1] == "shared" else "online"
    with wandb.init(project="p", id="r", mode=mode, settings=settings) as run:
        run.log({"own": 0})
        joins = WAYS[sys.argv[1]](run)
        for n in range(1, ROWS):
            run.log({"own": n})
            time.sleep(0.02)
        for join in joins:
            join()
        run.log({"own": ROWS})
        print(run.step, flush=True)
"""
WAYS = ["fork", "spawn", "forkserver", "pool", "spawned pool", "attach", "WANDB_RUN_ID", "shared"]
ROWS, CHILDREN = 5, 2


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Iterator[Path]:
    """Return the working directory of a user who has a key for the server; services end with the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    yield tmp_path
    end_services()


def start(way: str) -> subprocess.Popen[str]:
    """Start the program, whose children log in this *way* and wait for the file `go`."""
    command = [sys.executable, "program.py", way]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(program: subprocess.Popen[str], here: Path) -> None:
    """Let the program and its children end."""
    (here / "go").touch()
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors


def by_child(rows: list[dict[str, Any]]) -> dict[int, list[int]]:
    """Return the values that each child logged, in the order of *rows*."""
    values = defaultdict(list)
    for row in rows:
        if "child" in row:
            values[row["child"]].append(row["n"])
    return dict(values)


COMPLETE = {number: list(range(ROWS)) for number in range(CHILDREN)}


def are_complete(server: ScriptedServer) -> bool:
    """Return whether the server has all rows of the children; each child's rows are always in their order."""
    received = by_child(server.runs["r"].rows if "r" in server.runs else [])
    assert all(values == list(range(len(values))) for values in received.values())
    return received == COMPLETE


@pytest.mark.parametrize("way", WAYS)
def test_rows_of_children_arrive_while_the_run_is_active(server: ScriptedServer, here: Path, way: str) -> None:
    """[E3] Rows of children are on the server before they or the run end; then all are there once, in file order."""
    program = start(way)
    try:
        until(lambda: are_complete(server), "the rows of the children", seconds=30)
        assert program.poll() is None
        assert server.runs["r"].completions == 0
        frame = wandb.read(here / "wandb/latest-run")
        assert frame["_step"].is_monotonic_increasing
    finally:
        end(program, here)
    received = server.runs["r"]
    until(lambda: received.completions, "the end of the run")
    assert (by_child(received.rows), received.exit_code) == (COMPLETE, 0)
    assert [row["own"] for row in received.rows if "own" in row] == list(range(ROWS + 1))
    assert len(received.rows) == ROWS * CHILDREN + ROWS + 1
    assert list(server.runs) == ["r"]
    steps = steps_of(here / "wandb/latest-run/run-r.wandb")
    assert steps == sorted(steps)
    assert len(steps) == len(received.rows)


def steps_of(run_file: Path) -> list[int]:
    """Return the steps in the order of the file's records, as W&B's own tool reads them."""
    tail, steps = Tail(run_file), []
    while payloads := tail.read():
        steps += [record.step or 0 for record in map(decode, payloads) if isinstance(record, HistoryRecord)]
    return steps


@pytest.mark.parametrize("way", ["fork", "attach"])
def test_a_killed_service_sends_each_row_once(server: ScriptedServer, here: Path, way: str) -> None:
    """After `kill -9` of the background process amid rows of several processes, all are on the server once."""
    program = start(way)
    try:
        until(lambda: server.runs and by_child(server.runs["r"].rows), "a row of a child")
        for service in services():
            service.kill()
            service.wait()
    finally:
        end(program, here)
    until(lambda: server.runs["r"].completions, "the end of the run")
    rows = server.runs["r"].rows
    assert by_child(rows) == COMPLETE
    assert len(rows) == ROWS * CHILDREN + ROWS + 1


def test_a_killed_owner_loses_no_row_of_a_child(server: ScriptedServer, here: Path) -> None:
    """After `kill -9` of the program the rows of its children are on the server once, and the run has crashed."""
    program = start("spawn")
    until(lambda: are_complete(server), "the rows of the children")
    program.kill()
    (here / "go").touch()
    program.communicate(timeout=60)  # the children have its pipes
    until(lambda: server.runs["r"].completions, "the end of the run")
    assert by_child(server.runs["r"].rows) == COMPLETE
    assert server.runs["r"].exit_code == 1


def test_a_view_shows_rows_of_children_in_step_order(here: Path) -> None:
    """A metric that several processes log is one line with rising steps, while the run is active and afterwards."""
    program = start("fork")
    folder = here / "wandb/latest-run"
    until((folder / "run-r.wandb").exists, "the run")
    stream = RunStream(folder)

    def has_all() -> bool:
        stream.advance()
        for one in stream.message().header["series"]:
            start, count = one["columns"]["step"]
            steps = np.frombuffer(stream.message().blob)[start : start + count]
            assert (steps[1:] >= steps[:-1]).all()
            if one["key"] == "n" and count == ROWS * CHILDREN:
                return True
        return False

    try:
        until(has_all, "the points of the children")
    finally:
        end(program, here)
    until(lambda: has_all() and stream.done, "the end of the run")
