"""The files of a run directory that the run's records name for upload.

The directory may come from somebody else. A link in it is followed if its target is in the same run directory, if this
user's own run made it (see `store.runs.saved_links`), or if the caller asks for it; other links are reported.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from wandb_nb.store.format.layout import FILES
from wandb_nb.store.runs.saved_links import recorded_links
from wandb_nb.untrusted_file import is_folder, open_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MAX_MATCHES = 100_000
"""Files that one pattern can name."""
_MAGIC = frozenset("*?[")


class LocalFile(NamedTuple):
    """A file to upload: its *name* on the server, its *path*, and the folder *below* which no link is followed.

    *below* is None for a link that may be followed; *path* is its target then.
    """

    name: str
    path: Path
    below: Path | None

    def open(self) -> BinaryIO:
        """Open it for reading. Raises what `untrusted_file.open_file` raises."""
        return open_file(self.path, self.below, follow_links=self.below is None)

    def status(self) -> os.stat_result:
        """Return its size and times.

        Raises:
            OSError: It is gone.
        """
        return self.path.stat(follow_symlinks=self.below is None)


class LocalFiles:
    """The uploadable files of the run in *directory*. `skipped` holds the names of the links that are not followed."""

    def __init__(self, directory: Path, *, follow_links: bool = False) -> None:
        self._directory, self._follow_links = directory, follow_links
        self._files = directory / FILES
        self.skipped: set[str] = set()

    def select(self, patterns: Mapping[str, str], policies: Collection[str]) -> Iterator[LocalFile]:
        """Yield the files that *patterns* (pattern: policy) name with one of *policies*."""
        if not self._follow_links and self._files.is_symlink():
            self.skipped.add(FILES)
            return
        for pattern, policy in list(patterns.items()):
            if policy in policies:
                yield from self._matching(pattern)

    def _matching(self, pattern: str) -> Iterator[LocalFile]:
        """Yield the files that match *pattern*, which may come from somebody else's run file."""
        parts = PurePosixPath(pattern).parts
        if not parts or pattern.startswith("/") or ".." in parts or "\0" in pattern:
            return
        for path in self._paths(parts):
            name = path.relative_to(self._files).as_posix()
            if path.is_symlink():
                yield from self._linked(name, path)
            elif path.is_file():
                below = None if self._follow_links else self._directory
                yield LocalFile(name, path, below)

    def _paths(self, parts: tuple[str, ...]) -> Iterator[Path]:
        """Yield what the pattern matches, and the file of that very name: names of media may have a `[` in them."""
        literal = self._files.joinpath(*parts)
        if _MAGIC & set("".join(parts)) and literal.is_file() and _has_no_links(literal.parent, self._files):
            yield literal
        for path, _ in zip(_expand(self._files, parts, self._follow_links), range(MAX_MATCHES), strict=False):
            yield path

    def _linked(self, name: str, link: Path) -> Iterator[LocalFile]:
        target = link.resolve()
        inside = self._directory.resolve()
        if inside in target.parents and target.is_file():
            yield LocalFile(name, target, inside)
        elif self._follow_links or recorded_links(self._directory).get(name) == os.readlink(link):  # noqa: PTH115 -- text
            if target.is_file():
                yield LocalFile(name, target, None)
        elif target.exists():
            self.skipped.add(name)


def _has_no_links(folder: Path, below: Path) -> bool:
    """Return whether *folder* is *below* without a link on the way."""
    return folder == below or (is_folder(folder) and _has_no_links(folder.parent, below))


def _expand(folder: Path, parts: tuple[str, ...], follow_links: bool) -> Iterator[Path]:
    """Yield the paths below *folder* that match *parts*; a linked folder on the way is yielded itself, not entered."""
    first, *rest = parts
    if first == "**":
        yield from _expand(folder, tuple(rest) or ("*",), follow_links)
    for child in _children(folder, first):
        if rest or first == "**":
            if is_folder(child) or (follow_links and child.is_dir() and first != "**"):
                yield from _expand(child, parts if first == "**" else tuple(rest), follow_links)
            elif first != "**" and child.is_symlink():
                yield child
        else:
            yield child


def _children(folder: Path, pattern: str) -> list[Path]:
    if not _MAGIC & set(pattern):
        return [folder / pattern]
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        return []
    return [folder / name for name in names if pattern == "**" or fnmatchcase(name, pattern)]
