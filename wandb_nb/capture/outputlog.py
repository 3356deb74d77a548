"""`output.log`: the console as a text file, up to date at any moment and bounded in size."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from wandb_nb.capture.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 8 << 20
TAIL_BYTES = 256 << 10


class OutputLog:
    """Writes to *path* what a terminal would show.

    The lines that may still change are written anew with each call.  Of a very long output the file holds the first
    *head* bytes and about the last *tail*.  Calls raise OSError when the file cannot be written.
    """

    def __init__(self, path: Path, head: int = HEAD_BYTES, tail: int = TAIL_BYTES) -> None:
        self._file = path.open("wb", buffering=0)
        self._head, self._tail_bytes = head, tail
        self._screen = Screen()
        self._end = 0  # of what is settled and written
        self._tail: deque[bytes] = deque()
        self._tail_size = self._left_out = 0

    def write(self, text: str) -> None:
        """Bring the file up to date with *text* written to the terminal."""
        self._screen.feed(text)
        settled = b"".join(self._keep(line) for line in map(_encoded, self._screen.take_settled()))
        changing = b"".join([*self._notice(), *self._tail, *map(_encoded, self._screen.live())])
        self._file.seek(self._end)
        self._file.write(settled + changing)
        self._end += len(settled)
        self._file.truncate(self._end + len(changing))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _keep(self, line: bytes) -> bytes:
        """Return *line* when it belongs to the head of the file; else put it to the tail."""
        if self._head > 0:
            self._head -= len(line)
            return line
        self._tail.append(line)
        self._tail_size += len(line)
        while self._tail_size > self._tail_bytes:
            gone = self._tail.popleft()
            self._tail_size -= len(gone)
            self._left_out += len(gone)
        return b""

    def _notice(self) -> list[bytes]:
        return [_encoded(f"[{self._left_out} bytes of output left out here]")] if self._left_out else []


def _encoded(line: str) -> bytes:
    return line.encode("utf-8", "backslashreplace") + b"\n"
