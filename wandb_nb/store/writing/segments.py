"""Support for several writers of a run: segments that are folded into the run file, and a shared step counter."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wandb_nb.errors import Error
from wandb_nb.store.format import records, wire
from wandb_nb.store.format.framing import BLOCK, scan
from wandb_nb.store.format.layout import SEGMENTS, run_file, segment_files
from wandb_nb.store.format.row_position import row_position
from wandb_nb.store.writing.file_lock import try_flock
from wandb_nb.untrusted_file import is_folder, open_file, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SEGMENT_BYTES = 1 << 30
"""A fold holds a segment in memory; a larger one stays as it is, and readers join it."""
FOLDED_KINDS = (records.ROW[0], records.SUMMARY[0], records.CONFIG[0], records.OUTPUT_RAW[0], records.STATS[0])


class Appender(Protocol):
    """The target of folded records: the owner's `RunWriter`, or a substitute after a crash."""

    path: Path
    lost: int

    def append(self, *bodies: bytes) -> None:
        """Store *bodies*, each the bytes of a record without its number."""


def fold_segments(run_dir: str | os.PathLike[str], writer: Appender) -> int:
    """Append the records of every segment in *run_dir* to its run file; return how many records were added.

    These are rows, changes of config and summary, console lines and system metrics.

    A folded segment is renamed to `….wandb.folded`. One whose writer is alive stays as it is: readers join it.
    An interrupted fold is continued: records that the run file already has are not appended again.
    """
    folder = Path(run_dir) / SEGMENTS
    if not is_folder(folder):  # none, or a link to where another run may be
        return 0
    count = 0
    for folding in sorted(folder.glob("*.wandb.folding")):
        count += _fold(folding, writer, set(_bodies(writer.path)))
    for segment in segment_files(Path(run_dir)):
        if not _being_written(segment):
            folding = segment.with_name(f"{segment.name}.folding")
            segment.rename(folding)
            count += _fold(folding, writer, set())
    return count


def take_segments(run_dir: Path) -> list[Path]:
    """Rename the segments whose writers have ended to `….wandb.folding` and return them; none if others are so named.

    Those are from an interrupted fold, which `fold_segments` continues.
    """
    folder = run_dir / SEGMENTS
    if not is_folder(folder) or any(folder.glob("*.wandb.folding")):
        return []
    ended = [segment for segment in segment_files(run_dir) if not _being_written(segment)]
    return [segment.rename(segment.with_name(f"{segment.name}.folding")) for segment in ended]


def mark_folded(folding: Path) -> None:
    """Rename a segment whose records the run file has."""
    folding.rename(folding.with_suffix(".folded"))


def _fold(folding: Path, writer: Appender, present: set[bytes]) -> int:
    bodies = [body for body in _bodies(folding) if body[0] in FOLDED_KINDS and body not in present]
    lost = writer.lost
    if bodies:
        writer.append(*bodies)
    if writer.lost == lost:  # else the segment is the only copy of these rows
        mark_folded(folding)
    return len(bodies)


def _bodies(path: Path) -> Iterator[bytes]:
    """Yield the records of a file without their numbers."""
    for payload in scan(read_file(path, MAX_SEGMENT_BYTES), final=True).payloads:
        if payload[:1] == b"\x08":
            _, at = wire.read_varint(payload, 1)
            if at < len(payload):
                yield payload[at:]


def has_live_writers(run_dir: str | os.PathLike[str]) -> bool:
    """Return whether another process writes a segment in *run_dir* at this moment."""
    return any(_being_written(segment) for segment in segment_files(Path(run_dir)))


def _being_written(segment: Path) -> bool:
    with open_file(segment) as file:
        return try_flock(file.fileno(), shared=True) is False


class SharedSteps:
    """The next step of a run that has several writers: a number in the file `segments/steps`.

    The first `take` of a forked child creates the file. While it does not exist, there is one writer, and steps need no
    sharing. Processes and threads may call `take` concurrently.
    """

    def __init__(self, run_dir: str | os.PathLike[str]) -> None:
        self._path = Path(run_dir) / SEGMENTS / "steps"

    def exists(self) -> bool:
        """Return whether there is a second writer. Costs about a microsecond."""
        return os.access(self._path, os.F_OK)

    def take(self, at_least: int) -> int:
        """Return the next free step from *at_least* on. No other caller gets the same one.

        If the disk fails, it is *at_least* itself.
        """
        with suppress(OSError):
            self._path.parent.mkdir(exist_ok=True)
            with counter(self._path) as file:
                stored = os.read(file, 32)
                step = max(at_least, int(stored) if stored.isdigit() else self._after_run_file())
                os.lseek(file, 0, os.SEEK_SET)
                os.write(file, b"%d" % (step + 1))  # numbers only grow, so the text never gets shorter
                return step
        return at_least

    def _after_run_file(self) -> int:
        """Return the step after the newest row of the run file: its owner may have logged since this process began."""
        with suppress(OSError, Error):
            file = run_file(self._path.parents[1])
            start = max(0, file.stat().st_size // BLOCK - 1) * BLOCK
            with open_file(file) as opened:
                opened.seek(start)
                payloads = scan(opened.read(), start).payloads
            for payload in reversed(payloads):
                if (position := row_position(payload)) is not None:
                    return position[1] + 1
        return 0


@contextmanager
def counter(path: Path) -> Iterator[int]:
    """Open the counter file *path* exclusively, creating it if needed; yield its descriptor."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        with suppress(ImportError):
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)
