"""Following files that grow, end early, shrink, vanish or are damaged."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from waiting import until

from wandb_nb.errors import StoreError
from wandb_nb.store.format.framing import BLOCK, FILE_HEADER, frame
from wandb_nb.store.reading.run_state import RunState
from wandb_nb.store.reading.tail import Tail, verify
from wandb_nb.store.writing.row_encoder import RowEncoder


def all_of(tail: Tail, max_bytes: int = 1 << 16) -> list[bytes]:
    """Read on to the current end."""
    received: list[bytes] = []
    while payloads := tail.read(max_bytes):
        received += payloads
    return received


def settled(path: Path) -> tuple[Tail, list[bytes]]:
    """Return a tail that took the file as final, and the payloads it read."""
    tail = Tail(path)
    tail.finalize()
    return tail, all_of(tail)


def numbered(count: int, size: int = 100) -> list[bytes]:
    """Return distinguishable payloads."""
    return [f"{at:08}".encode() * (size // 8) for at in range(count)]


def file_of(payloads: list[bytes]) -> bytes:
    """Return a run file of *payloads*."""
    return FILE_HEADER + frame(payloads, len(FILE_HEADER))


@given(st.lists(st.integers(0, 70_000), max_size=8), st.data())
def test_a_file_may_grow_by_any_bytes(sizes: list[int], data: st.DataObject):
    """For any growth of the file, each read gives the new records once and whole, and reports no damage."""
    payloads = [bytes([at]) * size for at, size in enumerate(sizes)]
    content = file_of(payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run-x.wandb"
        path.touch()
        tail, received = Tail(path), []
        for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
            with path.open("ab") as file:
                file.write(content[start:end])
            received += all_of(tail)

    assert payloads == received
    assert not tail.damage
    assert len(content) == tail.offset


damages = st.tuples(
    st.sampled_from(["flip", "cut", "insert", "zero"]),
    st.floats(0, 1),
    st.integers(1, 5_000),
    st.binary(min_size=1, max_size=300),
)


@given(st.lists(damages, min_size=1, max_size=3))
def test_damage_is_skipped_and_counted(hurts: list[tuple[str, float, int, bytes]]):
    """Flipped, cut, inserted or zeroed bytes: no crash, no invented record, and all before the first damage is read."""
    payloads = numbered(3_000)
    content = file_of(payloads)
    damaged, first = bytearray(content), len(content)
    for how, where, size, extra in hurts:
        at = len(FILE_HEADER) + int(where * (len(damaged) - len(FILE_HEADER)))
        first = min(first, at)
        hurt(damaged, how, at, size, extra)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run-x.wandb"
        path.write_bytes(damaged)
        tail, payloads_read = settled(path)

    before = sum(1 for end in ends(payloads) if end <= first)
    assert payloads[:before] == payloads_read[:before]
    assert set(payloads_read) <= set(payloads)
    assert tail.offset == len(damaged)
    if len(payloads_read) < len(payloads) and len(damaged) > first:
        assert 0 < tail.lost <= len(damaged)


@given(st.floats(0, 1), st.binary(min_size=1, max_size=20_000))
def test_overwritten_bytes_cost_their_blocks_only(where: float, extra: bytes):
    """Every record outside the overwritten blocks is recovered."""
    payloads = numbered(3_000)
    content = file_of(payloads)
    at = len(FILE_HEADER) + int(where * (len(content) - len(FILE_HEADER) - len(extra)))
    damaged = content[:at] + extra + content[at + len(extra) :]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run-x.wandb"
        path.write_bytes(damaged)
        _, payloads_read = settled(path)

    recovered = set(payloads_read)
    low, high = at // BLOCK * BLOCK, -(-(at + len(extra)) // BLOCK) * BLOCK
    for payload, start, end in zip(payloads, [len(FILE_HEADER), *ends(payloads)], ends(payloads), strict=False):
        if end <= low or start >= high:
            assert payload in recovered


@example(0.0, 1, b"\0\0\0\0\xd4\x23\x01\0\0\0\0\0", True)  # looks like a chunk that leads to another
@given(st.floats(0, 1), st.integers(1, 5_000), st.binary(min_size=1, max_size=300), st.booleans())
def test_moved_blocks_are_found_again(where: float, size: int, extra: bytes, insert: bool):
    """Every record not touched by inserted or removed bytes is recovered, although all later blocks moved."""
    payloads = numbered(3_000)
    content = file_of(payloads)
    at = len(FILE_HEADER) + int(where * (len(content) - len(FILE_HEADER)))
    damaged = bytearray(content)
    hurt(damaged, "insert" if insert else "cut", at, size, extra)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run-x.wandb"
        path.write_bytes(damaged)
        _, payloads_read = settled(path)

    low, high = at, at if insert else at + size
    recovered = set(payloads_read)
    for payload, start, end in zip(payloads, [len(FILE_HEADER), *ends(payloads)], ends(payloads), strict=False):
        if end <= low or start >= high:
            assert payload in recovered


def hurt(content: bytearray, how: str, at: int, size: int, extra: bytes) -> None:
    """Damage *content* in place."""
    if how == "flip" and at < len(content):
        content[at] ^= 1 + size % 255
    elif how == "cut":
        del content[at : at + size]
    elif how == "insert":
        content[at:at] = extra
    else:
        content[at : at + size] = bytes(len(content[at : at + size]))


def ends(payloads: list[bytes]) -> list[int]:
    """Return where each record ends in the file."""
    position, end_positions = len(FILE_HEADER), []
    for payload in payloads:
        position += len(frame([payload], position))
        end_positions.append(position)
    return end_positions


@given(st.binary(max_size=3_000))
def test_any_bytes_are_read_without_harm(content: bytes):
    """A file of any bytes is read to its end, and its payloads can be replayed."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run-x.wandb"
        path.write_bytes(FILE_HEADER + content)
        tail, payloads_read = settled(path)

    RunState().apply(payloads_read)
    assert tail.offset == len(FILE_HEADER) + len(content)


