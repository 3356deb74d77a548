"""Run files and notebooks with random damage, read by every reader: no foreign exception, no hang, no excess memory.

A short, fixed part runs with the other tests. `make fuzz` creates new damage for `FUZZ_SECONDS` seconds. The readers
run in a child process, so that any failure names the seed, which `FUZZ_SEED` repeats: an exception, a hang within C
code, and a kill too.
"""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import pytest
from damage import damaged_run
from run_readers import READERS

from wandb_nb.errors import Error
from wandb_nb.store.reading.executed_cells import FILE as CELLS

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", time.time_ns() if SECONDS else "1"))
CASES = 10
CASES_PER_PROCESS = 100  # so that the memory of many cases does not add up
MAX_SECONDS = 120  # for one reader; most take milliseconds, but the machine may be busy
MAX_GROWTH_KB = 700 << 10
MAX_BYTES = 4 << 30
START_SECONDS = 30  # for a child process, on a busy machine

SCRIPT = """
import wandb_nb as wandb
run = wandb.init(mode="offline", project="p", config={"lr": 0.1, "opt": {"name": "adam"}, "list": [1, "a"]}, notes="n")
run.define_metric("val/*", step_metric="epoch", summary="max")
print("a line")
for i in range(60):
    run.log({"loss": 1 / (i + 1), "val/acc": i / 60, "epoch": i, "text": f"word {i}", "deep": {"a": [1, {"b": None}]}})
run.log({"loss": 0.5}, step=20)
run.summary["best"] = {"loss": 0.1}
"""
CELL_LINES = [
    {"cell": 1, "source": "x = 1", "started": 1.5},
    {"cell": 1, "seconds": 0.1, "ok": True},
    {"cell": 2, "source": "1 / 0", "started": 2.5},
    {"cell": 2, "seconds": 0.1, "ok": False, "error": "ZeroDivisionError"},
    {"cell": 2, "outputs": [{"text": "a", "data": {"text/plain": "b"}}]},
]
NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "execution_count": 1, "source": ["x = 1\\n", "y"], "metadata": {}, "outputs": []},
        {"cell_type": "markdown", "source": "text", "metadata": {}},
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 4,
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a run with rows, definitions, console, cells and a notebook."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "train.py").write_text(SCRIPT, "utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    environ |= {"WANDB_NB_DATA_DIR": str(folder / "data"), "WANDB_SILENT": "true"}
    subprocess.run([sys.executable, "train.py"], cwd=folder, env=environ, check=True)
    directory = (folder / "wandb" / "latest-run").resolve()
    (directory / CELLS).parent.mkdir(exist_ok=True)
    (directory / CELLS).write_text("".join(json.dumps(line) + "\n" for line in CELL_LINES), "utf-8")
    code = directory / "files" / "code"
    code.mkdir(parents=True, exist_ok=True)
    (code / "_session_history.ipynb").write_text(json.dumps(NOTEBOOK), "utf-8")
    return directory


# Files that `make fuzz` once found, and their content.
FOUND = {
    "a notebook nests without end": ("*.ipynb", b'{"cells": ' * 100_000),
    "a notebook nests deep": ("*.ipynb", b'{"cells": [' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"]}"),
}


class Batch(NamedTuple):
    """Damaged copies of the run *original* in *folder*: *count* seeds from *first* on, fewer once it is *end*."""

    original: Path
    folder: Path
    first: int
    count: int
    end: float = float("inf")


def test_damaged_runs_do_no_harm(original: Path, tmp_path: Path) -> None:
    """Readers of a damaged run return, or raise an error of this package, within limits of time and memory."""
    end = time.monotonic() + SECONDS
    number = supervise(read_damaged, Batch(original, tmp_path / "case", SEED, CASES), tmp_path)
    while time.monotonic() < end:
        batch = Batch(original, tmp_path / "case", SEED + number, CASES_PER_PROCESS, end)
        number += supervise(read_damaged, batch, tmp_path)
    sys.stderr.write(f"{number} damaged runs from FUZZ_SEED={SEED} on: {number * len(READERS)} readings\n")


