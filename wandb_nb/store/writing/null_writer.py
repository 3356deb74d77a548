"""Where records go: the run file, or nowhere."""

from __future__ import annotations

from typing import Protocol


class Writer(Protocol):
    """A sink of records: the run file, or nothing at all in disabled mode."""

    @property
    def lost(self) -> int:
        """Number of rows that could not be stored."""

    def append(self, *bodies: bytes) -> None:
        """Store records, all with one write."""

    def append_part(self, body: bytes, *, first: bool) -> None:
        """Store a part of a step until the whole step is appended; *first* begins another step."""


class NullWriter:
    """The writer of a run that stores nothing."""

    lost = 0

    def append(self, *bodies: bytes) -> None:
        """Drop the records."""

    def append_part(self, body: bytes, *, first: bool) -> None:
        """Drop the part."""