@given(st.lists(st.binary(max_size=200), max_size=60))
def test_any_payloads_are_replayed_without_harm(payloads: list[bytes]):
    """Records of any content are applied, and every property of the state can be read."""
    state = RunState()
    state.apply(payloads)

    assert isinstance(state.summary, dict)
    assert state.runtime >= 0
    assert state.unreadable <= len(payloads)


def test_a_bad_end_waits_until_it_is_final(tmp_path: Path):
    """A partial record at the end is pending; once the file is final it is damage."""
    content = file_of(numbered(5))
    path = tmp_path / "run-x.wandb"
    path.write_bytes(content[:-10])
    tail = Tail(path)

    assert numbered(5)[:4] == tail.read()
    assert not tail.damage

    tail.finalize()
    assert not tail.read()
    assert len(tail.damage) == 1
    assert len(content) - 10 == tail.offset


def test_a_file_that_shrank_or_was_replaced_is_read_again(tmp_path: Path):
    """A shorter file, or another one of the same name, is read from the start, and `restarts` counts it."""
    path = tmp_path / "run-x.wandb"
    path.write_bytes(file_of(numbered(50)))
    tail = Tail(path)
    all_of(tail)
    path.write_bytes(file_of(numbered(3)))

    assert numbered(3) == all_of(tail)
    assert tail.restarts == 1

    other = tmp_path / "other"
    other.write_bytes(file_of(numbered(70)))
    other.replace(path)
    assert numbered(70) == all_of(tail)
    assert tail.restarts == 2


def test_a_missing_file_is_named(tmp_path: Path):
    """A missing file is an error that names it."""
    with pytest.raises(StoreError, match=r"run-none\.wandb"):
        Tail(tmp_path / "run-none.wandb").read()


def test_a_record_larger_than_the_window_is_read(tmp_path: Path):
    """A record of 5 MB is read through a window of 64 kB."""
    payloads = [b"a", os.urandom(5 << 20), b"b"]
    path = tmp_path / "run-x.wandb"
    path.write_bytes(file_of(payloads))

    assert payloads == all_of(Tail(path), 1 << 16)


@pytest.mark.parametrize("hurtful", [b"\0", b"\xff", b"\x02"])
def test_memory_stays_bounded(tmp_path: Path, hurtful: bytes):
    """A file of 16 MB of one byte costs at most a few windows of memory and is one damaged range."""
    path = tmp_path / "run-x.wandb"
    path.write_bytes(FILE_HEADER + hurtful * (16 << 20))
    tail = Tail(path)
    tail.finalize()
    tracemalloc.start()
    try:
        while tail.offset < path.stat().st_size:
            tail.read(1 << 18)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8 << 18
    assert tail.lost == 16 << 20


def test_replay_takes_a_few_times_the_file(tmp_path: Path):
    """Replaying 20,000 rows needs at most a few times the size of their file in memory."""
    encoder = RowEncoder()
    path = tmp_path / "run-x.wandb"
    path.write_bytes(file_of([encoder.encode({"a": at / 3, "b": at}, at, at, at) for at in range(20_000)]))
    tracemalloc.start()
    try:
        verify(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 6 * path.stat().st_size


WRITE = """
import sys
from pathlib import Path
from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.store.writing.writer import RunWriter
encoder, writer = RowEncoder(), RunWriter(Path(sys.argv[1]))
for at in range(20_000):
    writer.append(encoder.encode({"loss": at / 7, "text": "x" * (at % 50)}, at, at, at))
writer.close()
"""


def test_a_real_writer_is_followed(tmp_path: Path):
    """While another process logs 20,000 rows at full speed, each is seen once, in order, and none as damage."""
    path = tmp_path / "run-x.wandb"
    with subprocess.Popen([sys.executable, "-c", WRITE, str(path)]) as writer:
        until(path.exists)
        tail, state = Tail(path), RunState()
        ended = False
        while payloads := tail.read(1 << 15) or not ended:
            ended = writer.poll() is not None
            if payloads is not True:
                state.apply(payloads)
    state.apply(all_of(tail))

    assert list(range(20_000)) == state.table.step.tolist()
    assert [at / 7 for at in range(20_000)] == state.table.numbers["loss"].values.tolist()
    assert not tail.damage
