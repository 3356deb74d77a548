"""Protobuf wire primitives that a run file needs, in both directions.

A message is a sequence of fields, each a tag (`number << 3 | wire type`, a varint) and a value:
wire type 0 is a varint, 1 eight bytes little-endian, 2 a length and that many bytes, 5 four bytes.
Source: the public protobuf encoding specification. The row encoder packs its bytes itself
with these functions; everything else uses `WireMessage`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


_MAX_VARINT_BYTES = 10  # bytes a 64-bit varint takes at most
_ONE = tuple(bytes((value,)) for value in range(128))


class WireError(ValueError):
    """The bytes are not a protobuf message."""


def varint(value: int) -> bytes:
    """Encode *value* (negative ones as 64-bit two's complement, ten bytes, as protobuf does)."""
    # Up to three bytes straight: every record has several of those.
    if 0 <= value < 1 << 21:
        if value < 1 << 7:
            return _ONE[value]
        if value < 1 << 14:
            return bytes((value & 0x7F | 0x80, value >> 7))
        return bytes((value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14))
    value &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while value >= 1 << 7:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the varint at *at* and the position after it."""
    result = shift = 0
    while shift < _MAX_VARINT_BYTES * 7:
        if at >= len(data):
            raise WireError("message ends inside a varint")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 1 << 7:
            return result & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise WireError("varint longer than ten bytes")


def signed(value: int) -> int:
    """Read a 64-bit varint as an int32 or int64."""
    return value - (1 << 64) if value >= 1 << 63 else value


def zigzag(value: int) -> int:
    """Read a 64-bit varint as a sint64."""
    return (value >> 1) ^ -(value & 1)


class WireMessage:
    """Collects the fields of one message; unset (None) and default values write nothing."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def varint(self, number: int, value: int | bool | None) -> WireMessage:
        """Add an integer, enum or bool field."""
        if value:
            self._parts += (varint(number << 3 | VARINT), varint(int(value)))
        return self

    def double(self, number: int, value: float | None) -> WireMessage:
        """Add a double field."""
        if value:
            self._parts += (varint(number << 3 | FIXED64), struct.pack("<d", value))
        return self

    def text(self, number: int, value: str | None) -> WireMessage:
        """Add a string field; a lone surrogate, which UTF-8 cannot hold, is written as its escape."""
        return self.blob(number, value.encode("utf-8", "backslashreplace")) if value else self

    def blob(self, number: int, value: bytes) -> WireMessage:
        """Add a bytes field or an encoded message, also when it is empty."""
        self._parts += (varint(number << 3 | BYTES), varint(len(value)), value)
        return self

    def message(self, number: int, value: WireMessage | None) -> WireMessage:
        """Add a sub-message, also an empty one, since presence has a meaning; None adds nothing."""
        return self if value is None else self.blob(number, value.encode())

    def encode(self) -> bytes:
        """Return the message's bytes."""
        return b"".join(self._parts)


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield `(number, wire type, value)`; fixed-width values come as their raw bytes."""
    at, end = 0, len(data)
    while at < end:
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = read_varint(data, at)
            yield tag >> 3, kind, value
            continue
        if kind == BYTES:
            size, at = read_varint(data, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise WireError(f"wire type {kind} is not known")
        if at + size > end:
            raise WireError("message ends inside a field")
        yield tag >> 3, kind, data[at : at + size]
        at += size


class MessageFields:
    """The fields of one message by number; absent ones, and those of a wrong wire type, read as their default."""

    __slots__ = ("_all",)

    def __init__(self, data: bytes) -> None:
        self._all: dict[tuple[int, int], list[Any]] = {}
        for number, kind, value in fields(data):
            self._all.setdefault((number, kind), []).append(value)

    def last(self, number: int, kind: int) -> Any:
        """Return the last value of a field, None if it is absent."""
        values = self._all.get((number, kind))
        return values[-1] if values else None

    def all(self, number: int, kind: int) -> list[Any]:
        """Return all values of a field."""
        return self._all.get((number, kind), [])

    def text(self, number: int) -> str:
        """Return a string field."""
        return (self.last(number, BYTES) or b"").decode("utf-8", "replace")

    def texts(self, number: int) -> tuple[str, ...]:
        """Return the values of a repeated string field."""
        return tuple(value.decode("utf-8", "replace") for value in self._all.get((number, BYTES), ()))

    def integer(self, number: int) -> int:
        """Return an int32 or int64 field."""
        return signed(self.last(number, VARINT) or 0)

    def flag(self, number: int) -> bool:
        """Return a bool field."""
        return bool(self.last(number, VARINT))

    def double(self, number: int) -> float:
        """Return a double field."""
        raw = self.last(number, FIXED64)
        return float(struct.unpack("<d", raw)[0]) if raw else 0.0

    def message(self, number: int) -> MessageFields:
        """Return a sub-message."""
        # A message that occurs twice is, by protobuf's rules, the two joined.
        return MessageFields(b"".join(self._all.get((number, BYTES), ())))

    def messages(self, number: int) -> Iterator[MessageFields]:
        """Return the values of a repeated sub-message."""
        return map(MessageFields, self._all.get((number, BYTES), ()))

    def present(self, number: int, kind: int = BYTES) -> bool:
        """Return whether the field is there."""
        return (number, kind) in self._all

    def numbers_set(self) -> tuple[int, ...]:
        """Return the numbers of the bool fields that are true."""
        return tuple(sorted({number for (number, kind), values in self._all.items() if kind == VARINT and values[-1]}))

    def time(self, number: int) -> float | None:
        """Return a timestamp in unix seconds, None if it is absent."""
        if not self.present(number):
            return None
        stamp = self.message(number)
        return stamp.integer(1) + stamp.integer(2) / 1e9
