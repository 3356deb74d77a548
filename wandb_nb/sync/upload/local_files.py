"""The files of a run directory that the run's records name for upload."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


def files_to_upload(patterns: Mapping[str, str], folder: Path, policies: Collection[str]) -> Iterator[tuple[str, Path]]:
    """Yield name and path of the files below *folder* that *patterns* (pattern: policy) name with one of *policies*."""
    for pattern, policy in list(patterns.items()):
        if policy in policies:
            yield from matching_files(folder, pattern)


def matching_files(folder: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    """Yield name and path of the files below *folder* that match *pattern*.

    The pattern may come from somebody else's run file: no name leaves *folder*, though a link in it may point
    elsewhere, as `run.save()` makes them.
    """
    parts = PurePosixPath(pattern).parts
    if not parts or pattern.startswith("/") or ".." in parts or "\0" in pattern:
        return
    is_literal = not any(mark in pattern for mark in "*?[")
    for path in [folder / pattern] if is_literal else sorted(folder.glob(pattern)):
        try:
            if stat.S_ISREG(path.stat().st_mode):
                yield path.relative_to(folder).as_posix(), path
        except OSError:  # noqa: PERF203 -- one unreadable file must not hide the others
            continue
