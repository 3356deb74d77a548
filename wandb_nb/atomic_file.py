"""Files that are replaced as a whole: a reader sees the old content or the new one, never a part."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAX_NAME = 100  # of a file name's 255 characters, so that the suffix has room


@contextmanager
def replacement(target: Path, *, private: bool = False, durable: bool = False) -> Iterator[Path]:
    """Give a path beside *target* to write to; it takes the place of *target* when the block ends without an error.

    *private*: the file exists from the start, readable by its owner only. *durable*: the content is on disk before
    the name is. Threads and processes may replace one file concurrently: the last one wins.

    Raises:
        OSError: The file cannot be written; *target* is then as it was, and nothing is left beside it.

    """
    unfinished = target.with_name(f".{target.name[:_MAX_NAME]}.{os.urandom(4).hex()}")
    try:
        if private:
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield unfinished
        if durable:
            _sync(unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def write_text(target: Path, text: str, errors: str = "strict") -> None:
    """Make *text*, as UTF-8, the content of *target*; OSError as `replacement`."""
    with replacement(target) as unfinished:
        unfinished.write_text(text, "utf-8", errors)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
