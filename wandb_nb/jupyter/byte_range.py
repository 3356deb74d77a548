"""The part of a file that a request asks for, by its `Range` header."""

from __future__ import annotations

import re

_SINGLE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def requested_range(header: str | None, size: int) -> range | None:
    """Return the bytes that *header* asks for of a file of *size* bytes, an empty range if the file has none of them.

    None means the whole file: there is no header, or not one single range, which a server may ignore.
    """
    match = _SINGLE_RANGE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        return range(max(0, size - int(last)), size)
    return range(min(int(first), size), min(size, int(last) + 1) if last else size)
