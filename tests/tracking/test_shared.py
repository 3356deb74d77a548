"""`mode="shared"`: processes that give one id log to one run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb
from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Launch = Callable[..., subprocess.Popen[str]]

WORKER = """
import sys, time
import wandb_nb as wandb

rank, seconds, settings = int(sys.argv[1]), float(sys.argv[2]), eval(sys.argv[3])
with wandb.init(id="together", project="p", mode="shared", config={f"rank{rank}": rank}, settings=settings) as run:
    print("started", flush=True)
    for number in range(5):
        wandb.log({"rank": rank, "number": number})
        time.sleep(seconds)
    print(run.id, flush=True)
"""
PRIMARY, WORKING = {"x_primary": True}, {"x_primary": False, "x_update_finish_state": False, "init_timeout": 60}


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Return a function that starts a process with a rank, seconds of sleep after each row, and settings."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    processes = []

    def start(rank: int, seconds: float = 0.0, settings: object = None) -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(rank), str(seconds), repr({**(settings or {})})]
        environment = {**os.environ, "WANDB_API_KEY": "", "WANDB_SILENT": "true"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        processes.append(subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, **pipes))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def rows() -> Counter[tuple[int, int]]:
    """Return how often each pair of rank and number is in the one run."""
    (entry,) = Registry().find("together")
    frame = wandb.read(entry.path)
    assert frame["_step"].is_unique
    return Counter(zip(frame["rank"], frame["number"], strict=True))


EXPECTED = Counter((rank, number) for rank in range(3) for number in range(5))


def test_the_primary_starts_the_run(launch: Launch) -> None:
    """Workers that come first wait for the primary process; rows and config of all are in its run."""
    workers = [launch(rank, settings=WORKING) for rank in (1, 2)]
    assert workers[0].poll() is None
    primary = launch(0, 0.2, PRIMARY)
    for process in (*workers, primary):
        out, error = process.communicate(timeout=120)
        assert (process.returncode, out.split()) == (0, ["started", "together"]), error
    assert rows() == EXPECTED
    (entry,) = Registry().find("together")
    assert entry.state == "finished"
    assert wandb.read(entry.path).attrs["config"] == {"rank0": 0, "rank1": 1, "rank2": 2}


def test_without_a_primary_the_first_one_starts_it(launch: Launch) -> None:
    """Of processes that start at one moment one starts the run and the others join; the run ends after the last."""
    processes = [launch(rank, seconds) for rank, seconds in enumerate((0.6, 0.9, 0.7))]
    for process in processes:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    assert rows() == EXPECTED


def test_a_process_that_comes_after_the_end_continues_the_run(launch: Launch) -> None:
    """A process that gives the id of a run that has ended adds its rows to it."""
    for rank in range(3):
        launch(rank).communicate(timeout=120)
    frame = wandb.read("together")
    assert Counter(zip(frame["rank"], frame["number"], strict=True)) == EXPECTED
    assert list(frame["_step"]) == list(range(15))


def test_a_worker_without_its_primary(launch: Launch) -> None:
    """Where no primary process starts the run in time, `init()` of a worker is a CommError with the remedy."""
    worker = launch(1, settings={**WORKING, "init_timeout": 0.2})
    _, error = worker.communicate(timeout=120)
    assert worker.returncode == 1
    assert "CommError: no process of this machine started the shared run 'together'" in error.splitlines()[-1]


def test_settings_without_effect_are_reported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings that only W&B's client reads are accepted; one line names them, once in a process."""
    settings = wandb.Settings(x_stats_gpu_count=2, show_emoji=False, start_method="fork")
    for _ in range(2):
        wandb.init(dir=tmp_path, mode="offline", settings=settings).finish()
    lines = [line for line in capsys.readouterr().err.splitlines() if "no effect" in line]
    assert len(lines) == 1
    assert lines[0].endswith("settings that have no effect here: x_stats_gpu_count, show_emoji")
