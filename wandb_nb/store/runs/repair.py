"""Fold the segments of a run whose owner died into its run file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import StoreError
from wandb_nb.store.format import records, wire
from wandb_nb.store.format.framing import BLOCK, frame
from wandb_nb.store.format.json_value import to_json
from wandb_nb.store.format.layout import data_files, run_file
from wandb_nb.store.format.open_row import merge_parts
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.writing.owner_lock import OwnerLock, owner_alive
from wandb_nb.store.writing.segments import fold_segments
from wandb_nb.untrusted_file import open_descriptor

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self


def fold_after_crash(run_dir: str | os.PathLike[str]) -> int:
    """Append the rows of the segments in *run_dir* to its run file; return how many records were added.

    Repeated calls are harmless. When this returns, the records are on disk.

    Raises:
        StoreError: The run's owner is alive, or may be (it ran on another host), or a file cannot be written.

    """
    file = run_file(run_dir)
    folder = file.parent
    if owner_alive(folder) is not False:
        raise StoreError(f"the run in {folder} may still be written; its owner folds the segments in when it finishes")
    lock = OwnerLock(folder)
    lock.acquire()
    try:
        with _AppendedFile(file) as writer:
            summary = _summary(folder)  # of several files: in one, who recorded what after which row is lost
            count = writer.append_open_row() + fold_segments(folder, writer)
            if count:
                writer.append(records.summary({key: to_json(value, key) for key, value in summary.items()}))
            return count
    except OSError as error:
        raise StoreError(f"the run file {file} cannot be written: {error.strerror or error}") from error
    finally:
        lock.release()


def _summary(folder: Path) -> dict[str, Any]:
    """Return the summary of the run in *folder*, by all its writers."""
    from wandb_nb.store.reading.run_state import replayed  # loads numpy

    tails = [Tail(file) for file in data_files(folder)]
    for tail in tails:
        tail.finalize()
    return replayed(tails).summary


class _AppendedFile:
    """A run file opened for appending. After an error its earlier records are still readable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost = 0
        self._number, self._whole, self._open_row = _end(path)
        self._fd = open_descriptor(path, os.O_RDWR | os.O_APPEND)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def append_open_row(self) -> int:
        """Store the step that was not complete; return how many records that are."""
        if not self._open_row:
            return 0
        self.append(merge_parts(self._open_row))
        return 1

    def append(self, *bodies: bytes) -> None:
        """Store *bodies* at the end; after a record that the crash cut short, at the next block."""
        position = os.fstat(self._fd).st_size
        padding = b"" if self._whole else bytes(-position % BLOCK)
        payloads = [b"\x08" + wire.varint(number) + body for number, body in enumerate(bodies, self._number)]
        self._number += len(bodies)
        data = padding + frame(payloads, position + len(padding))
        try:
            while data:
                data = data[os.write(self._fd, data) :]
            os.fsync(self._fd)
        except OSError:
            os.ftruncate(self._fd, position)
            raise
        self._whole = True


def _end(path: Path) -> tuple[int, bool, list[bytes]]:
    """Return the number for the next record, whether the file ends with a whole one, and the parts of an open step."""
    tail, last = Tail(path, with_open_row=False), 0
    tail.finalize()
    while payloads := tail.read():
        if payloads[-1][:1] == b"\x08":
            last = wire.read_varint(payloads[-1], 1)[0]
    cut_short = tail.damage and tail.damage[-1].end == path.stat().st_size
    return last + 1, not cut_short, [payload[wire.read_varint(payload, 1)[1] :] for payload in tail.read_open_row()]
