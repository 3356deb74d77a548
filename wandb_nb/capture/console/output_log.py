"""Console output as text files: one `output.log`, always up to date and bounded in size, or several parts."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from wandb_nb.capture.console.head_tail import HeadTail
from wandb_nb.capture.console.transcript import Transcript, TranscriptLine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    Piece = tuple[str, str]  # stream and text

HEAD_BYTES = 8 << 20
TAIL_BYTES = 256 << 10
PARTS = "logs/output_"
"""Prefix of the names of parts."""


class OutputLog:
    """Writes console output to *path* as a terminal shows it; the first write creates the file.

    Each call rewrites the lines that may still change. Of a very long output the file holds the first *head* bytes and
    about the last *tail* bytes. Calls raise OSError when the file cannot be written.
    """

    def __init__(
        self, path: Path, head: int = HEAD_BYTES, tail: int = TAIL_BYTES, transcript: Transcript | None = None
    ) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._bounds: HeadTail[bytes] = HeadTail(head, tail)
        self._transcript = transcript or Transcript()
        self._final_size = 0  # bytes of the final lines in the file

    def write(self, pieces: Iterable[Piece]) -> list[str]:
        """Add *pieces* of output to the file. Returns no names, as the file is complete only after `close`."""
        for stream, text in pieces:
            self._transcript.feed(stream, text)
        final = _join_lines(filter(self._bounds.is_head, map(_encode, self._transcript.take_final())))
        changing = _join_lines([*self._notice(), *self._bounds.tail, *map(_encode, self._transcript.live())])
        if self._file is None:
            self._file = self.path.open("wb", buffering=0)
        self._file.seek(self._final_size)
        self._file.write(final + changing)
        self._final_size += len(final)
        self._file.truncate(self._final_size + len(changing))
        return []

    def close(self) -> list[str]:
        """Close the file and return its name relative to the run's files, if there is one."""
        if self._file is None:
            return []
        self._file.close()
        return [self.path.name]

    def _notice(self) -> list[bytes]:
        left_out = self._bounds.left_out
        return [f"[{left_out} bytes of output left out here]".encode()] if left_out else []


class OutputParts:
    """Writes console output to consecutive files `logs/output_<time>.log` below *files*, as a terminal shows it.

    A part ends with the first write after it has *max_bytes* or is *max_seconds* old; 0 means no limit. Calls raise
    OSError when a file cannot be written.
    """

    def __init__(self, files: Path, max_bytes: int, max_seconds: float) -> None:
        self._files, self._max_bytes, self._max_seconds = files, max_bytes, max_seconds
        self._transcript = Transcript()
        self._part: OutputLog | None = None
        self._started = 0.0

    def write(self, pieces: Iterable[Piece]) -> list[str]:
        """Add *pieces* to the current part; return the names of completed parts."""
        ended = self.close() if self._is_full() else []
        if self._part is None:
            self._part, self._started = OutputLog(self._new_path(), transcript=self._transcript), time.monotonic()
        self._part.write(pieces)
        return ended

    def close(self) -> list[str]:
        """Complete the current part and return its name relative to the run's files, if there is one."""
        if self._part is None:
            return []
        self._transcript.finalize()
        self._part.write(())
        self._part.close()
        name = self._part.path.relative_to(self._files).as_posix()
        self._part = None
        return [name]

    def _is_full(self) -> bool:
        if self._part is None:
            return False
        size = self._part.path.stat().st_size if self._max_bytes else 0
        age = time.monotonic() - self._started if self._max_seconds else 0.0
        return (size > 0 and size >= self._max_bytes) or (age > 0 and age >= self._max_seconds)

    def _new_path(self) -> Path:
        now = time.time_ns()
        stamp = datetime.fromtimestamp(now // 10**9).strftime("%Y%m%d_%H%M%S")  # noqa: DTZ006 -- local time, as in W&B's names
        path = self._files / f"{PARTS}{stamp}_{now % 10**9:09}.log"
        path.parent.mkdir(exist_ok=True)
        return path


def _encode(line: TranscriptLine) -> bytes:
    return line.text.encode("utf-8", "backslashreplace")


def _join_lines(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
