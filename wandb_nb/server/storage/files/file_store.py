"""`FileStore`: the bytes of uploaded files, under names of the server's own."""

from __future__ import annotations

import errno
import logging
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
    from typing import BinaryIO

CHUNK_BYTES = 1 << 18
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})


class StoredFile(NamedTuple):
    """A stored file: its name in the store, its size in bytes, the MD5 of its bytes in hex."""

    blob: str
    size: int
    md5: str


class BlobStatus(NamedTuple):
    """A name in the store, its size in bytes, and the Unix time at which it was written."""

    blob: str
    size: int
    modified: float


class FileStore(Protocol):
    """Stores bytes under names of its own, so that a user's file name never becomes a path or key. Thread-safe.

    A name is never written twice with other bytes. Every method raises `BusyError` while the store does not answer.
    """

    async def write(self, chunks: AsyncIterator[bytes], limit: int) -> StoredFile:
        """Store *chunks* under a new name; they are durable on return, and nothing remains after an error.

        Raises:
            TooLargeError: There are more than *limit* bytes.

        """

    def put(self, blob: str, file: BinaryIO) -> None:
        """Store what *file* has from its position on as *blob*; it is durable on return."""

    def join(self, parts: Sequence[StoredFile]) -> StoredFile:
        """Store the bytes of *parts*, in their order, under a new name.

        Raises:
            FileNotFoundError: One of them is not there.

        """

    def read(self, blob: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Return the bytes of *blob* from *start* to before *end* in chunks.

        Raises:
            FileNotFoundError: There is no such blob; raised by the call, not by the iterator.

        """

    def stat(self, blob: str) -> BlobStatus | None:
        """Return what the store knows about *blob*; None if there is no such blob."""

    def delete(self, blobs: Iterable[str]) -> None:
        """Delete *blobs*; a missing one is not an error."""

    def list_blobs(self) -> Iterator[list[BlobStatus]]:
        """Yield all blobs in batches; those of unfinished uploads are not among them."""

    def delete_unfinished(self, before: float) -> int:
        """Delete what broken uploads wrote last before the Unix time *before*; return how many."""

    def check(self) -> None:
        """Write and delete a little.

        Raises:
            OSError: The store cannot be written.

        """


@contextmanager
def disk_errors() -> Iterator[None]:
    """Raise an error of the disk as one after which a client tries again.

    Raises:
        BusyError: The disk is full or cannot be written.

    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        logging.getLogger(__name__).error("a file cannot be stored: %s", error.strerror)  # noqa: TRY400 -- as of a bucket
        raise BusyError(f"the server cannot store files ({error.strerror}); try again in some seconds") from error


def new_blob() -> str:
    """Return a new name for a stored file."""
    return secrets.token_hex(16)


def read_blob(store: FileStore, blob: str, max_bytes: int) -> bytes:
    """Return the bytes of *blob*.

    Raises:
        OSError: There is no such blob, or it has more than *max_bytes*.
        BusyError: The store does not answer.

    """
    content = b"".join(store.read(blob, 0, max_bytes + 1))
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"is larger than {max_bytes} bytes", blob)
    return content
