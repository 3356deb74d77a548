"""Durability: a row whose `append` returned is in the file, even if the process is killed or the disk is full."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from wandb_nb.store.format.decode import HistoryRecord, decode
from wandb_nb.store.format.wire import read_varint
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.store.writing.writer import RunWriter

pytestmark = [pytest.mark.crash, pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")]

LOGGER = Path(__file__).with_name("logger.py")
ROOT = Path(__file__).parents[2]


def start(mode: str, path: Path, number: int) -> subprocess.Popen[bytes]:
    """Start the logger."""
    command = [sys.executable, str(LOGGER), mode, str(path), str(number)]
    search = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": search})


def reported(output: bytes) -> list[tuple[int, int]]:
    """Return the rows of whole lines of the logger's *output*."""
    lines = output[: output.rfind(b"\n") + 1].splitlines()
    return [(int(thread), int(index)) for thread, index in map(bytes.split, lines)]


def stored(path: Path) -> tuple[list[tuple[int, int]], Tail]:
    """Return the rows of a file in order, and the tail that read them; record numbers must rise."""
    tail = Tail(path)
    tail.finalize()
    rows, last = [], 0
    while payloads := tail.read():
        for payload in payloads:
            number, _ = read_varint(payload, 1)
            assert number > last
            last = number
            record = decode(payload)
            if isinstance(record, HistoryRecord):
                items = dict(record.items)
                rows.append((items["thread",], items["i",]))
    return rows, tail


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("mode", ["kill_writer", "kill_run"])
def test_no_returned_row_is_missing_after_kill(tmp_path, mode, threads):
    """Fifteen kills at random moments, writer or run, one or four threads: every reported row is there."""
    chance = random.Random(f"{mode} {threads}")  # noqa: S311 - no secret
    total = 0
    for attempt in range(15):
        path = tmp_path / f"run-{attempt}.wandb"
        if mode == "kill_run":
            path.mkdir()
        with start(mode, path, threads) as process:
            wanted = chance.randrange(1, 60_000)
            output = process.stdout.read(1)
            while len(output) < wanted:
                output += process.stdout.read1(1 << 16)
            process.kill()
            output += process.stdout.read()
        reported_rows = reported(output)
        rows, tail = stored(path if path.is_file() else next(path.glob("wandb/offline-run-*/run-*.wandb")))
        assert not set(reported_rows) - set(rows)
        assert len(rows) == len(set(rows)) <= len(reported_rows) + threads
        assert all(lost.reason == "the file ends inside a record" for lost in tail.damage)
        total += len(reported_rows)
    assert total > 10_000


def test_interrupts_leave_whole_records_and_every_returned_row(tmp_path):
    """Two thousand interrupts at any moment of an append: no damage, no repeated number, no returned row missing."""
    path = tmp_path / "run-a.wandb"
    with start("interrupt", path, 2000) as process:
        output = process.stdout.read()
    assert process.returncode == 0
    rows, tail = stored(path)
    assert not tail.damage
    assert not set(reported(output)) - set(rows)
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("append_only", [0, 1])
def test_a_limited_file_keeps_its_rows_and_continues(tmp_path, append_only):
    """Short writes at a size limit: one warning, lost rows counted, everything else there, also without truncation."""
    path = tmp_path / "run-a.wandb"
    if append_only:
        path.touch()
        changed = subprocess.run(["chattr", "+a", str(path)], check=False, capture_output=True)
        if changed.returncode:
            pytest.skip("this file system or user has no append-only files")
        subprocess.run(["chattr", "-a", str(path)], check=True)
        path.unlink()
    with start("limited", path, append_only) as process:
        output = process.stdout.read()
    assert process.returncode == 0
    reported_rows = reported(output)
    counts, warning = Path(f"{path}.report").read_text("utf-8").split("\n", 1)
    warnings, lost, logged = map(int, counts.split())
    rows, tail = stored(path)
    assert rows == reported_rows
    assert warnings == 1
    assert "too large" in warning.lower()
    assert lost == logged - len(reported_rows) > 0
    assert rows[-1] == (0, logged - 1)
    assert bool(tail.damage) == bool(append_only)


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a file system of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=False)
    if made.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_costs_rows_only_while_it_is_full(small_disk):
    """On a full disk: one warning, lost rows counted; with space again, rows are stored again."""
    (small_disk / "other").write_bytes(bytes(150_000))
    warnings: list[str] = []
    writer = RunWriter(small_disk / "run-a.wandb", warn=warnings.append)
    encode = RowEncoder().encode
    expected = []

    def log(index: int) -> None:
        before = writer.lost
        writer.append(encode({"thread": 0, "i": index, "text": "x" * 300}, index, 0.0, 1.0))
        if writer.lost == before:
            expected.append((0, index))

    for index in range(1000):
        log(index)
    assert writer.lost > 100
    (small_disk / "other").unlink()
    for index in range(1000, 1050):
        log(index)
    assert expected[-50:] == [(0, index) for index in range(1000, 1050)]
    writer.close()
    rows, tail = stored(small_disk / "run-a.wandb")
    assert rows == expected
    assert not tail.damage
    assert len(warnings) == 1
    assert "No space left" in warnings[0]
