"""The parts of a step that is not complete yet, in a file beside the run file, and the row that they become.

Other programs take every history record of a run file as a step of its own. So a step that is logged in several calls
is one record there, written once the step is complete. Until then each part is in `run-<id>.wandb.open` when `log()`
returns: CRC-32, length, *next_number*, *serial*, then the bytes of a history record without its number.

- *next_number* is the number that the next record of the run file has. The parts count while the run file has all
  records before it and no row from it on.
- *serial* counts the open steps of the process. Parts of an earlier one may follow in the file; they do not count.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from wandb_nb.store.format import wire

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEAD = Struct("<IIQQ")
_CHECKED = Struct("<IQQ")
MAX_OPEN_BYTES = 1 << 20
"""A step whose parts are larger is written as rows of about this size, which only our readers join."""
_ROW_TAG, _ITEM_TAG, _KEY_TAG = 0x12, 0x0A, 0x12


class OpenRow(NamedTuple):
    """The parts of an open step, in the order in which they were logged."""

    next_number: int
    serial: int
    parts: list[bytes]


NO_ROW = OpenRow(0, 0, [])


def open_row_path(run_file: Path) -> Path:
    """Return the file of the open step beside *run_file*."""
    return run_file.with_name(f"{run_file.name}.open")


def encode_part(body: bytes, next_number: int, serial: int) -> bytes:
    """Return the bytes of one part in the file."""
    checked = _CHECKED.pack(len(body), next_number, serial) + body
    return crc32(checked).to_bytes(4, "little") + checked


def decode_parts(data: bytes) -> OpenRow:
    """Return the open step at the start of *data*; what is cut short, damaged or of an earlier step is left out."""
    parts: list[bytes] = []
    identity, at = (0, 0), 0
    while at + _HEAD.size <= len(data):
        crc, length, *generation = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length
        if end > len(data) or crc32(data[at + 4 : end]) != crc or (parts and tuple(generation) != identity):
            break
        identity = (generation[0], generation[1])
        parts.append(data[at + _HEAD.size : end])
        at = end
    return OpenRow(*identity, parts)


def merge_parts(parts: Sequence[bytes]) -> bytes:
    """Return the record of a step that was logged in *parts*, our encoder's history records: the last value wins."""
    if len(parts) == 1:
        return parts[0]
    items: dict[bytes, bytes] = {}
    step = b""
    for part in parts:
        _, at = wire.read_varint(part, 1)
        while at < len(part) and part[at] == _ITEM_TAG:
            size, start = wire.read_varint(part, at + 1)
            item = part[start : start + size]
            key = item[: _key_end(item)]
            items.pop(key, None)  # so that the keys of the last part come last, as in a row of one call
            items[key] = part[at : start + size]
            at = start + size
        step = part[at:]
    content = b"".join(items.values()) + step
    return bytes((_ROW_TAG,)) + wire.varint(len(content)) + content


def _key_end(item: bytes) -> int:
    at = 0
    while item[at] == _KEY_TAG:
        size, start = wire.read_varint(item, at + 1)
        at = start + size
    return at
