"""The bytes of one media file: in memory, or a file of the user that is copied when it is stored."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

CHUNK_BYTES = 1 << 20


class MediaContent:
    """Bytes with their size and digests, which are computed once. Give *data* or *path*."""

    def __init__(self, data: bytes | None = None, path: str | os.PathLike[str] | None = None) -> None:
        self.data = data
        self.path = None if path is None else Path(path)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 digest, in hexadecimal."""
        return self._digest("sha256").hexdigest()

    @cached_property
    def md5(self) -> str:
        """The MD5 digest in base64, as manifests of artifacts have it."""
        return b64encode(self._digest("md5").digest()).decode()

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.data) if self.data is not None else self._file.stat().st_size

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in pieces, so that a long video never has to fit into memory."""
        if self.data is not None:
            yield self.data
            return
        with self._file.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    @property
    def _file(self) -> Path:
        assert self.path is not None  # noqa: S101 -- one of the two is always given
        return self.path

    def _digest(self, name: str) -> hashlib._Hash:
        digest = hashlib.new(name, usedforsecurity=False)
        for chunk in self.chunks():
            digest.update(chunk)
        return digest