@pytest.mark.parametrize("damage", FOUND)
def test_damage_that_once_did_harm(original: Path, tmp_path: Path, damage: str) -> None:
    """Cases that `make fuzz` found, each in all files of its kind, no longer do harm."""
    name, content = FOUND[damage]
    directory = Path(shutil.copytree(original, tmp_path / original.name))
    for path in [path for path in directory.rglob(name) if path.is_file()]:
        path.write_bytes(content)
    for reader in READERS:
        with suppress(Error):
            reader(directory)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("raise_error", "ValueError: .*'harm'"),
        ("exit", "ended with exit code 3"),
        ("kill", "ended with exit code -9"),
        ("take_memory", "MemoryError"),
        ("hang_in_c", r"did not return within 5 s.*in match"),
    ],
)
def test_every_kind_of_failure_names_its_seed(tmp_path: Path, harm: str, words: str) -> None:
    """An exception, an exit, a kill, too much memory and a hang outside Python code name seed and step."""
    with pytest.raises(AssertionError, match=f"(?s)FUZZ_SEED=7, {harm}.*{words}"):
        supervise(do_harm, harm, tmp_path, max_seconds=5)


# -- the supervising process


def supervise(work: Callable[..., None], what: object, folder: Path, max_seconds: int = MAX_SECONDS) -> int:
    """Run *work* on *what* in a child process; return the number of seeds.

    The child reports each step before it begins. A step that takes longer than *max_seconds* is a hang.
    """
    spawn = multiprocessing.get_context("spawn")
    reports, sender = spawn.Pipe(duplex=False)
    trace = folder / "trace"
    child = spawn.Process(target=run_limited, args=(work, what, sender, trace, max_seconds - 1))
    child.start()
    sender.close()
    step, seeds, seconds = "before the first step", set(), START_SECONDS
    try:
        while reports.poll(seconds):
            kind, seed, text = reports.recv()
            if kind == "end":
                return len(seeds)
            seconds = max_seconds
            assert kind == "step", f"{step}: {text}"
            seeds.add(seed)
            step = f"FUZZ_SEED={seed}, {text}"
        problem = f"did not return within {seconds} s"
    except EOFError:
        child.join(10)
        problem = f"ended with exit code {child.exitcode}"
    finally:
        child.kill()
        child.join()
    raise AssertionError(f"{step}: {problem}\n{trace.read_text('utf-8', 'replace') if trace.exists() else ''}")


# -- the child process


def run_limited(work: Callable[..., None], what: object, reports: Connection, trace: Path, seconds: int) -> None:
    """Run *work* with limited memory; report steps, end and exception; trace a step that takes longer."""
    with suppress(ValueError, OSError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_DATA, (MAX_BYTES, MAX_BYTES))
    with trace.open("w") as file:

        def begin(seed: int, step: str) -> None:
            faulthandler.dump_traceback_later(seconds, file=file)
            reports.send(("step", seed, step))

        try:
            work(what, begin)
        except BaseException as error:  # noqa: BLE001 -- the parent reports any of them
            reports.send(("error", 0, "".join(traceback.format_exception(error)[-6:])))
        else:
            reports.send(("end", 0, ""))
        faulthandler.cancel_dump_traceback_later()


def read_damaged(batch: Batch, begin: Callable[[int, str], None]) -> None:
    """Read damaged runs with every reader."""
    for seed in range(batch.first, batch.first + batch.count):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin(seed, "damage")
        directory = damaged_run(batch.original, batch.folder, Random(seed))  # noqa: S311 -- damage, no secret
        for reader in READERS:
            begin(seed, reader.__name__)
            with suppress(Error):
                reader(directory)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
        assert grown < MAX_GROWTH_KB, f"the readings of one run took {grown >> 10} MB"
        shutil.rmtree(batch.folder)
        if time.monotonic() > batch.end:
            return


def do_harm(harm: str, begin: Callable[[int, str], None]) -> None:
    """Fail as a reader could."""
    begin(7, harm)
    {
        "raise_error": lambda: int("harm"),
        "exit": lambda: os._exit(3),
        "kill": lambda: os.kill(os.getpid(), 9),
        "take_memory": lambda: bytearray(2 * MAX_BYTES),
        "hang_in_c": lambda: re.match("(a|a)*b", "a" * 60),
    }[harm]()
