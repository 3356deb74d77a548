"""Files of a version on this machine: downloaded, compared with the version, and cleaned up to be just these.

What is written is always the user's own copy, whose blocks the store shares where the file system copies on write. No
link on the way from the chosen folder to a file is followed, and no file is ever half written.
"""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.artifacts.references.reference_downloads import fetch_reference
from wandb_nb.artifacts.store.file_copies import file_digest
from wandb_nb.errors import ArtifactError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wandb_nb.artifacts.version_source import VersionSource
    from wandb_nb.store.format.artifact_record import ManifestEntry

MAX_CONNECTIONS = 8


class Downloads:
    """Puts files of the artifact *name*, whose contents *source* has, into the folder *root*."""

    def __init__(self, name: str, source: VersionSource, root: Path) -> None:
        self._name, self._source, self._root = name, source, os.path.abspath(root)  # noqa: PTH100 -- links stay
        self._folders: set[str] = set()
        self._mark, self._numbers = os.urandom(8).hex(), count()

    def get(self, entries: Mapping[str, ManifestEntry], *, allow_missing_references: bool = False) -> None:
        """Download *entries*; files that are there with the right content stay as they are.

        Raises:
            ArtifactError: A content is damaged, an address has changed or is gone, or a link is in the way.
            StoreError: A content cannot be read, or a file not written.

        """
        try:
            Path(self._root).mkdir(parents=True, exist_ok=True)
            references = []
            for path, entry in entries.items():
                target = self._target(path)
                if entry.ref:
                    references.append((path, entry, target))
                elif not _has_content(target, entry):
                    self._fetch(path, entry, target)
            self._fetch_references(references, allow_missing=allow_missing_references)
        except OSError as error:
            raise StoreError(f"the artifact {self._name} cannot be downloaded to {self._root}: {error}") from error

    def remove_others(self, entries: Mapping[str, ManifestEntry]) -> None:
        """Delete every file below the folder that *entries* does not have; StoreError if that is not possible."""
        try:
            for path in self._files():
                if path not in entries:
                    os.unlink(os.path.join(self._root, path))  # noqa: PTH108, PTH118 -- texts: there may be 100,000
        except OSError as error:
            raise StoreError(f"{self._root} cannot be made equal to the artifact {self._name}: {error}") from error

    def verify(self, entries: Mapping[str, ManifestEntry]) -> None:
        """Check that the folder has exactly these files.

        Raises:
            ArtifactError: A file is missing, differs, or is not one of the artifact; the message names the first ones.

        """
        present = set(self._files())
        problems = [f"{path} is not in the artifact" for path in sorted(present - entries.keys())]
        for path, entry in entries.items():
            if path not in present:
                problems.append(f"{path} is missing")
            elif not entry.ref and not _has_content(os.path.join(self._root, path), entry):  # noqa: PTH118 -- as above
                problems.append(f"{path} differs")
        if problems:
            more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""  # noqa: PLR2004 -- three are enough
            raise ArtifactError(
                f"{self._root} is not the artifact {self._name}: {', '.join(problems[:3])}{more}; download it again"
            )

    def _fetch_references(self, references: list[tuple[str, ManifestEntry, str]], *, allow_missing: bool) -> None:
        """Download *references* several at a time, since most of the time is waiting for servers."""
        with ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
            list(pool.map(lambda each: self._fetch(*each, allow_missing=allow_missing), references))

    def _fetch(self, path: str, entry: ManifestEntry, target: str, *, allow_missing: bool = False) -> None:
        unfinished = f"{os.path.dirname(target)}/.{self._mark}-{next(self._numbers)}"  # noqa: PTH120 -- as above
        try:
            if not entry.ref:
                self._source.fetch(entry, unfinished)
            elif not fetch_reference(f"{self._name}/{path}", entry, Path(unfinished), allow_missing=allow_missing):
                return
            os.replace(unfinished, target)  # noqa: PTH105 -- as above
        except BaseException:  # an interrupt, too, must leave no half a file behind
            with suppress(FileNotFoundError):
                os.unlink(unfinished)  # noqa: PTH108 -- as above
            raise

    def _target(self, path: str) -> str:
        """Return where the file *path* goes, after its folder was made; a link in its place is replaced."""
        folder, _, _ = path.rpartition("/")
        if folder and folder not in self._folders:
            self._make_folder(folder)
        return f"{self._root}/{path}"

    def _make_folder(self, folder: str) -> None:
        current = self._root
        for part in folder.split("/"):
            current = os.path.join(current, part)  # noqa: PTH118 -- as above
            try:
                os.mkdir(current)  # noqa: PTH102 -- as above
            except FileExistsError:
                if os.path.islink(current) or not os.path.isdir(current):  # noqa: PTH112, PTH114 -- as above
                    what = "a link" if os.path.islink(current) else "not a folder"  # noqa: PTH114 -- as above
                    message = f"{current} is {what}, and the artifact {self._name} needs a folder there: remove it"
                    raise ArtifactError(message) from None
        self._folders.add(folder)

    def _files(self) -> Iterator[str]:
        """Yield the relative paths of all files and links below the folder; links to folders are not entered."""
        for folder, names, files in os.walk(self._root):
            links = [name for name in names if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118 -- as above
            for name in (*files, *links):
                yield os.path.relpath(os.path.join(folder, name), self._root).replace(os.sep, "/")  # noqa: PTH118 -- as above


def _has_content(target: str, entry: ManifestEntry) -> bool:
    """Return whether *target* is a file with the content of *entry*; references are always downloaded again."""
    if entry.ref:
        return False
    try:
        status = os.lstat(target)
        is_same_size = stat.S_ISREG(status.st_mode) and status.st_size == entry.size
        return is_same_size and file_digest(target) == entry.digest
    except OSError:
        return False
