"""Walking many messages at once: positions in joined bytes, one a row, moved forward together by numpy.

Rows that turn out not to fit are dropped from the walk; so every position always lies inside its own row.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

# The first byte of a JSON number, of NaN or of an infinity; no other JSON value begins with one of these.
NUMBER_START = np.zeros(256, dtype=bool)
NUMBER_START[list(b"-0123456789NI")] = True
HISTORY_TAG, NUM_TAG = 0x12, 0x08
LONGEST_VARINT = 10
# Lengths of up to three bytes (2 MB) are followed; longer values go the exact way.
MORE, SEVEN = 0x80, 0x7F


class Batch:
    """The payloads of a batch, joined; `starts` and `ends` are where each lies in `joined`."""

    def __init__(self, payloads: Sequence[bytes]) -> None:
        # Zeros after the end let every look-ahead stay in bounds.
        self.joined = b"".join([*payloads, bytes(16)])
        self.data = np.frombuffer(self.joined, np.uint8)
        bounds = np.fromiter(accumulate(map(len, payloads), initial=0), np.int64, len(payloads) + 1)
        self.starts, self.ends = bounds[:-1], bounds[1:]

    def at(self, positions: Positions, literal: bytes) -> NDArray[np.bool_]:
        """Return for each position whether *literal*, which does not end with a zero byte, stands there."""
        if len(literal) == 1:
            found: NDArray[np.bool_] = self.data[positions] == literal[0]
            return found
        windows = np.ndarray(
            (max(0, len(self.joined) - len(literal) + 1),), f"S{len(literal)}", self.joined, strides=(1,)
        )
        fits = positions < len(windows)
        found = windows[np.where(fits, positions, 0)] == literal
        return fits & found

    def are_history(self) -> NDArray[np.bool_]:
        """Return for each payload whether it begins as a history record does, with or without a number."""
        at = self.starts.copy()
        more = (self.data[at] == NUM_TAG) & (at < self.ends)
        at += more
        for _ in range(LONGEST_VARINT):
            inside = more & (self.data[at] >= MORE)
            if not inside.any():
                break
            at += inside
        at += more
        at = np.minimum(at, len(self.data) - 1)
        found: NDArray[np.bool_] = (self.data[at] == HISTORY_TAG) & (at < self.ends)
        return found

    def cut(self, starts: Positions, sizes: Positions) -> bytes:
        """Return the pieces at *starts*, which ascend, separated by commas.  Each is preceded by a byte of no use."""
        marked = self.data[: starts[-1] + sizes[-1]].copy()
        marked[starts - 1] = ord(",")
        counts = np.empty(2 * len(starts), np.int64)
        counts[1::2] = sizes + 1
        counts[0] = starts[0] - 1
        counts[2::2] = starts[1:] - 1 - (starts[:-1] + sizes[:-1])
        wanted = np.zeros(len(counts), bool)
        wanted[1::2] = True
        pieces: bytes = marked[np.repeat(wanted, counts)][1:].tobytes()
        return pieces


class Walk:
    """A position in each of *rows*; `starts` and `sizes` collect where the values of each item lie."""

    def __init__(self, batch: Batch, rows: Positions) -> None:
        self.rows = rows
        self.starts: list[Positions] = []
        self.sizes: list[Positions] = []
        self._batch = batch
        self._at = batch.starts[rows]
        self._end = batch.ends[rows]
        self._ends: list[Positions] = []

    def literal(self, literal: bytes) -> None:
        """Step over *literal*."""
        self._keep(self._batch.at(self._at, literal))
        self._at = self._at + len(literal)

    def skip_varint(self) -> None:
        """Step over a varint of any length."""
        for _ in range(LONGEST_VARINT):
            self._keep(self._at < self._end)
            more = self._batch.data[self._at] >= MORE
            if not more.any():
                break
            self._at = self._at + more
        self._at = self._at + 1

    def add_end(self) -> int:
        """Read a length; return the number under which the end it announces is kept."""
        size = self._varint()
        self._ends.append(self._at + size)
        return len(self._ends) - 1

    def value(self, end: int, *, numeric: bool) -> None:
        """Step over a value that must end at the end *end*, and be a number or not be one."""
        size = self._varint()
        self.starts.append(self._at)
        self.sizes.append(size)
        self._at = self._at + size
        self.at_end(end)
        self._keep(self.sizes[-1] > 0)
        self._keep(NUMBER_START[self._batch.data[self.starts[-1]]] == numeric)

    def skip_bytes(self) -> None:
        """Step over a length and as many bytes."""
        size = self._varint()
        self._at = self._at + size
        self._keep(self._at <= self._end)

    def at_end(self, end: int) -> None:
        """Keep the rows that stand at the end numbered *end*, which lies inside the row."""
        self._keep((self._at == self._ends[end]) & (self._at <= self._end))

    def at_row_end(self) -> None:
        """Keep the rows that are read to their last byte."""
        self._keep(self._at == self._end)

    def _varint(self) -> Positions:
        self._keep(self._at < self._end)
        data = self._batch.data
        size = data[self._at].astype(np.int64)
        two = size >= MORE
        if not two.any():
            self._at = self._at + 1
            return size
        second, third = data[self._at + 1].astype(np.int64), data[self._at + 2].astype(np.int64)
        three = two & (second >= MORE)
        size = (size & SEVEN) | np.where(two, (second & SEVEN) << 7, 0) | np.where(three, (third & SEVEN) << 14, 0)
        self._at = self._at + 1 + two + three
        fits = ~three | (third < MORE)
        self._keep(fits)
        return size if fits.all() else size[fits]

    def _keep(self, fits: NDArray[np.bool_]) -> None:
        """Go on with the rows that fit."""
        if fits.all():
            return
        self.rows, self._at, self._end = self.rows[fits], self._at[fits], self._end[fits]
        self.starts = [part[fits] for part in self.starts]
        self.sizes = [part[fits] for part in self.sizes]
        self._ends = [part[fits] for part in self._ends]
