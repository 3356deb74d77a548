"""Run files and notebooks with random damage, read by every reader: no foreign exception, no hang, no excess of memory.

A short part runs with the other tests, always the same. `make fuzz` takes new damage for `FUZZ_SECONDS` seconds; a
failure names its seed, which `FUZZ_SEED` repeats.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from wandb_nb.capture.cells.notebook_file import NotebookFile, save
from wandb_nb.capture.secrets.redact import Redactor
from wandb_nb.cli import group
from wandb_nb.compare.comparison import compare
from wandb_nb.compare.comparison_text import lines
from wandb_nb.compare.load_inputs import load, notebook_cells
from wandb_nb.errors import Error
from wandb_nb.jupyter import run_details
from wandb_nb.jupyter.folder_scan import _entry
from wandb_nb.jupyter.run_previews import _preview
from wandb_nb.store.format.framing import FILE_HEADER, frame, scan
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.reading.executed_cells import FILE as CELLS
from wandb_nb.store.reading.executed_cells import read_cells
from wandb_nb.store.reading.tail import Tail, verify
from wandb_nb.store.runs import frame as data_frame
from wandb_nb.store.runs.repair import fold_after_crash
from wandb_nb.sync.upload.accumulator import RunAccumulator
from wandb_nb.sync.upload.generated_files import generate_files
from wandb_nb.sync.upload.progress import load_progress
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.run_bundle import bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.wandb"))
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", time.time_ns() if SECONDS else "1"))
CASES = 10
MAX_SECONDS = 60  # of one reader; most take milliseconds, and other work may be on the machine
MAX_GROWTH_KB = 700 << 10

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
# What readers of JSON, numbers and protobuf stumble over.
PIECES = (
    *(
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"1" * 400,
        b"-0",
        b"null",
        b"true",
        b'""',
        b"{}",
        b"[]",
        b'"\\ud800"',
        b"\\u0000",
    ),
    *(
        b"[" * 5000,
        b'{"a":' * 3000,
        b'"' * 7,
        b"\xff" * 11,
        b"\x00" * 9,
        b"\x80" * 10,
        b"\xed\xa0\x80",
        b"_wandb",
        b"_step",
    ),
    *(b"." * 300, b"\x12\x7f", b"\x0a\xff\xff\xff\xff\x0f", b"9" * 20, b"\n", b"\\", b"_runtime", b"_timestamp", b"-1"),
)


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


def test_damaged_runs_do_no_harm(original: Path, tmp_path: Path) -> None:
    """Whatever bytes of a run change, readers return or raise an error of this package, soon and within bounds."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    end = time.monotonic() + SECONDS
    number = 0
    while number < CASES or time.monotonic() < end:
        seed = SEED + number
        directory = damaged_run(original, tmp_path / "case", Random(seed))  # noqa: S311 -- damage, no secret
        for reader in READERS:
            check(reader, directory, seed)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
        assert grown < MAX_GROWTH_KB, f"FUZZ_SEED={seed} took {grown >> 10} MB"
        shutil.rmtree(directory.parent)
        number += 1


def check(reader: Callable[[Path], object], directory: Path, seed: int) -> None:
    """Run *reader* on *directory*; a failure names the *seed*."""
    try:
        with limited(MAX_SECONDS), suppress(Error):
            reader(directory)
    except Exception as error:
        raise AssertionError(f"FUZZ_SEED={seed}: {reader.__name__} raised {type(error).__name__}: {error}") from error


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError when the block takes longer than *seconds*."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"still reading after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# -- damage


def damaged_run(original: Path, folder: Path, random: Random) -> Path:
    """Return a copy of a run in *folder* with damage in its run file and in some of its other files."""
    directory = folder / original.name
    shutil.copytree(original, directory)
    file = run_file(directory)
    content = random.choice([file, *GOLDEN]).read_bytes()
    file.write_bytes(damaged_records(content, random) if random.random() < 0.7 else damaged(content, random))
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path != file and random.random() < 0.5:
            path.write_bytes(damaged(path.read_bytes(), random))
    return directory


