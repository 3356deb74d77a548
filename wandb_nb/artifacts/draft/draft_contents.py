"""The files and references of a version that is being put together."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from wandb_nb.artifacts.artifact_names import check_path
from wandb_nb.artifacts.draft.folder_files import files_below
from wandb_nb.artifacts.draft.media_entries import add_media
from wandb_nb.artifacts.draft.staging import StagingFolder
from wandb_nb.artifacts.manifest import object_name
from wandb_nb.artifacts.references.reference_entries import reference_entries
from wandb_nb.artifacts.store.file_copies import bytes_digest, file_digest
from wandb_nb.errors import ArtifactError, Error, MediaError
from wandb_nb.store.format.artifact_record import ManifestEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wandb_nb.data.media_value import WBValue

MUTABLE, IMMUTABLE = "mutable", "immutable"
_MAX_TMP_NAME = 20  # hexadecimal digits
_LARGE_BYTES = 64 << 20
"""From this size on, computing a digest takes longer than the steps of a file system's clock."""
_SETTLED_SECONDS = 0.1
"""Within which a second change may leave the time of the first."""


class _Signature(NamedTuple):
    """What changes with the content of a file."""

    device: int
    inode: int
    size: int
    modified_ns: int


class DraftContents:
    """The files and references of the artifact *name* by their path, those of *entries* to begin with.

    The content of a file is a copy in a staging folder, or the user's own file, which is then copied by `stage()`. That
    of an entry without a file is in the artifact store, or what *fetch* puts into a new file. Not thread-safe.
    """

    def __init__(
        self,
        name: str,
        entries: Mapping[str, ManifestEntry] | None = None,
        fetch: Callable[[ManifestEntry, str], None] | None = None,
    ) -> None:
        self.name = name
        self.entries: dict[str, ManifestEntry] = dict(entries or {})
        self._staging, self._fetch = StagingFolder(), fetch
        self._originals: set[str] = set()
        self._signatures: dict[str, _Signature] = {}
        """Of large files of the user, by their path, from before their digest was computed."""
        self._tables: dict[int, tuple[WBValue, str]] = {}  # added ones with their paths, by identity

    def add_file(self, source: Path, name: str, *, is_tmp: bool, policy: str, overwrite: bool) -> str:
        """Add the file *source* as *name* and return its path; see `Artifact.add_file`."""
        _check_policy(policy)
        if not source.is_file():
            raise ArtifactError(f"add_file({str(source)!r}) finds no file there: check the path")
        path = check_path(name)
        if not (is_tmp or overwrite):
            self.expect_new(path)
        entry = self._entry(str(source), policy)
        if is_tmp:
            path = object_name(entry.digest)[:_MAX_TMP_NAME] + Path(name).suffix
        self._put(path, entry, overwrite=overwrite)
        return path

    def add_dir(self, top: Path, name: str | None, *, policy: str, overwrite: bool) -> None:
        """Add all files below *top*; see `Artifact.add_dir`."""
        if not top.is_dir():
            raise ArtifactError(f"add_dir({str(top)!r}) finds no folder there: check the path")
        prefix = f"{check_path(name)}/" if name else ""
        _check_policy(policy)
        for relative, source in files_below(top):
            path = prefix + relative
            self._put(path if path.isascii() else check_path(path), self._entry(source, policy), overwrite=overwrite)

    @contextmanager
    def new_file(self, name: str, mode: str, encoding: str | None) -> Iterator[IO[Any]]:
        """Open a new file for writing; see `Artifact.new_file`."""
        path, kind = check_path(name), mode.strip("bt+")
        if kind not in ("x", "w"):
            raise ArtifactError(
                f"new_file(mode={mode!r}) is not possible: give 'w', 'x', 'wb' or 'xb', with or without +"
            )
        if kind == "x":
            self.expect_new(path)
        staged = Path(self._staging.new_path())
        with staged.open(mode, encoding=encoding or (None if "b" in mode else "utf-8")) as file:
            yield file
        self._put(path, ManifestEntry(file_digest(staged), staged.stat().st_size, str(staged)), overwrite=kind == "w")

    def add_value(self, value: WBValue, name: str, *, overwrite: bool) -> str:
        """Add a media value as *name* with its suffix, and return its path; see `Artifact.add`."""
        path, content, files = add_media(value, check_path(name), self._table_path)
        if not overwrite:
            self.expect_new(path)
        for each, media in {path: content, **files}.items():
            if media.data is None:
                assert media.path is not None  # noqa: S101 -- one of the two is always there
                entry = self._staging.copy(media.path)
            else:
                entry = ManifestEntry(bytes_digest(media.data), len(media.data), self._staging.write(media.data))
            self._put(each, entry, overwrite=True)
        self._tables[id(value)] = (value, path)
        return path

    def _table_path(self, table: WBValue | str, name: str) -> str:
        """Return the path of *table*, which may be a path itself; a new table is added as *name*."""
        if isinstance(table, str):
            if table not in self.entries:
                raise ArtifactError(f"the artifact {self.name} has no table {table!r} to join: add() the table first")
            return table
        added = self._tables.get(id(table))
        if added is not None and added[1] in self.entries:
            return added[1]
        return self.add_value(table, name, overwrite=False)

    def add_reference(self, uri: str, name: str | None, *, checksum: bool, max_objects: int | None) -> list[str]:
        """Add what is at *uri* and return the paths; see `Artifact.add_reference`."""
        added = reference_entries(uri, name, checksum=checksum, max_objects=max_objects)
        for path in added:
            self.expect_new(path)
        self.entries.update(added)
        return list(added)

    def remove(self, path: str) -> None:
        """Remove a file or everything below a folder. Raises ArtifactError if there is no such file."""
        matches = [each for each in self.entries if each == path or each.startswith(f"{path}/")]
        if not matches:
            raise ArtifactError(f"the artifact {self.name} has no file {path!r}: files() lists what it has")
        for match in matches:
            del self.entries[match]
            self._originals.discard(match)

    def stage(self) -> dict[str, ManifestEntry]:
        """Return all entries, after a copy of those files of the user that were added without one.

        Raises:
            MediaError: Such a file has changed since it was added, or a content cannot be copied or fetched.

        """
        for path, entry in self.entries.items():
            if self._fetch is not None and not (entry.ref or entry.local_path):
                self.entries[path] = self._fetched(path, entry, self._fetch)
        for path in sorted(self._originals):
            entry = self.entries[path]
            try:
                staged = self._copied(entry)
            except OSError as error:
                raise MediaError(f"the artifact {self.name} cannot be stored: {error}") from error
            if staged.digest != entry.digest:
                raise MediaError(f"{entry.local_path} has changed since it was added: add it again")
            self.entries[path] = staged
            self._originals.discard(path)
        return self.entries

    def _copied(self, entry: ManifestEntry) -> ManifestEntry:
        """Return the entry of a copy, whose digest is computed again unless the file has its earlier signature."""
        signature = self._signatures.get(entry.local_path)
        if signature is not None and signature == _signature(entry.local_path):
            staged = self._staging.copy_unchecked(entry)
            if signature == _signature(entry.local_path):
                return staged
        return self._staging.copy(entry.local_path)

    def _fetched(self, path: str, entry: ManifestEntry, fetch: Callable[[ManifestEntry, str], None]) -> ManifestEntry:
        staged = self._staging.new_path()
        try:
            fetch(entry, staged)
        except (Error, OSError) as error:
            raise MediaError(f"{path} of the artifact {self.name} cannot be fetched: {error}") from error
        return ManifestEntry(entry.digest, entry.size, staged)

    def expect_new(self, path: str) -> None:
        """Raise ArtifactError if there is a file *path*."""
        if path in self.entries:
            raise ArtifactError(f"the artifact {self.name} has a file {path!r} already: give another name")

    def _entry(self, source: str, policy: str) -> ManifestEntry:
        """Return the entry of a copy of *source*, or of *source* itself, which is then copied when it is logged."""
        try:
            if policy == MUTABLE:
                with suppress(OSError):  # such as a full disk, or a file that cannot be read: the next lines raise it
                    return self._staging.copy(source)
            signature = _signature(source)
            entry = ManifestEntry(file_digest(source), signature.size, source)
        except OSError as error:
            raise ArtifactError(f"add_file({os.fspath(source)!r}) cannot read the file: {error}") from error
        if signature.size >= _LARGE_BYTES and time.time() - signature.modified_ns / 1e9 > _SETTLED_SECONDS:
            self._signatures[source] = signature
        return entry

    def _put(self, path: str, entry: ManifestEntry, *, overwrite: bool) -> None:
        if not overwrite:
            self.expect_new(path)
        self._originals.discard(path)
        if not self._staging.has(entry.local_path):
            self._originals.add(path)
        self.entries[path] = entry


def _signature(path: str) -> _Signature:
    status = os.stat(path)  # noqa: PTH116 -- a text: there may be 100,000
    return _Signature(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _check_policy(policy: str) -> None:
    if policy not in (MUTABLE, IMMUTABLE):
        raise ArtifactError(f"add_file(policy={policy!r}) is not possible: give 'mutable' or 'immutable'")
