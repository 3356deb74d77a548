"""The console as text files: `output.log`, up to date at any moment and bounded in size, or parts of it."""

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
"""How the names of parts begin."""


class OutputLog:
    """Writes to *path*, made by the first write, what a terminal would show.

    The lines that may still change are written anew with each call.  Of a very long output the file holds the first
    *head* bytes and about the last *tail*.  Calls raise OSError when the file cannot be written.
    """

    def __init__(
        self, path: Path, head: int = HEAD_BYTES, tail: int = TAIL_BYTES, transcript: Transcript | None = None
    ) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._ends: HeadTail[bytes] = HeadTail(head, tail)
        self._transcript = transcript or Transcript()
        self._end = 0  # of what is settled and written

    def write(self, pieces: Iterable[Piece]) -> list[str]:
        """Bring the file up to date with *pieces* written to the terminal; return nothing, for this file goes on."""
        for stream, text in pieces:
            self._transcript.feed(stream, text)
        settled = _joined(filter(self._ends.is_head, map(_encoded, self._transcript.take_final())))
        changing = _joined([*self._notice(), *self._ends.tail, *map(_encoded, self._transcript.live())])
        if self._file is None:
            self._file = self.path.open("wb", buffering=0)
        self._file.seek(self._end)
        self._file.write(settled + changing)
        self._end += len(settled)
        self._file.truncate(self._end + len(changing))
        return []

    def close(self) -> list[str]:
        """Close the file and return its name below the run's files, if there is one."""
        if self._file is None:
            return []
        self._file.close()
        return [self.path.name]

    def _notice(self) -> list[bytes]:
        left_out = self._ends.left_out
        return [f"[{left_out} bytes of output left out here]".encode()] if left_out else []


class OutputParts:
    """Writes files `logs/output_<time>.log` below *files*, one after the other, as a terminal would show them.

    A part ends with the first write after it has *most_bytes* or is *most_seconds* old; 0 is no limit.  Calls raise
    OSError when a file cannot be written.
    """

    def __init__(self, files: Path, most_bytes: int, most_seconds: float) -> None:
        self._files, self._most_bytes, self._most_seconds = files, most_bytes, most_seconds
        self._transcript = Transcript()
        self._part: OutputLog | None = None
        self._begun = 0.0

    def write(self, pieces: Iterable[Piece]) -> list[str]:
        """Add *pieces* to the newest part; return the names of parts that ended."""
        ended = self.close() if self._is_full() else []
        if self._part is None:
            self._part, self._begun = OutputLog(self._new_path(), transcript=self._transcript), time.monotonic()
        self._part.write(pieces)
        return ended

    def close(self) -> list[str]:
        """End the newest part and return its name below the run's files, if there is one."""
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
        size = self._part.path.stat().st_size if self._most_bytes else 0
        age = time.monotonic() - self._begun if self._most_seconds else 0.0
        return (size > 0 and size >= self._most_bytes) or (age > 0 and age >= self._most_seconds)

    def _new_path(self) -> Path:
        now = time.time_ns()
        stamp = datetime.fromtimestamp(now // 10**9).strftime("%Y%m%d_%H%M%S")  # noqa: DTZ006 -- local, as W&B's
        path = self._files / f"{PARTS}{stamp}_{now % 10**9:09}.log"
        path.parent.mkdir(exist_ok=True)
        return path


def _encoded(line: TranscriptLine) -> bytes:
    return line.text.encode("utf-8", "backslashreplace")


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
