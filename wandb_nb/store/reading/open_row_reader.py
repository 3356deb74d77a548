"""Reads the parts of the open step beside a run file, for a reader that has reached the end of that file."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.store.format import wire
from wandb_nb.store.format.open_row import NO_ROW, OpenRow, decode_parts, open_row_path
from wandb_nb.store.format.records import ROW
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAX_BYTES = 32 << 20  # a row has 10 MB at most, and a step is written once its parts take one
_NUMBER_TAG = 0x08


class OpenRowReader:
    """Returns each part of the open step beside *run_file* once. Not thread-safe."""

    def __init__(self, run_file: Path) -> None:
        self._path = open_row_path(run_file)
        self._number = self._row_number = 0  # of the newest record, and of the newest row
        self._current = NO_ROW

    def follow(self, payloads: Sequence[bytes]) -> None:
        """Note the records that the run file has."""
        self._number = max(self._number, _number(payloads[-1])[0])
        for payload in reversed(payloads):
            number, tag = _number(payload)
            if tag == ROW[0]:
                self._row_number = number
                return

    def read(self, *, final: bool) -> list[bytes]:
        """Return the new parts as payloads; empty if the run file has the row, or records that were not read yet.

        With *final* nothing follows in the run file, so that damaged records are not waited for.
        """
        row = self._load()
        if not self._row_number < row.next_number or (not final and self._number < row.next_number - 1):
            return []
        is_same = (row.next_number, row.serial) == self._current[:2]
        new = row.parts[len(self._current.parts) :] if is_same else row.parts
        self._current = row
        return [b"\x08" + wire.varint(row.next_number) + part for part in new]

    def _load(self) -> OpenRow:
        with suppress(OSError):  # there is none
            if self._path.exists():
                return decode_parts(read_file(self._path, _MAX_BYTES))
        return NO_ROW


def _number(payload: bytes) -> tuple[int, int]:
    """Return the number of a record and the tag of its content; zeros for one without."""
    if payload[:1] != b"\x08":
        return 0, 0
    try:
        number, at = wire.read_varint(payload, 1)
        return number, payload[at]
    except (wire.WireError, IndexError):
        return 0, 0
