"""The one writer of a run file: numbered records in, one `os.write` an append.

Three things can go wrong during a write, and after each the file is readable:

- the disk is full or fails: a partial record is truncated, or, if that fails too, padded to the next block, where every
  reader can continue;
- an interrupt (the notebook's Stop button) ends the call anywhere: the next append compares the size of the file with
  the one it aimed at, and so detects whether the record is complete;
- a signal handler or destructor appends in the middle of an append: its records wait until that one is done.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections import deque
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Literal
from zlib import crc32

from wandb_nb._version import __version__
from wandb_nb.errors import StoreError
from wandb_nb.store.format import records, wire
from wandb_nb.store.format.framing import BLOCK, FILE_HEADER, FULL, HEAD, SEEDS, frame
from wandb_nb.store.format.layout import SEGMENTS
from wandb_nb.store.format.open_row import open_row_path
from wandb_nb.store.writing import open_row_file
from wandb_nb.store.writing.file_lock import try_flock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PRODUCER = f"wandb_nb {__version__}"

# O_APPEND: the end of the file is where a record goes, whatever a failed write or a truncation did before.
_APPENDING = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_pack = Struct("<IHB").pack
_SEED = SEEDS[FULL]
_ROW = records.ROW[0]
_DROPPED = (_ROW, records.OUTPUT_RAW[0], records.STATS[0])  # kinds that a failed write loses; others are tried again
_MAX_KEPT = 1000
_WRITING_MODULES = (__name__, open_row_file.__name__)
_TORN = (-1, 0)  # an aim that no size of a file equals


def _print_notice(text: str) -> None:
    print(f"wandb_nb: {text}", file=sys.stderr)  # noqa: T201 - the default for those who give no `warn`


class RunWriter:
    """Appends records to the run file *path*, which it creates. An existing file is an error.

    When `append` returns, its records survive a killed process; after `sync` they survive a crash of the machine too.
    Thread-safe; a signal handler or destructor may also append in the middle of an append.
    In a forked child the same object writes a file of its own, `segments/<pid>-<n>.wandb` beside the run file, which
    begins with the child's first record. The file is readable by others as far as the process's umask allows.

    With *on_error* "warn" a write that fails calls *warn* with the reason, once, and counts lost rows in `lost`; every
    later append tries again, and takes records other than rows, console lines and system metrics along that failed
    before. With "raise" it raises StoreError and keeps nothing.

    Without *owner* another process writes the run file, and only a segment is written, as in a forked child.

    Raises:
        StoreError: The file cannot be created.

    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        on_error: Literal["warn", "raise"] = "warn",
        warn: Callable[[str], object] = _print_notice,
        *,
        owner: bool = True,
    ) -> None:
        self.path = Path(path)
        self.lost = 0
        self.closed = False
        self.forked = self.deleted = False
        self._raises = on_error == "raise"
        self._warn = warn
        self._warned = False
        self._lock = threading.RLock()
        self._busy = False
        self._late: deque[bytes] = deque()  # appended in the middle of an append
        self._kept: deque[bytes] = deque((records.header(PRODUCER),), _MAX_KEPT)  # to be written with the next append
        self._at = (0, 1)  # size of the file, number of the next record: one attribute, so that both change together
        self._open_row = open_row_file.OpenRowFile(open_row_path(self.path)) if owner else None
        self._aim: tuple[int, int] | None = None  # what `_at` becomes, while a write is under way
        if not owner:
            self._fd, self.forked = -1, True
            _writers.add(self)
            return
        try:
            self._fd = _create(self.path)
        except OSError as error:
            raise StoreError(f"the run file {self.path} cannot be created: {error.strerror or error}") from error
        try:
            self.append()
        except StoreError:
            self.close()
            raise
        _writers.add(self)

    @property
    def position(self) -> int:
        """The size of the file in bytes, as far as records are whole."""
        return self._at[0]

    def append(self, *bodies: bytes) -> None:
        """Store *bodies*, each the bytes of a record without its number, with one write.

        Raises:
            StoreError: The writer is closed; or the write failed, and the writer was made with `on_error="raise"`.

        """
        while True:
            with self._lock:  # an RLock: it stops other threads, not a signal handler of this one
                if self._busy:
                    self._late.extend(bodies)
                    return
                self._busy = True
                try:
                    self._store(bodies)
                    while self._late:
                        self._store((self._late.popleft(),))
                finally:
                    self._busy = False
            if not self._late:  # a handler may have come between the last look and `_busy = False`
                return
            bodies = ()

    def append_part(self, body: bytes, *, first: bool) -> None:
        """Store a part of a step that is not complete, beside the run file; *first* begins another step.

        The whole step must be appended before any other row. In a forked child the part is a row of its segment.

        Raises:
            StoreError: As for `append`.

        """
        with self._lock:
            if self._open_row is None or self._fd < 0 or self._busy:
                self.append(body)
                return
            try:
                self._open_row.write(body, self._at[1], first=first)
            except OSError as error:  # the row logger still has the part, and stores it once the step is complete
                self._failed(error, self._kept)

    def check(self) -> None:
        """Check whether the file was deleted while it was written, so that later records would be lost.

        Reports it once, like a failed write, and closes the file, so that its disk space is freed.

        Raises:
            StoreError: It was deleted, and the writer was made with `on_error="raise"`.

        """
        with self._lock:
            if self._fd < 0 or self._busy or os.fstat(self._fd).st_nlink:
                return
            os.close(self._fd)
            self._fd, self.deleted = -1, True
        text = f"the run file {self.path} was deleted with all its rows; the run continues, and later rows are lost too"
        if self._raises:
            raise StoreError(text)
        self._warn(text)

    def rewrite(self, write: Callable[[int], tuple[int, int]]) -> None:
        """Replace the file by what *write* puts into the descriptor it gets; it returns the size and the next number.

        Nothing is appended meanwhile. On an error the file stays as it is.

        Raises:
            StoreError: The file is not in a state to be replaced.
            OSError: The new file cannot be written.

        """
        with self._lock:
            if self._fd < 0 or self._kept or self._aim is not None:
                raise StoreError(f"the run file {self.path} has records that could not be written")
            unfinished = self.path.with_name(f"{self.path.name}.merging")
            fd = os.open(unfinished, os.O_CREAT | os.O_TRUNC | _APPENDING, 0o666)
            try:
                at = write(fd)
                unfinished.replace(self.path)
            except BaseException:
                os.close(fd)
                unfinished.unlink(missing_ok=True)
                raise
            os.close(self._fd)
            self._fd, self._at = fd, at

    def sync(self) -> None:
        """Flush everything appended so far to the disk.

        Raises:
            StoreError: The disk reports an error, and the writer was made with `on_error="raise"`.

        """
        with self._lock:
            if self._fd < 0:
                return
            try:
                fd = os.dup(self._fd)  # so that log() does not wait for the disk
            except OSError:  # too many open files
                self._flush(self._fd)
                return
        try:
            self._flush(fd)
        finally:
            os.close(fd)

    def _flush(self, fd: int) -> None:
        try:
            getattr(os, "fdatasync", os.fsync)(fd)  # macOS has no fdatasync
        except OSError as error:
            self._failed(error, self._kept)

    def close(self) -> None:
        """Write pending records and close the file. Closing twice is harmless."""
        with self._lock:
            if self.closed:
                return
            try:
                if self._kept and self._fd >= 0 and not self._raises:
                    self.append()
            finally:
                self.closed = True
                if self._open_row is not None:
                    self._open_row.close(remove=not self.lost)
                if self._fd >= 0:
                    os.close(self._fd)
                    self._fd = -1

    def _store(self, bodies: tuple[bytes, ...]) -> None:
        if self._fd < 0 and not self._may_open(bodies):
            return
        try:
            if self._fd < 0:
                self._open_segment()
            if self._aim is not None:
                self._recover()
            if self._kept:
                bodies = (*self._kept, *bodies)
            position, number = self._at
            data = self._framed(bodies, position, number)
            self._aim = aim = (position + len(data), number + len(bodies))
            written = os.write(self._fd, data)
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except OSError as error:
            self._failed(error, bodies)
            return
        self._at = aim
        if self._kept:
            self._kept.clear()
        self._aim = None

    def _may_open(self, bodies: tuple[bytes, ...]) -> bool:
        if self.closed:
            raise StoreError(f"the run file {self.path} is closed; nothing more can be stored in it")
        if self.deleted:
            self.lost += sum(body[0] == _ROW for body in bodies)
            return False
        return bool(bodies)

    def _framed(self, bodies: tuple[bytes, ...], position: int, number: int) -> bytes:
        if len(bodies) == 1 and position:
            # One record that fits its block is by far the most frequent case: `frame` written out for it.
            payload = b"\x08" + wire.varint(number) + bodies[0]
            size = len(payload)
            if size + HEAD <= BLOCK - position % BLOCK:
                return _pack(crc32(payload, _SEED), size, FULL) + payload
        payloads = [b"\x08" + wire.varint(num) + body for num, body in enumerate(bodies, number)]
        head = b"" if position else FILE_HEADER
        return head + frame(payloads, position + len(head))

    def _recover(self) -> None:
        """Check the result of an interrupted or failed write, and leave only whole records."""
        aim = self._aim
        size = os.fstat(self._fd).st_size
        position, number = self._at
        if aim is not None and size == aim[0]:
            self._at = aim
            self._kept.clear()
        elif size > position:
            self._aim = _TORN
            with suppress(OSError):  # some files cannot be truncated; padding does as well
                os.ftruncate(self._fd, position)
                size = position
            while size > position and size % BLOCK:
                size += os.write(self._fd, bytes(-size % BLOCK))
            self._at = (size, number)
        self._aim = None

    def _failed(self, error: OSError, bodies: Iterable[bytes]) -> None:
        """Count the rows that *error* lost, repair the file if possible, and warn."""
        if not _is_write_error(error):
            raise error
        if self._fd >= 0 and self._aim is not None:
            self._aim = _TORN
            with suppress(OSError):  # the next append tries again
                self._recover()
        self.lost += sum(body[0] == _ROW for body in bodies)
        if self._raises:
            raise StoreError(f"the run file {self.path} cannot be written: {error.strerror or error}") from error
        self._kept = deque((body for body in bodies if body[0] not in _DROPPED), _MAX_KEPT)
        if not self._warned:
            self._warned = True
            self._warn(
                f"the run file {self.path} cannot be written: {error.strerror or error}. "
                "The run continues; rows are lost until it can be written again."
            )

    def _open_segment(self) -> None:
        """Create a segment for this forked process, which must not touch the owner's file."""
        folder = self.path.parent
        folder = folder if folder.name == SEGMENTS else folder / SEGMENTS
        with suppress(FileExistsError):
            os.mkdir(folder)  # noqa: PTH102 - pathlib's frames would look like a signal handler's, see _is_write_error
        number = 0
        while self._fd < 0:
            self.path = folder / f"{os.getpid()}-{number}.wandb"
            with suppress(FileExistsError):
                self._fd = _create(self.path)
            number += 1
        _claim(self._fd)

    def _after_fork(self) -> None:
        """Reset the state in a forked child; a thread that does not exist here may have held the lock."""
        self._lock = threading.RLock()
        self.forked = True
        self._busy = False
        self._aim = None
        self._at = (0, 1)
        self.lost = 0
        self._late.clear()
        if self._open_row is not None:
            self._open_row.close(remove=False)
            self._open_row = None
        self._kept = deque((records.header(PRODUCER),), _MAX_KEPT)
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _create(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | _APPENDING, 0o666)


def _is_write_error(error: OSError) -> bool:
    """Return whether *error* is a failed write, not an OSError (TimeoutError is one) from the user's signal handler."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or trace.tb_frame.f_globals["__name__"] in _WRITING_MODULES


def _claim(fd: int) -> None:
    """Lock the segment, so that the owner does not fold it while it is being written."""
    try_flock(fd)  # without locks the owner folds it when it finishes


_writers: weakref.WeakSet[RunWriter] = weakref.WeakSet()


def _forked_child() -> None:
    for writer in list(_writers):
        writer._after_fork()  # noqa: SLF001 - the module's own class


def _forked_parent() -> None:
    for writer in list(_writers):
        writer.forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked_child, after_in_parent=_forked_parent)
