"""Copies of files that share their blocks on disk where the file system can do that."""

from __future__ import annotations

import errno
import hashlib
import os
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_LARGE_BYTES = 4 * _CHUNK_BYTES
_PART_BYTES = 32 * _CHUNK_BYTES
_NOT_IN_KERNEL = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}
_FICLONE = 0x40049409  # of Linux: the target shares the blocks of the source until one of them is written


def copy_file(source: str | Path, target: str | Path) -> tuple[str, int]:
    """Copy *source* to the new file *target*; return the MD5 in base64 and the size of what was copied.

    Raises:
        OSError: A file cannot be read or written; *target* may then have a part of the content.

    """
    with open(source, "rb", 0) as original, open(target, "x+b", 0) as copy:  # noqa: PTH123 -- a third of the time
        if os.fstat(original.fileno()).st_size < _LARGE_BYTES:
            return _copied(original, copy)
        return stream_digest(copy) if _reflink(original, copy) else _copied_in_parts(original, copy)


def copy_blocks(source: str | Path, target: str | Path) -> None:
    """Copy *source*, whose digest is known, to the new file *target*; errors as `copy_file`."""
    with open(source, "rb", 0) as original, open(target, "x+b", 0) as copy:  # noqa: PTH123 -- as above
        if not _reflink(original, copy):
            while _copy_part(original, copy):
                pass


def file_digest(path: str | Path) -> str:
    """Return the MD5 of a file in base64. Raises OSError if it cannot be read."""
    with open(path, "rb", 0) as file:  # noqa: PTH123 -- as above
        return stream_digest(file)[0]


def stream_digest(file: BinaryIO) -> tuple[str, int]:
    """Return the MD5 of the rest of *file* in base64, and its size."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return digest_text(digest), size


def bytes_digest(data: bytes) -> str:
    """Return the MD5 of *data* in base64."""
    return digest_text(hashlib.md5(data, usedforsecurity=False))


def digest_text(digest: hashlib._Hash) -> str:
    """Return *digest* in base64."""
    return b64encode(digest.digest()).decode()


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


def _copied(original: BinaryIO, copy: BinaryIO) -> tuple[str, int]:
    """Copy the rest of *original* to *copy*, and return digest and size of it."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    while chunk := original.read(_CHUNK_BYTES):
        _write(copy, chunk)
        digest.update(chunk)
        size += len(chunk)
    return digest_text(digest), size


def _copied_in_parts(original: BinaryIO, copy: BinaryIO) -> tuple[str, int]:
    """Do what `_copied` does, with the digest of one part computed from the copy while the next part is copied."""
    from concurrent.futures import ThreadPoolExecutor  # brings logging, and many artifacts have small files only

    digest, size = hashlib.md5(usedforsecurity=False), 0

    def add_part(offset: int, count: int) -> None:
        for start in range(offset, offset + count, _CHUNK_BYTES):
            digest.update(os.pread(copy.fileno(), min(_CHUNK_BYTES, offset + count - start), start))

    with ThreadPoolExecutor(1) as pool:
        pending = None
        while count := _copy_part(original, copy):
            if pending is not None:
                pending.result()
            pending = pool.submit(add_part, size, count)
            size += count
        if pending is not None:
            pending.result()
    return digest_text(digest), size


def _copy_part(original: BinaryIO, copy: BinaryIO) -> int:
    """Copy the next bytes of *original*, inside the kernel where it can, and return their number; 0 at its end."""
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(original.fileno(), copy.fileno(), _PART_BYTES)
        except OSError as error:
            if error.errno not in _NOT_IN_KERNEL:
                raise
    chunk = original.read(_CHUNK_BYTES)
    _write(copy, chunk)
    return len(chunk)


def _write(copy: BinaryIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[copy.write(view) :]
