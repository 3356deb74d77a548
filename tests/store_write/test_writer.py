"""The writer of a run file, its segments and the shared step counter."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections import Counter

import pytest
from forked import in_child

from wandb_nb.errors import StoreError
from wandb_nb.store.format import records
from wandb_nb.store.format.decode import HeaderRecord, HistoryRecord, decode
from wandb_nb.store.format.framing import BLOCK, FILE_HEADER, scan
from wandb_nb.store.format.wire import read_varint
from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.store.writing.segments import SharedSteps, fold_segments
from wandb_nb.store.writing.writer import RunWriter

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
encode = RowEncoder().encode


def row(index: int, **more) -> bytes:
    """Return the body of a row."""
    return encode({"i": index, **more}, index, 0.5, 1.5)


def payloads_of(path) -> list[bytes]:
    """Return the records of an undamaged file, numbered from 1 without gaps."""
    scanned = scan(path.read_bytes(), final=True)
    assert not scanned.damage
    assert [read_varint(payload, 1)[0] for payload in scanned.payloads] == list(range(1, len(scanned.payloads) + 1))
    return scanned.payloads


def rows_of(path) -> list[int]:
    """Return the rows' `i`, in file order."""
    decoded = map(decode, payloads_of(path))
    return [dict(record.items)["i",] for record in decoded if isinstance(record, HistoryRecord)]


@pytest.fixture
def writer(tmp_path):
    """Return a writer whose warnings fail the test."""
    writer = RunWriter(tmp_path / "run-a.wandb", warn=pytest.fail)
    yield writer
    writer.close()


def test_a_new_file_begins_with_its_headers(writer):
    """The file header and the header record are written when the writer is created."""
    assert writer.path.read_bytes().startswith(FILE_HEADER)
    (payload,) = payloads_of(writer.path)
    assert isinstance(decode(payload), HeaderRecord)
    assert writer.position == writer.path.stat().st_size


def test_records_are_there_when_append_returns(writer):
    """After each append the file holds the numbered record, and `position` is the file's size."""
    for index in range(2000):
        writer.append(row(index))
        assert writer.position == os.stat(writer.path).st_size  # noqa: PTH116 - called two thousand times
    assert rows_of(writer.path) == list(range(2000))


def test_records_of_any_size_fit(writer):
    """Records larger than a block, and several in one append, are read in order."""
    for index, size in enumerate((1, BLOCK - 50, BLOCK, 3 * BLOCK, 5)):
        writer.append(row(10 * index, text="x" * size), records.preempting(), row(10 * index + 1))
    assert rows_of(writer.path) == [0, 1, 10, 11, 20, 21, 30, 31, 40, 41]


def test_an_existing_file_is_never_opened(writer):
    """An existing run file is left alone, and the error names it."""
    with pytest.raises(StoreError, match=r"run-a\.wandb cannot be created"):
        RunWriter(writer.path)
    assert len(payloads_of(writer.path)) == 1


def test_a_closed_writer_takes_nothing(writer):
    """Closing twice is harmless; a later append is an error that names the file; sync does nothing."""
    writer.sync()
    writer.close()
    writer.close()
    assert writer.closed
    writer.sync()
    with pytest.raises(StoreError, match=r"run-a\.wandb is closed"):
        writer.append(row(1))


