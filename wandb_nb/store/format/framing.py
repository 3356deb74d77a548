"""The log framing of a run file, both directions.

A file is a 7-byte header and then records cut into chunks; no chunk crosses a block boundary, a multiple of
32,768 bytes from the start of the file (the header counts). A chunk is a CRC-32 of type and payload, the
payload's length, a type (whole record, or its first, middle or last part) and the payload. Where fewer than
seven bytes are left in a block, zeros fill it.

After damage a reader searches for the next chunk with a valid checksum at any position, since inserted or lost bytes
move all later blocks.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FILE_HEADER = b":W&B\xe1\xbe\x00"
BLOCK = 32768
HEAD = 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4

_chunk = Struct("<IHB")
_pack = _chunk.pack
_unpack: Callable[[bytes, int], tuple[int, int, int]] = _chunk.unpack_from
# The checksum runs over type and payload; starting from the type's own CRC saves joining the two.
SEEDS = (0, *(crc32(bytes((kind,))) for kind in (FULL, FIRST, MIDDLE, LAST)))
_SEED_FULL = SEEDS[FULL]
SEARCHES = 1024  # places tried in one scan before it only steps from block to block: bounds the time on hostile bytes
_MAYBE_CHUNK = re.compile(rb"(?s)(?=.{6}[\x01-\x04])")


class Damage(NamedTuple):
    """A range of the file without a readable record: bytes `start` up to `end`, and the reason."""

    start: int
    end: int
    reason: str


class Scan(NamedTuple):
    """The result of `scan`. The next scan of this file has to begin at `position`."""

    payloads: list[bytes]
    position: int
    damage: list[Damage]


def frame(payloads: Iterable[bytes], position: int) -> bytes:
    """Return *payloads*, one record each, as the bytes to write at *position* of a run file."""
    out: list[bytes] = []
    for payload in payloads:
        size = len(payload)
        if size + HEAD <= BLOCK - position % BLOCK:
            out += (_pack(crc32(payload, _SEED_FULL), size, FULL), payload)
            position += HEAD + size
        else:
            position = _split(payload, position, out)
    return b"".join(out)


def _split(payload: bytes, position: int, out: list[bytes]) -> int:
    """Append *payload* in as many chunks as its position requires; return the position after it."""
    at, size, started = 0, len(payload), False
    while True:
        room = BLOCK - position % BLOCK
        if room < HEAD:
            out.append(bytes(room))
            position += room
            room = BLOCK
        part = payload[at : at + room - HEAD]
        at += len(part)
        kind = (LAST if started else FULL) if at == size else (MIDDLE if started else FIRST)
        out += (_pack(crc32(part, SEEDS[kind]), len(part), kind), part)
        position += HEAD + len(part)
        if at == size:
            return position
        started = True


def scan(data: bytes, position: int = 0, *, final: bool = False) -> Scan:
    """Return the complete records in *data*, the bytes of a run file from *position* on.

    *position* is 0 or one that an earlier scan returned. What is incomplete or unreadable at the end stays
    unread (the writer may be in the middle of it): the returned position stands before it. With *final*
    it is damage, as is anything unreadable that readable or further data follows. Adjacent damage is one range.
    """
    return _Scanner(data, position, final=final).run()


class _Scanner:
    """One scan; offsets are into `data`, which begins at `base` in the file."""

    def __init__(self, data: bytes, base: int, *, final: bool) -> None:
        self.data = data
        self.base = base
        self.final = final
        self.grid: int | None = 0  # where a block begins in the file; None: bytes are missing or too many, not known
        self.end = len(data)
        self.payloads: list[bytes] = []
        self.damage: list[Damage] = []
        self.parts: list[bytes] = []  # chunks of a record whose end has not been met
        self.searches = SEARCHES
        self.done = 0  # everything before it is read or counted as damage

    def run(self) -> Scan:
        at = self._file_header() if self.base == 0 else 0
        while at is not None and at < self.end:
            block_end = self._block_end(at)
            at = self._full_chunks(at, block_end)
            if block_end - at < HEAD:
                at = self._pass_padding(at, block_end)
            else:
                at = self._other_chunk(at, self._block_end(at))
        if self.final and self.done < self.end:
            self._add_damage(self.end, "the file ends inside a record")
        return Scan(self.payloads, self.base + self.done, self.damage)

    def _block_end(self, at: int) -> int:
        return at + BLOCK - (0 if self.grid is None else (self.base + at - self.grid) % BLOCK)

    def _file_header(self) -> int | None:
        if self.end < HEAD:
            return None
        if self.data[:HEAD] != FILE_HEADER:
            self._add_damage(HEAD, "not the header of a run file")
        self.done = HEAD
        return HEAD

    def _full_chunks(self, at: int, block_end: int) -> int:
        """Read whole records from *at* on, by far the most frequent case; stop before anything else."""
        data, payloads, last = self.data, self.payloads, min(block_end, self.end)
        if self.parts:
            return at
        while at + HEAD <= last:
            crc, size, kind = _unpack(data, at)
            stop = at + HEAD + size
            if kind != FULL or stop > last:
                break
            payload = data[at + HEAD : stop]
            if crc32(payload, _SEED_FULL) != crc:
                break
            payloads.append(payload)
            at = stop
        self.done = at
        return at

    def _other_chunk(self, at: int, block_end: int) -> int | None:
        """Read the part of a record at *at*, or skip bytes that are not a chunk. None means: wait for more."""
        if not self._valid(at, block_end):
            return self._step_over(at, block_end)
        _, size, kind = _unpack(self.data, at)
        stop = at + HEAD + size
        if kind == FIRST and self.grid is None:
            self.grid = self.base + stop  # a record is cut at the end of a block only
        if kind in (FULL, FIRST) and self.parts:
            self._add_damage(at, "a record without its end")
        if kind in (MIDDLE, LAST) and not self.parts:
            self._add_damage(stop, "the end of a record without its beginning")
            return stop
        self.parts.append(self.data[at + HEAD : stop])
        if kind in (FULL, LAST):
            self.payloads.append(b"".join(self.parts))
            self.parts.clear()
            self.done = stop
        return stop

    def _valid(self, at: int, block_end: int) -> bool:
        if at + HEAD > min(block_end, self.end):
            return False
        crc, size, kind = _unpack(self.data, at)
        stop = at + HEAD + size
        if stop > min(block_end, self.end) or not FULL <= kind <= LAST:
            return False
        return crc32(self.data[at + HEAD : stop], SEEDS[kind]) == crc

    def _step_over(self, at: int, block_end: int) -> int | None:
        """Continue at the next readable chunk and count the bytes before it as damage. None means: wait for more."""
        if at + HEAD <= self.end:
            stop = at + HEAD + _unpack(self.data, at)[1]
            if self._valid(stop, block_end):
                # Its length seems right, unless it is not a chunk and would skip valid ones.
                within = self._next_chunk(at, stop)
                if within is not None:
                    return self._resume_at(at, within)
                self._add_damage(stop, "a chunk with a wrong checksum")
                return stop
            if stop > self.end and self.end <= block_end and not self.final:
                return None  # it may be in the middle of being written
        chunk_start = self._next_chunk(at, self.end)
        if chunk_start is not None:
            return self._resume_at(at, chunk_start)
        stop = block_end if self.end > block_end else at
        if self.searches:  # all was tried: nothing that begins so early that it would be whole here is a chunk
            stop = max(stop, self.end - BLOCK - HEAD)
        if stop == at:
            return None
        self._add_damage(stop, "no chunk where one must be")
        return stop

    def _next_chunk(self, at: int, end: int) -> int | None:
        """Return where the first chunk between *at* and *end* begins, while searches are left."""
        for match in _MAYBE_CHUNK.finditer(self.data, at, end):
            if not self.searches:
                return None
            self.searches -= 1
            if self._valid(match.start(), match.start() + BLOCK):
                return match.start()
        return None

    def _resume_at(self, at: int, chunk_start: int) -> int:
        """Continue reading at *chunk_start*, where a chunk begins unexpectedly."""
        stop = chunk_start + HEAD + _unpack(self.data, chunk_start)[1]
        if chunk_start - at < HEAD and not any(self.data[at:chunk_start]):
            self.grid = self.base + chunk_start if chunk_start > at else None
            if not self.parts:
                self.done = chunk_start
            return chunk_start
        if stop > self._block_end(chunk_start):
            self.grid = None
        self._add_damage(chunk_start, "no chunk where one must be")
        return chunk_start

    def _pass_padding(self, at: int, block_end: int) -> int | None:
        if self.grid is None:
            return at  # not the end of a block, only as far as one can reach
        if any(self.data[at : min(block_end, self.end)]):
            return self._step_over(at, block_end)
        if not self.parts and block_end <= self.end:
            self.done = block_end
        return block_end

    def _add_damage(self, stop: int, reason: str) -> None:
        """Count everything from the last position done to *stop* as damage."""
        start = self.base + self.done
        if self.damage and self.damage[-1].end == start:
            start, _, reason = self.damage.pop()
        self.damage.append(Damage(start, self.base + stop, reason))
        self.parts.clear()
        self.done = stop
