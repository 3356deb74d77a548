"""Appending records to the run file of a run that has ended."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.format import wire
from wandb_nb.store.format.framing import BLOCK, frame
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.format.open_row import merge_parts
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.writing.owner_lock import OwnerLock, owner_alive
from wandb_nb.untrusted_file import open_descriptor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self


@contextmanager
def opened_for_appending(run_dir: str | os.PathLike[str]) -> Iterator[AppendedFile]:
    """Open the run file of the ended run in *run_dir*; nobody else writes it meanwhile.

    Raises:
        StoreError: The run's owner is alive, or may be (it ran on another host), or the file cannot be written.

    """
    file = run_file(run_dir)
    if owner_alive(file.parent) is not False:
        raise StoreError(f"the run in {file.parent} may still be written: finish it first")
    lock = OwnerLock(file.parent)
    lock.acquire()
    try:
        with AppendedFile(file) as appended:
            yield appended
    except OSError as error:
        raise StoreError(f"the run file {file} cannot be written: {error.strerror or error}") from error
    finally:
        lock.release()


class AppendedFile:
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
