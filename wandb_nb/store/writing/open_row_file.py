"""Writes the parts of an open step beside the run file, each with one write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wandb_nb.store.format.open_row import encode_part

if TYPE_CHECKING:
    from pathlib import Path


class OpenRowFile:
    """The file at *path*, which the first part creates. Not thread-safe: the writer of the run file holds its lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self._serial = self._end = self._next_number = 0

    def write(self, body: bytes, next_number: int, *, first: bool) -> None:
        """Store a part; when this returns, it survives a killed process.

        It overwrites the parts of the step before, or what an interrupted write left.

        Raises:
            OSError: The disk is full or fails.

        """
        if self._fd < 0:
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            self._fd = os.open(self._path, flags, 0o666)
        if first:
            self._serial, self._end, self._next_number = self._serial + 1, 0, next_number
        data = encode_part(body, self._next_number, self._serial)
        written = _write_at(self._fd, data, self._end)
        while written < len(data):
            written += _write_at(self._fd, data[written:], self._end + written)
        self._end += written

    def close(self, *, remove: bool) -> None:
        """Close the file, and with *remove* delete it: the run file has everything."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            if remove:
                self._path.unlink(missing_ok=True)


def _seek_and_write(fd: int, data: bytes, offset: int) -> int:
    os.lseek(fd, offset, os.SEEK_SET)
    return os.write(fd, data)


_write_at = getattr(os, "pwrite", _seek_and_write)  # Windows has no pwrite