def damaged_records(content: bytes, random: Random) -> bytes:
    """Return a run file whose records are damaged, but with valid checksums: what a person writes on purpose."""
    payloads = scan(content, len(FILE_HEADER), final=True).payloads
    for _ in range(random.randint(1, 20)):
        at = random.randrange(len(payloads))
        payloads[at] = damaged(payloads[at], random)
        if random.random() < 0.2:
            payloads.insert(random.randrange(len(payloads)), random.choice(payloads))
    return FILE_HEADER + frame(payloads, len(FILE_HEADER))


def damaged(content: bytes, random: Random) -> bytes:
    """Return *content* with bytes changed, lost, repeated or inserted."""
    data = bytearray(content)
    for _ in range(random.randint(1, 6)):
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.choice([1, 1, 2, 8, 100]))
        kind = random.randrange(5)
        if kind == 0 and start < end:
            data[start] ^= 1 << random.randrange(8)
        elif kind == 1:
            del data[start:end]
        elif kind == 2:
            data[start:start] = data[start:end] * random.choice([1, 2, 30])
        elif kind == 3:
            data[start:end] = random.choice(PIECES)
        else:
            data[start:end] = random.randbytes(end - start)
    return bytes(data)


# -- readers


def as_data(directory: Path) -> None:
    """As `read()` does it."""
    state = data_frame.load(directory)
    data_frame.to_frame(state)
    assert isinstance(state.summary, dict)
    assert state.statistics is not None


def as_verified(directory: Path) -> None:
    """As `wandb-nb verify` does it, repairs included."""
    json.dumps(verify(directory).as_dict())
    fold_after_crash(directory)


def in_steps(directory: Path) -> None:
    """As a view follows a file."""
    tail = Tail(run_file(directory))
    while tail.read(1000):
        pass


def as_panel(directory: Path) -> None:
    """As a notebook shows a run."""
    stream = RunStream(directory)
    while stream.advance():
        pass
    json.dumps(bundle(stream, None), allow_nan=False)
    json.dumps(bundle(data_frame.load(directory), None), allow_nan=False)


def as_sidebar(directory: Path) -> None:
    """As the list in JupyterLab shows a run."""
    entry = _entry(directory)
    if entry is None:
        return
    stream = RunStream(directory)
    while stream.advance():
        pass
    shown: list[Any] = [_preview(stream), run_details.console(entry), run_details.code(entry)]
    shown += [run_details.preview(run_details.file(entry, info["path"])) for info in run_details.files(entry)]
    json.dumps(shown, allow_nan=False)


def as_comparison(directory: Path) -> None:
    """As `wandb-nb diff` does it."""
    one = load(directory)
    assert lines(compare([one, one]))


def as_upload(directory: Path) -> None:
    """As sync prepares a run for a server."""
    run = RunAccumulator({"history": 0, "events": 0, "console": 0}, lambda _: None)
    try:
        tail = Tail(run_file(directory))
        tail.finalize()
        while payloads := tail.read():
            run.apply(payloads)
        run.finish()
        json.dumps([run.fields(), run.summary_line()], allow_nan=False)
        generate_files(run)
    finally:
        run.console.close_file()
    load_progress(run_file(directory))


def as_cells(directory: Path) -> None:
    """As `run.cells()` and a copy of a notebook do it."""
    read_cells(directory / CELLS)
    for path in directory.rglob("*.ipynb"):
        notebook_cells(path.read_text("utf-8", "replace"))
        with suppress(ValueError):  # it is not a notebook
            save(NotebookFile("copy.ipynb", content=path.read_text("utf-8", "replace")), directory / "x", Redactor({}))


def by_commands(directory: Path) -> None:
    """As the commands of a shell do it."""
    for words in ("show", "show --json", "verify", "export --format csv", "export --format jsonl"):
        done = CliRunner().invoke(group, [*words.split(), str(directory)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception


READERS = (*(as_data, as_verified, in_steps, as_panel, as_sidebar, as_comparison, as_upload, as_cells, by_commands),)
