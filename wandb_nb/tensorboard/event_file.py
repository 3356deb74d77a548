"""Reads the records of a TensorBoard event file while it grows.

A record is the payload's length (8 bytes, little-endian), a checksum of that, the payload, and a checksum of the
payload. A checksum is CRC-32C, rotated right by 15 bits, plus 0xa282ead8: the TFRecord format of TensorFlow.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from pathlib import Path

HEAD, FOOT = 12, 4
MAX_RECORD_BYTES = 256 << 20
MAX_CHECKED_BYTES = 64 << 10
"""Of a payload whose checksum is compared: that takes a microsecond for ten bytes. Longer ones are media."""
READ_BYTES = 4 << 20
_MASK_DELTA = 0xA282EAD8
_WORD = 0xFFFF_FFFF


class EventFile:
    """An event file. `read` returns what is new; a damaged record ends the reading for good, and sets `is_damaged`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.is_damaged = False

    def read(self) -> list[bytes]:
        """Return the payloads of the new complete records, some megabytes at most; none at the present end.

        Raises:
            OSError: The file cannot be read.

        """
        if self.is_damaged:
            return []
        window = READ_BYTES
        while True:
            with open_file(self.path, follow_links=True) as file:  # in the user's own folders
                file.seek(self.offset)
                data = file.read(window)
            payloads, size = self._records(data)
            if payloads or size <= window or len(data) < window:
                return payloads
            window = size

    def _records(self, data: bytes) -> tuple[list[bytes], int]:
        """Return the whole records in *data*, and how many bytes the next one needs; 0 if there is none."""
        at = 0
        payloads: list[bytes] = []
        while at + HEAD <= len(data):
            size, checksum = struct.unpack_from("<QI", data, at)
            if checksum != masked_crc(data[at : at + 8]) or size > MAX_RECORD_BYTES:
                self.is_damaged = True
                break
            end = at + HEAD + size
            if end + FOOT > len(data):
                return payloads, HEAD + size + FOOT
            payload = data[at + HEAD : end]
            if size <= MAX_CHECKED_BYTES and struct.unpack_from("<I", data, end)[0] != masked_crc(payload):
                self.is_damaged = True
                break
            payloads.append(payload)
            at = end + FOOT
            self.offset += HEAD + size + FOOT
        return payloads, 0


def masked_crc(data: bytes) -> int:
    """Return the masked CRC-32C of *data*."""
    crc = _WORD
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= _WORD
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _WORD


def _table() -> tuple[int, ...]:
    """Return the CRC-32C of each byte: the polynomial is Castagnoli's, reflected."""
    values = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        values.append(crc)
    return tuple(values)


_TABLE = _table()
