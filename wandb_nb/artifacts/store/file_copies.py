"""Copies of files that share their blocks on disk where the file system can do that."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_FICLONE = 0x40049409  # of Linux: the target shares the blocks of the source until one of them is written


def copy_file(source: str | Path, target: str | Path) -> tuple[str, int]:
    """Copy *source* to the new file *target*; return the MD5 in base64 and the size of what was copied.

    Raises:
        OSError: A file cannot be read or written; *target* may then have a part of the content.

    """
    with open(source, "rb") as original, open(target, "xb", 0) as copy:  # noqa: PTH123 -- a third of the time
        is_shared = _reflink(original, copy)
        return _digest(original, None if is_shared else copy)


def file_digest(path: str | Path) -> str:
    """Return the MD5 of a file in base64. Raises OSError if it cannot be read."""
    with open(path, "rb") as file:  # noqa: PTH123 -- as above
        return _digest(file, None)[0]


def bytes_digest(data: bytes) -> str:
    """Return the MD5 of *data* in base64."""
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Give the file *source*, which nobody changes any more, the second name *target*; another disk gets a copy.

    Raises:
        FileExistsError: *target* exists.
        OSError: *target* cannot be written.

    """
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # another file system, one without links, or too many links
        unfinished = f"{target}.{os.urandom(4).hex()}"
        try:
            copy_file(source, unfinished)
            os.replace(unfinished, target)  # noqa: PTH105 -- texts: there may be 100,000
        finally:
            if os.path.lexists(unfinished):
                os.unlink(unfinished)  # noqa: PTH108 -- as above


def _reflink(original: BinaryIO, copy: BinaryIO) -> bool:
    try:
        import fcntl

        fcntl.ioctl(copy.fileno(), _FICLONE, original.fileno())
    except (ImportError, OSError):  # another system, or a file system that cannot
        return False
    return True


def _digest(file: BinaryIO, copy: BinaryIO | None) -> tuple[str, int]:
    """Return digest and size of the rest of *file*, and write it to *copy*."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
        if copy is not None and copy.write(chunk) != len(chunk):
            raise OSError(28, "no space left on device")
    return b64encode(digest.digest()).decode(), size
