"""8-bit pixels as PNG, several times faster than Pillow's default and a few per cent larger.

The rows are filtered by the difference to the row above, for all rows in one numpy call, and zlib only looks for runs.
For a 1024 x 1024 picture this takes 26 ms instead of 167 (a photograph, 9 % larger), and 9 instead of 36 (a chart, 3 %
larger). Pillow with the same options takes 55 and 19 ms: it tries all filters on each row. `benchmarks/bench_media.py`
measures it.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

COLOUR_TYPES = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}
"""The PNG colour type of each of Pillow's modes that are encoded here."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP, _LEVEL, _BITS, _MEMORY = 2, 1, 15, 9


def encode_png(pixels: Any, mode: str) -> bytes:
    """Return *pixels*, uint8 of shape (height, width) or (height, width, channels), as a PNG of Pillow's *mode*."""
    import numpy as np  # a caller with pixels has loaded it

    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _BITS, _MEMORY, zlib.Z_RLE)
    data = compressor.compress(filtered.data) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[mode], 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))
