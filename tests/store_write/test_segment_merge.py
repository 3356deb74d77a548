"""Merging the segments of other processes into a run file, in the order of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from forked import in_child

from wandb_nb.store.format import records
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.record_types import HistoryRecord
from wandb_nb.store.reading.tail import Tail, verify
from wandb_nb.store.runs.segment_merge import merge_segments
from wandb_nb.store.writing.row_encoder import RowEncoder, extra_items
from wandb_nb.store.writing.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path


def row(step: int, value: int, attempt: int | None = None) -> bytes:
    """Return a row."""
    return RowEncoder().encode({"v": value}, step, 1.0, 2.0, extra_items(attempt=attempt))


def rows_of(path: Path) -> list[tuple[int | None, Any]]:
    """Return step and value of each row, in the order of the file."""
    tail, rows = Tail(path), []
    while payloads := tail.read():
        records_of_rows = (each for each in map(decode, payloads) if isinstance(each, HistoryRecord))
        rows += [(each.step, dict(each.items)[("v",)]) for each in records_of_rows]
    assert not tail.damage
    return rows


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    """Return the writer of a run file."""
    return RunWriter(tmp_path / "run-r.wandb")


def test_rows_come_in_step_order(writer: RunWriter, tmp_path: Path) -> None:
    """Rows of all processes are ordered by step, those of one process keep their order, and later records follow."""
    writer.append(row(0, 0), row(3, 1), row(6, 2))
    in_child(lambda: writer.append(row(1, 10), row(4, 11), row(4, 12)))
    in_child(lambda: writer.append(row(2, 20), row(5, 21)))
    merge_segments(tmp_path, writer)
    writer.append(records.exit(0, 1))
    writer.close()
    steps = [(0, 0), (1, 10), (2, 20), (3, 1), (4, 11), (4, 12), (5, 21), (6, 2)]
    assert rows_of(tmp_path / "run-r.wandb") == steps
    report = verify(tmp_path)
    assert (report.ok, report.exit_code, report.records["header"]) == (True, 0, 1)
    assert not list((tmp_path / "segments").glob("*.wandb"))
    assert not list(tmp_path.glob("*.merging"))


def test_an_attempt_follows_the_one_before(writer: RunWriter, tmp_path: Path) -> None:
    """Rows of a second attempt stand behind all rows of the first, whatever their steps."""
    writer.append(row(0, 0), row(1, 1), row(0, 2, attempt=1))
    in_child(lambda: writer.append(row(5, 10)))
    merge_segments(tmp_path, writer)
    writer.close()
    assert rows_of(tmp_path / "run-r.wandb") == [(0, 0), (1, 1), (5, 10), (0, 2)]


def test_a_damaged_run_file_stays(writer: RunWriter, tmp_path: Path) -> None:
    """A run file with damage is not rewritten: what is damaged may still be of use, and the rows are appended."""
    path = tmp_path / "run-r.wandb"
    writer.append(row(0, 0))
    writer.append(row(2, 1))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    writer.append(row(3, 2))
    in_child(lambda: writer.append(row(1, 10)))
    inode = path.stat().st_ino
    merge_segments(tmp_path, writer)
    writer.close()
    assert path.stat().st_ino == inode
    tail, values = Tail(path), []
    while payloads := tail.read():
        values += [dict(each.items)[("v",)] for each in map(decode, payloads) if isinstance(each, HistoryRecord)]
    assert values == [0, 2, 10]


def test_a_disk_that_refuses_keeps_all_rows(writer: RunWriter, tmp_path: Path) -> None:
    """Where no second file can be made, the rows are appended."""
    writer.append(row(0, 0), row(2, 1))
    in_child(lambda: writer.append(row(1, 10)))
    (tmp_path / "run-r.wandb.merging").mkdir()
    merge_segments(tmp_path, writer)
    writer.close()
    assert rows_of(tmp_path / "run-r.wandb") == [(0, 0), (2, 1), (1, 10)]


def test_a_merge_that_was_killed_is_completed(writer: RunWriter, tmp_path: Path) -> None:
    """After a kill between the rename of the new file and those of the segments, no row is there twice."""
    writer.append(row(0, 0), row(2, 1))
    in_child(lambda: writer.append(row(1, 10)))
    merge_segments(tmp_path, writer)
    (folded,) = (tmp_path / "segments").glob("*.folded")
    folded.rename(folded.with_suffix(".folding"))
    merge_segments(tmp_path, writer)
    writer.close()
    assert rows_of(tmp_path / "run-r.wandb") == [(0, 0), (1, 10), (2, 1)]