def test_threads_append_concurrently(writer):
    """Rows of eight threads are all there, each thread's in its order."""

    def log(thread: int) -> None:
        for index in range(500):
            writer.append(row(thread * 1000 + index))

    threads = [threading.Thread(target=log, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scanned = rows_of(writer.path)
    assert len(scanned) == 4000
    for thread in range(8):
        own = [index for index in scanned if index // 1000 == thread]
        assert own == sorted(own)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer signals there")
def test_a_signal_handler_may_append_in_an_append(writer):
    """Handlers that append at any moment of an append neither block nor lose a row."""
    handled = []

    def handler(_number, _frame) -> None:
        handled.append(1_000_000 + len(handled))
        writer.append(row(handled[-1]))

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
        index = 0
        while len(handled) < 300:
            writer.append(row(index))
            index += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    writer.append(row(index))
    assert sorted(rows_of(writer.path)) == [*range(index + 1), *handled]


def interrupted(writer: RunWriter, seconds: float) -> str:
    """Append rows until the signal after *seconds*; return its error, empty if Python dropped it in a finalizer."""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        for _ in range(100_000):  # takes longer than the timer, but not for ever
            writer.append(row(0))
    except TimeoutError as error:
        return str(error)
    return ""


def test_an_error_of_a_signal_handler_is_not_a_failed_write(tmp_path):
    """A TimeoutError that a handler raises during an append is an OSError, but reaches its caller unchanged."""
    writer = RunWriter(tmp_path / "run-a.wandb", warn=pytest.fail)

    def handler(_number, _frame) -> None:
        raise TimeoutError("the user's")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        errors = Counter(interrupted(writer, 0.0002 + number * 1e-6) for number in range(200))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert set(errors) <= {"the user's", ""}
    assert errors["the user's"] > 150
    writer.append(row(1))
    assert rows_of(writer.path)[-1] == 1
    assert writer.lost == 0


def test_a_destructor_may_append_in_an_append(writer):
    """Destructors that the collector calls during appends neither block nor lose a row."""
    done = []

    class Logging:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            done.append(1_000_000 + len(done))
            writer.append(row(done[-1]))

    threshold = gc.get_threshold()
    gc.set_threshold(3)
    try:
        for index in range(500):
            Logging()
            writer.append(row(index))
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert len(done) == 500
    assert sorted(rows_of(writer.path)) == [*range(500), *done]


def test_raise_reports_errors_to_the_caller(tmp_path):
    """With on_error="raise" a failed write is a StoreError at the call; writing continues when the disk does."""
    writer = RunWriter(tmp_path / "run-a.wandb", on_error="raise", warn=pytest.fail)
    real, writer._fd = writer._fd, os.open(os.devnull, os.O_RDONLY)
    with pytest.raises(StoreError, match=r"run-a\.wandb cannot be written"):
        writer.append(row(0))
    os.close(writer._fd)
    writer._fd = real
    writer.append(row(1))
    assert writer.lost == 1
    assert rows_of(writer.path) == [1]


def test_records_other_than_rows_are_retried(tmp_path):
    """A config record that failed is written with the next append; lost rows are counted."""
    warnings: list[str] = []
    writer = RunWriter(tmp_path / "run-a.wandb", warn=warnings.append)
    real, writer._fd = writer._fd, os.open(os.devnull, os.O_RDONLY)
    writer.append(row(0), records.config({"lr": "0.1"}))
    writer.append(row(1))
    os.close(writer._fd)
    writer._fd = real
    writer.append(row(2))
    assert writer.lost == 2
    assert len(warnings) == 1
    assert b"lr" in payloads_of(writer.path)[1]
    assert rows_of(writer.path) == [2]


@forks
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
class TestForks:
    """Forked children."""

    def test_a_child_writes_a_segment_of_its_own(self, tmp_path, writer):
        """A child's rows go to its own file; the parent's file grows by its own rows, and later by the fold."""
        writer.append(row(0))
        in_child(lambda: writer.append(row(100)))
        in_child(lambda: [writer.append(row(index)) for index in (200, 201)])
        in_child(lambda: None)
        writer.append(row(1))
        assert writer.forked
        assert rows_of(writer.path) == [0, 1]
        segments = sorted((tmp_path / "segments").glob("*.wandb"))
        assert sorted(map(rows_of, segments)) == [[100], [200, 201]]
        assert fold_segments(tmp_path, writer) == 3
        assert fold_segments(tmp_path, writer) == 0
        assert sorted(rows_of(writer.path)) == [0, 1, 100, 200, 201]
        assert [path.suffix for path in (tmp_path / "segments").iterdir()] == [".folded"] * 2

    def test_a_grandchild_writes_its_own_segment(self, tmp_path, writer):
        """A child's child writes beside its parent, in the same folder."""

        def child() -> None:
            writer.append(row(1))
            in_child(lambda: writer.append(row(2)))
            writer.append(row(3))

        in_child(child)
        assert fold_segments(tmp_path, writer) == 3
        assert sorted(rows_of(writer.path)) == [1, 2, 3]

    def test_a_fork_in_the_middle_of_appends_is_safe(self, tmp_path, writer):
        """Children forked while other threads append find a free lock and leave the file alone."""
        stop = threading.Event()

        def log() -> None:
            index = 0
            while not stop.is_set():
                writer.append(row(index))
                index += 1

        threads = [threading.Thread(target=log) for _ in range(3)]
        for thread in threads:
            thread.start()
        for index in range(20):
            in_child(lambda index=index: writer.append(row(-index - 1)))
        stop.set()
        for thread in threads:
            thread.join()
        assert all(index >= 0 for index in rows_of(writer.path))
        assert fold_segments(tmp_path, writer) == 20
        assert sorted(index for index in rows_of(writer.path) if index < 0) == list(range(-20, 0))

    def test_a_segment_that_is_being_written_is_left(self, tmp_path, writer):
        """A child that outlives the fold keeps its segment; the next fold takes it."""
        ready, go = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            writer.append(row(1))
            os.write(ready[1], b"x")
            os.read(go[0], 1)
            writer.append(row(2))
            os._exit(0)
        os.read(ready[0], 1)
        folded = fold_segments(tmp_path, writer)
        os.write(go[1], b"x")
        os.waitpid(pid, 0)
        assert folded == 0
        assert fold_segments(tmp_path, writer) == 2
        for fd in (*ready, *go):
            os.close(fd)

    def test_a_fold_that_was_cut_short_is_continued_not_repeated(self, tmp_path, writer):
        """After a crash between append and rename, rows already folded are not appended again."""
        in_child(lambda: [writer.append(row(index)) for index in (1, 2)])
        (segment,) = (tmp_path / "segments").glob("*.wandb")
        segment.rename(f"{segment}.folding")
        writer.append(row(1))
        assert fold_segments(tmp_path, writer) == 1
        assert rows_of(writer.path) == [1, 2]

    def test_writers_share_their_steps(self, tmp_path, writer):
        """Each step is given once, to any process; before a second writer there is no shared counter."""
        steps = SharedSteps(tmp_path)
        assert not steps.exists()

        def take() -> None:
            for _ in range(100):
                step = steps.take(40)
                writer.append(row(step))

        in_child(take)
        assert steps.exists()
        assert steps.take(40) == 140
        pids = []
        for _ in range(3):
            pid = os.fork()
            if pid == 0:
                take()
                os._exit(0)
            pids.append(pid)
        for pid in pids:
            os.waitpid(pid, 0)
        assert steps.take(1000) == 1000
        fold_segments(tmp_path, writer)
        assert sorted([*rows_of(writer.path), 140]) == list(range(40, 441))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_one_system_call_per_row(writer):
    """A thousand rows are a thousand writes."""

    def writes() -> int:
        with open("/proc/self/io", encoding="ascii") as file:  # noqa: PTH123 - as plain as it gets
            return int(file.read().partition("syscw: ")[2].split()[0])

    before = writes()
    for index in range(1000):
        writer.append(row(index))
    assert writes() - before == 1000


def test_syncing_from_another_thread_does_not_block_appends(writer):
    """Concurrent appends and syncs leave a sound file."""
    stop = threading.Event()

    def sync() -> None:
        while not stop.is_set():
            writer.sync()
            time.sleep(0)

    thread = threading.Thread(target=sync)
    thread.start()
    for index in range(2000):
        writer.append(row(index))
    stop.set()
    thread.join()
    assert rows_of(writer.path) == list(range(2000))


def test_a_deleted_file_is_reported_and_its_rows_counted(tmp_path):
    """After `check` finds the file missing, one warning is given, later rows are counted, and the file is closed."""
    warnings_given = []
    writer = RunWriter(tmp_path / "run-a.wandb", warn=warnings_given.append)
    writer.append(row(0))
    writer.check()
    assert (warnings_given, writer.lost) == ([], 0)
    writer.path.unlink()
    writer.check()
    writer.append(row(1), row(2))
    writer.check()
    writer.close()
    assert len(warnings_given) == 1
    assert "was deleted" in warnings_given[0]
    assert writer.lost == 2


def test_a_deleted_file_raises_on_demand(tmp_path):
    """With `on_error="raise"` a deleted file is a StoreError."""
    writer = RunWriter(tmp_path / "run-a.wandb", on_error="raise")
    writer.path.unlink()
    with pytest.raises(StoreError, match="was deleted"):
        writer.check()
