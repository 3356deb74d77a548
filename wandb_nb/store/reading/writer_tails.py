"""Follows the files of a run that several processes write: the run file, and the segments beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import segment_files
from wandb_nb.store.reading.tail import READ_BYTES, Tail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class FilesReplacedError(Exception):
    """A file was replaced, or a segment merged into the run file: what was read before is no longer valid."""


class WriterTails:
    """The tails of *run_file* and its segments, numbered from 0 as they were found. Not thread-safe."""

    def __init__(self, run_file: Path) -> None:
        self._directory, self._is_final = run_file.parent, False
        self.run_tail = Tail(run_file)
        self._segments: dict[Path, Tail] = {}

    @property
    def has_segments(self) -> bool:
        """Whether other processes have written to the run."""
        return bool(self._segments)

    def tails(self) -> list[Tail]:
        """Return all tails, that of the run file first."""
        return [self.run_tail, *self._segments.values()]

    def find_segments(self) -> None:
        """Follow new segments.

        Raises:
            FilesReplacedError: A segment is gone; its rows are in the run file now, or soon.

        """
        files = segment_files(self._directory)
        if any(path not in files for path in self._segments):
            raise FilesReplacedError
        for path in files:
            if path not in self._segments:
                self._segments[path] = Tail(path)
                if self._is_final:
                    self._segments[path].finalize()

    def read(self, max_bytes: int = READ_BYTES) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the number of each file with the payloads of its new records, which may be none.

        Raises:
            StoreError: The run file cannot be read.
            FilesReplacedError: A file was replaced.

        """
        for number, tail in enumerate(self.tails()):
            restarts = tail.restarts
            try:
                payloads = tail.read(max_bytes)
            except StoreError:
                if tail is self.run_tail:
                    raise
                continue  # a segment that was just merged: `find_segments` finds it gone
            if tail.restarts != restarts:
                raise FilesReplacedError
            yield number, payloads

    def finalize(self) -> None:
        """Treat the present ends of the files as final."""
        self._is_final = True
        for tail in self.tails():
            tail.finalize()
