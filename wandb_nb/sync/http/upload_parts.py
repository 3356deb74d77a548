"""The parts of a large file, which servers may ask for one by one: their ranges and digests."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.sync.http.answers import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MIN_MULTIPART_BYTES = 2 << 30
PART_BYTES = 100 << 20
MAX_PARTS = 10_000
_PIECE_BYTES = 1 << 20


class UploadPart(NamedTuple):
    """A part of a file: *size* bytes from *start* on, with their MD5."""

    number: int
    start: int
    size: int
    md5: bytes

    def spec(self, checksum: str = "") -> dict[str, Any]:
        """Return the part as servers expect it, with its MD5 in hexadecimal or the *checksum* that a server gave."""
        return {"partNumber": self.number, "hexMD5": checksum or self.md5.hex()}

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the part's upload."""
        return {"Content-MD5": b64encode(self.md5).decode()}


def list_parts(file: BinaryIO) -> list[UploadPart]:
    """Return the parts of *file*, which is read once."""
    size = file.seek(0, os.SEEK_END)
    part_bytes = max(PART_BYTES, -(-size // MAX_PARTS))
    return [
        UploadPart(number, start, min(part_bytes, size - start), _md5(file, start, min(part_bytes, size - start)))
        for number, start in enumerate(range(0, size, part_bytes), 1)
    ]


def part_addresses(node: dict[str, Any], parts: list[UploadPart]) -> tuple[str, dict[int, str]]:
    """Return the id of the upload and the address of each part; an empty id where the server wants the file whole.

    Raises:
        ValueError: The server gives other parts than *parts*.
        TypeError: Its answer has an unexpected form.
    """
    answer = as_object(node.get("uploadMultipartUrls"))
    upload = as_text(answer.get("uploadID"))
    if not upload:
        return "", {}
    entries = [as_object(each) for each in as_list(answer.get("uploadUrlParts"))]
    addresses = {int(each.get("partNumber") or 0): as_text(each.get("uploadUrl")) for each in entries}
    if addresses.keys() != {part.number for part in parts} or not all(addresses.values()):
        raise ValueError(f"{len(addresses)} parts instead of {len(parts)}")
    return upload, addresses


def _md5(file: BinaryIO, start: int, size: int) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    for piece in _pieces(file, start, size):
        digest.update(piece)
    return digest.digest()


def _pieces(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    file.seek(start)
    while size > 0 and (piece := file.read(min(_PIECE_BYTES, size))):
        size -= len(piece)
        yield piece
