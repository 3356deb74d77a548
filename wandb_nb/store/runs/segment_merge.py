"""Merge what other processes wrote to a run into its run file, in the order of steps, when the run finishes.

Programs that read only the run file, such as W&B's `wandb sync`, expect rising steps. Each process's records keep their
order. The new file takes the place of the old one in one rename.
"""

from __future__ import annotations

import os
from contextlib import suppress
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.format import wire
from wandb_nb.store.format.framing import FILE_HEADER, frame
from wandb_nb.store.format.row_position import body_of, row_position
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.writing.segments import FOLDED_KINDS, fold_segments, mark_folded, take_segments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wandb_nb.store.writing.writer import RunWriter

    Position = tuple[float, int]

_BATCH = 1_000
_START: Position = (-1.0, -1)


def merge_segments(run_dir: Path, writer: RunWriter) -> None:
    """Merge the segments in *run_dir* into the run file of *writer*, whose owner is about to finish the run.

    What cannot be merged, because the run file is damaged or the disk full, is appended at its end.
    """
    with suppress(OSError, StoreError, wire.WireError):
        segments = take_segments(run_dir)
        if segments and not _is_damaged(writer.path):
            writer.rewrite(lambda fd: _write_merged(fd, [writer.path, *segments]))
            for segment in segments:
                mark_folded(segment)
    fold_segments(run_dir, writer)


def _is_damaged(path: Path) -> bool:
    tail = _whole(path)
    while tail.read():
        pass
    return bool(tail.damage)


def _whole(path: Path) -> Tail:
    tail = Tail(path, with_open_row=False)
    tail.finalize()
    return tail


def _write_merged(fd: int, files: list[Path]) -> tuple[int, int]:
    """Write the records of *files*, the run file first; return the size, and the number of the next record."""
    sequences = [_positioned(path, is_run_file=place == 0) for place, path in enumerate(files)]
    bodies = (body for _, body in merge(*sequences, key=itemgetter(0)))
    size, number = _write(fd, FILE_HEADER), 1
    while batch := list(islice(bodies, _BATCH)):
        payloads = [b"\x08" + wire.varint(count) + body for count, body in enumerate(batch, number)]
        size += _write(fd, frame(payloads, size))
        number += len(batch)
    os.fsync(fd)
    return size, number


def _write(fd: int, data: bytes) -> int:
    size = len(data)
    while data:
        data = data[os.write(fd, data) :]
    return size


def _positioned(path: Path, *, is_run_file: bool) -> Iterator[tuple[Position, bytes]]:
    """Yield the records of a file without their numbers, each with the attempt and step of the row before it."""
    position = _START
    tail = _whole(path)
    while payloads := tail.read():
        for payload in payloads:
            body = body_of(payload)
            position = row_position(payload) or position
            if is_run_file or body[0] in FOLDED_KINDS:
                yield position, body
