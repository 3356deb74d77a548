"""Reading a run file that may still grow, may end early, and may be damaged.

`Tail` follows one file and returns the payloads of its records, which `decode` decodes. `verify` reads all files of a
run directory and reports on them.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import StoreError
from wandb_nb.store.format.decode import WireError, decode, kind
from wandb_nb.store.format.framing import BLOCK, Damage, scan
from wandb_nb.store.format.layout import data_files
from wandb_nb.store.format.record_types import RunRecord
from wandb_nb.store.reading.open_row_reader import OpenRowReader
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from typing import BinaryIO

FRONT_BYTES = 1 << 16  # what comes before the run record is small
READ_BYTES = 1 << 20
# A larger record counts as damage: rows are limited to 10 MB, and a reader must not
# buffer a whole disk because chunks claim to belong together.
MAX_RECORD_BYTES = 128 << 20


class Tail:
    """Follows the run file at *path* from the file position *offset* (0, or the `offset` of an earlier tail).

    After the last record come the parts of the step that is not complete yet, from the file beside it; the row that
    they become follows later, and readers merge it with them. An invalid chunk at the end is left for the next `read`,
    since the writer may be in the middle of it. After `finalize` it counts as damage. A file that shrank or was
    replaced is read again from its start, and `restarts` grows by one: earlier results are no longer valid. Not
    thread-safe.
    """

    def __init__(self, path: str | os.PathLike[str], offset: int = 0, *, with_open_row: bool = True) -> None:
        self.path = Path(path)
        self.offset = offset
        self.damage: list[Damage] = []
        self.restarts = 0
        self._final = False
        self._with_open_row = with_open_row
        self._open_row = OpenRowReader(self.path)
        self._identity: tuple[int, int] | None = None

    @property
    def lost(self) -> int:
        """Bytes of the file that were skipped as damage."""
        return sum(part.end - part.start for part in self.damage)

    def read(self, max_bytes: int = READ_BYTES) -> list[bytes]:
        """Return the payloads of new complete records, from about *max_bytes* of the file.

        An empty list means that there is nothing more yet. Memory stays within a few times
        *max_bytes*, or a few times the largest record. Raises `StoreError` when the file cannot be read.
        """
        try:
            with open_file(self.path) as file:
                self._notice_replacement(os.fstat(file.fileno()))
                payloads = self._read_from(file, max(max_bytes, 2 * BLOCK))
        except OSError as error:
            raise StoreError(
                f"the run file {self.path} cannot be read: {error.strerror or error}; "
                "check that its directory still exists and that you may read it"
            ) from error

        if payloads:
            self._open_row.follow(payloads)
        return payloads or (self.read_open_row() if self._with_open_row else [])

    def read_open_row(self) -> list[bytes]:
        """Return the new parts of the step that is not complete yet, once `read` has reached the end of the file."""
        return self._open_row.read(final=self._final)

    def finalize(self) -> None:
        """Treat the file's present end as final: from now on `read` counts an incomplete end as damage."""
        self._final = True

    def _notice_replacement(self, status: os.stat_result) -> None:
        identity = (status.st_dev, status.st_ino)
        if (self._identity not in (None, identity)) or status.st_size < self.offset:
            self.offset = 0
            self.damage.clear()
            self._open_row = OpenRowReader(self.path)
            self.restarts += 1
        self._identity = identity

    def _read_from(self, file: BinaryIO, window: int) -> list[bytes]:
        """Scan until something is found; the window grows only while one record fills it."""
        while True:
            self._skip_hole(file.fileno())
            file.seek(self.offset)
            # A window ends with a block, so that a reader can continue after a skipped record.
            data = file.read(window + -(self.offset + window) % BLOCK)
            at_end = len(data) < window
            too_large = not at_end and window > MAX_RECORD_BYTES
            chunks = scan(data, self.offset, final=too_large or (at_end and self._final))
            moved = chunks.position > self.offset
            self._count(chunks.damage)
            self.offset = chunks.position
            if chunks.payloads or at_end:
                return chunks.payloads
            if not moved:
                window *= 2

    def _skip_hole(self, fd: int) -> None:
        """Count a hole as damage without reading it: a file of a few bytes on disk can have one of any size."""
        size = os.fstat(fd).st_size
        end = _next_data(fd, self.offset, size)
        if end == size and not self._final:  # the writer may be about to fill it
            return
        end -= 0 if end == size else end % BLOCK
        if end > self.offset:
            self._count([Damage(self.offset, end, "a hole")])
            self.offset = end

    def _count(self, damage: list[Damage]) -> None:
        """Add *damage*, joined to adjacent damage."""
        for part in damage:
            if self.damage and self.damage[-1].end == part.start:
                before = self.damage.pop()
                self.damage.append(Damage(before.start, part.end, before.reason))
            else:
                self.damage.append(part)


def _next_data(fd: int, offset: int, size: int) -> int:
    """Return where the next data of a file begins: *offset* unless it is in a hole, *size* if there is none."""
    if not hasattr(os, "SEEK_DATA") or offset >= size:
        return offset
    position = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        return os.lseek(fd, offset, os.SEEK_DATA)
    except OSError as error:
        return size if error.errno == errno.ENXIO else offset  # a file system that does not say
    finally:
        os.lseek(fd, position, os.SEEK_SET)


@dataclass
class VerifyReport:
    """The result of `verify`. `rows` counts each step once, however many parts it was logged in."""

    run_file: Path
    segments: list[Path] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    unreadable: int = 0
    damage: list[tuple[Path, Damage]] = field(default_factory=list)
    exit_code: int | None = None

    @property
    def lost(self) -> int:
        """Bytes without a readable record."""
        return sum(part.end - part.start for _, part in self.damage)

    @property
    def ok(self) -> bool:
        """Whether there are records, every byte was read and every record understood."""
        return bool(self.records) and not self.damage and not self.unreadable

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {
            "run_file": str(self.run_file),
            "segments": [str(path) for path in self.segments],
            "records": dict(self.records),
            "rows": self.rows,
            "unreadable": self.unreadable,
            "damage": [{"file": str(path), **part._asdict()} for path, part in self.damage],
            "lost": self.lost,
            "exit_code": self.exit_code,
            "ok": self.ok,
        }


def run_info(file: Path) -> RunRecord | None:
    """Return the run record at the start of *file*; None if it is not readable."""
    for payload in Tail(file).read(FRONT_BYTES):
        with suppress(WireError):
            record = decode(payload)
            if isinstance(record, RunRecord):
                return record
    return None


def verify(run_dir: str | os.PathLike[str]) -> VerifyReport:
    """Read all files of *run_dir* completely and report on them.

    While the run's owner lives it may be in the middle of a record, so an incomplete end is not damage then.
    """
    from wandb_nb.store.reading.run_state import RunState  # loads numpy, which is not needed for tailing

    files = data_files(run_dir)
    alive = owner_alive(files[0].parent)
    report = VerifyReport(run_file=files[0], segments=files[1:])
    state = RunState()
    for writer, file in enumerate(files):
        tail = Tail(file)
        if not alive:
            tail.finalize()
        while payloads := tail.read():
            report.records.update(map(_kind, payloads))
            state.apply(payloads, writer)
        report.damage += [(file, part) for part in tail.damage]
    report.rows, report.exit_code, report.unreadable = len(state.table), state.exit_code, state.unreadable
    return report


def _kind(payload: bytes) -> str:
    try:
        return kind(payload)
    except WireError:
        return "unreadable"
