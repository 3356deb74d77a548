"""A batch of payloads: joined bytes, and numpy arrays of positions in them.

Look-ahead past the end of the bytes reads zeros, and no position is beyond that.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Positions: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

HISTORY_TAG, SUMMARY_TAG, NUM_TAG = b"\x12", b"\x1a", 0x08
MAX_VARINT_BYTES = 10
# Lengths of up to three bytes (2 MB) are read; a longer one is given as more than any batch has.
MORE, SEVEN, TOO_LONG = 0x80, 0x7F, 1 << 40
LOOK_AHEAD = 16


class PayloadBatch:
    """The payloads of a batch, joined; `starts` and `ends` are the bounds of each in `joined`."""

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self.joined = b"".join([*payloads, bytes(LOOK_AHEAD)])
        self.data = np.frombuffer(self.joined, np.uint8)
        bounds = np.fromiter(accumulate(map(len, payloads), initial=0), np.int64, len(payloads) + 1)
        self.starts, self.ends = bounds[:-1], bounds[1:]
        self._words = np.ndarray((len(self.joined) - 7,), "<u8", self.joined, strides=(1,))
        self._last = len(self.joined) - LOOK_AHEAD

    def at(self, positions: Positions, literal: bytes) -> Mask:
        """Return for each position whether *literal*, which does not end with a zero byte, is there."""
        size = len(literal)
        if size == 1:
            matches: Mask = self.data[positions] == literal[0]
            return matches
        windows = np.ndarray((max(1, len(self.joined) - size + 1),), f"S{size}", self.joined, strides=(1,))
        matches = windows[np.minimum(positions, len(windows) - 1)] == literal
        return matches & (positions < len(windows))

    def varints(self, positions: Positions) -> tuple[Positions, Positions]:
        """Return the varints at *positions*, and the positions after them."""
        value = self.data[positions].astype(np.int64)
        two = value >= MORE
        if not two.any():
            return value, self._inside(positions + 1)
        second, third = self.data[positions + 1].astype(np.int64), self.data[positions + 2].astype(np.int64)
        three = two & (second >= MORE)
        value = (value & SEVEN) | np.where(two, (second & SEVEN) << 7, 0) | np.where(three, (third & SEVEN) << 14, 0)
        return np.where(three & (third >= MORE), TOO_LONG, value), self._inside(positions + 1 + two + three)

    def skip_field(self, positions: Positions, limits: Positions, tag: bytes) -> Positions:
        """Skip a field of bytes with *tag*, if there is one before its limit."""
        here = self.at(positions, tag) & (positions < limits)
        if not here.any():
            return positions
        size, after = self.varints(self._inside(positions + len(tag)))
        return np.where(here, self._inside(after + size), positions)

    def bodies(self) -> Positions:
        """Return for each payload the position after the number of its record, which may be missing."""
        at = self.starts.copy()
        more = (self.data[at] == NUM_TAG) & (at < self.ends)
        at += more
        for _ in range(MAX_VARINT_BYTES):
            inside = more & (self.data[at] >= MORE)
            if not inside.any():
                break
            at = self._inside(at + inside)
        return self._inside(at + more)

    def are(self, tag: bytes) -> Mask:
        """Return for each payload whether it begins, after its number, with *tag*, as records of a kind do."""
        bodies = self.bodies()
        return self.at(bodies, tag) & (bodies < self.ends)

    def signatures(self, starts: Positions, ends: Positions) -> NDArray[np.uint64]:
        """Return numbers from the length and both ends, which are equal for equal bytes and rarely for others."""
        size = ends - starts
        head = self._words[starts] & _HEADS[np.minimum(size, 8)]
        tail = np.where(size > 8, self._words[np.maximum(ends - 8, 0)], 0)  # noqa: PLR2004 - bytes of a word
        mixed: NDArray[np.uint64] = head ^ (tail * np.uint64(0x9E3779B97F4A7C15)) ^ (size.astype(np.uint64) << 56)
        return mixed

    def cut(self, starts: Positions, sizes: Positions) -> bytes:
        """Return the pieces at *starts*, which ascend, separated by commas. The byte before each is overwritten."""
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

    def _inside(self, positions: Positions) -> Positions:
        return np.minimum(positions, self._last)


# The bytes of a word that belong to a text of 0, 1, … 8 bytes at its start.
_HEADS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
