"""The files of an artifact: added to a draft, read from a draft or a stored version, downloaded."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wandb_nb.artifacts import artifact_names as names
from wandb_nb.artifacts.artifact_entry import ArtifactEntry, public_entry
from wandb_nb.artifacts.artifact_properties import ArtifactProperties
from wandb_nb.artifacts.draft.draft_contents import MUTABLE
from wandb_nb.artifacts.manifest import manifest_object
from wandb_nb.artifacts.reading.download_root import default_root
from wandb_nb.errors import ArtifactError, ArtifactStateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.artifacts.artifact_manifest import ArtifactManifest
    from wandb_nb.artifacts.reading.downloads import Downloads
    from wandb_nb.data.media_value import WBValue


class ArtifactFiles(ArtifactProperties):
    """An artifact with the calls for its files. Not thread-safe."""

    # -- adding and removing

    def add_file(  # noqa: PLR0917 -- the documented signature
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        is_tmp: bool | None = False,
        skip_cache: bool | None = False,  # noqa: ARG002 -- as above
        policy: str | None = MUTABLE,
        overwrite: bool = False,
    ) -> ArtifactEntry:
        """Add a file as *name*, by default its own name, and return its entry.

        The file is copied, so that later changes do not matter, unless *policy* is "immutable". With *is_tmp* it is
        named by its digest. *skip_cache* has no effect.

        Raises:
            ArtifactError: There is no such file, or the name or policy is not possible.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("add_file()")
        source = Path(local_path)
        path = self._contents.add_file(
            source, name or source.name, is_tmp=bool(is_tmp), policy=policy or MUTABLE, overwrite=overwrite
        )
        return self._entry(path)

    def add_dir(
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        skip_cache: bool | None = False,  # noqa: ARG002 -- the documented signature
        policy: str | None = MUTABLE,
        merge: bool = False,
    ) -> None:
        """Add all files below a folder under their relative paths, below *name* if there is one.

        Links to files and folders are followed. With *merge* a file takes the place of one that has its path. See
        `add_file` for the rest.

        Raises:
            ArtifactError: There is no such folder, a device or broken link is in it, or a name or the policy is not
                possible.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("add_dir()")
        self._contents.add_dir(Path(local_path), name, policy=policy or MUTABLE, overwrite=merge)

    @contextmanager
    def new_file(self, name: str, mode: str = "x", encoding: str | None = None) -> Iterator[IO[Any]]:
        """Open a new file for writing, as a context manager; it is added as *name* at the end of the block.

        An exception in the block adds nothing. *mode* "w" takes the place of a file that has this name.

        Raises:
            ArtifactError: The name is not possible, or *mode* is not for writing.
            ArtifactStateError: The artifact was logged.
            OSError: The file cannot be written.

        """
        self._expect_draft("new_file()")
        with self._contents.new_file(name, mode, encoding) as file:
            yield file

    def add(self, obj: WBValue, name: str, overwrite: bool = False) -> ArtifactEntry:
        """Add an image, table or other media value as *name* with its suffix, such as `.table.json`.

        Raises:
            ArtifactError: It is not a value that an artifact takes, or the name is not possible.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("add()")
        return self._entry(self._contents.add_value(obj, name, overwrite=overwrite))

    def add_reference(
        self, uri: str, name: str | None = None, checksum: bool = True, max_objects: int | None = None
    ) -> list[ArtifactEntry]:
        """Add what is at *uri* without a copy, and return the entries: one, or one for each file of a folder.

        Files (`file:///…`) get the digest of their content, other addresses what their server calls it (ETag), unless
        *checksum* is False. *max_objects* is the number of files of a folder at most.

        Raises:
            ArtifactError: It is not an address, nothing is there, or its scheme needs a *name*.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("add_reference()")
        added = self._contents.add_reference(str(uri), name, checksum=checksum, max_objects=max_objects)
        return [self._entry(path) for path in added]

    def remove(self, item: str | os.PathLike[str] | ArtifactEntry) -> None:
        """Remove a file or reference, or everything below a folder of the artifact.

        Raises:
            ArtifactError: There is no such file.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("remove()")
        self._contents.remove(names.check_path(item.path if isinstance(item, ArtifactEntry) else item))

    # -- reading

    @property
    def manifest(self) -> ArtifactManifest:
        """The files by their path: `manifest.entries`."""
        from wandb_nb.artifacts.artifact_manifest import ArtifactManifest  # few programs ask for it

        return ArtifactManifest({entry.path: entry for entry in self.files()}, manifest_object(self._all_entries()))

    def files(
        self,
        names: list[str] | None = None,
        per_page: int = 50,  # noqa: ARG002 -- the documented signature
    ) -> list[ArtifactEntry]:
        """Return the entries of all files by path, or of those in *names*; *per_page* has no effect."""
        entries = [public_entry(path, entry, self) for path, entry in sorted(self._all_entries().items())]
        return entries if names is None else [entry for entry in entries if entry.path in names]

    def get_entry(self, name: str | os.PathLike[str]) -> ArtifactEntry:
        """Return the entry of the file *name*.

        Raises:
            ArtifactError: There is no such file.

        """
        return self._entry(names.check_path(name))

    get_path = get_entry

    def get(self, name: str) -> Any:
        """Return the media value that was added as *name*: a `Table`, an `Image` and so on; None if there is none.

        Raises:
            ArtifactStateError: The artifact was not logged.
            ArtifactError: It cannot be read.

        """
        from wandb_nb.artifacts.reading.media_values import read_value, value_path  # loads the classes of all media

        paths = self._all_entries()
        path = value_path(names.check_path(name), paths)
        return None if path is None else read_value(path, self.download_file, paths)

    def get_added_local_path_name(self, local_path: str) -> str | None:
        """Return the path in the artifact of a file whose content is *local_path*'s; None if there is none."""
        from wandb_nb.artifacts.store.file_copies import file_digest  # few programs ask for it

        digest = file_digest(local_path) if Path(local_path).is_file() else None
        return next((path for path, entry in sorted(self._all_entries().items()) if entry.digest == digest), None)

    # -- downloading

    def download(
        self,
        root: str | os.PathLike[str] | None = None,
        allow_missing_references: bool = False,
        skip_cache: bool | None = None,  # noqa: ARG002 -- as above
        path_prefix: str | os.PathLike[str] | None = None,
        multipart: bool | None = None,  # noqa: ARG002 -- as above
    ) -> str:
        """Copy all files, or those whose path begins with *path_prefix*, below *root*, and return that folder.

        Without *root* it is `NAME:vN` in the folder of the setting `artifact_dir`, else in `artifacts` below the `dir`
        that the active run was given, else in `./artifacts`. The files can be changed freely: the store has its own.
        References are fetched; with *allow_missing_references* those that are gone are left out. *skip_cache* and
        *multipart* have no effect.

        Raises:
            ArtifactStateError: The artifact was not logged.
            ArtifactError: A content is damaged, a link is in the way, or a reference has changed.
            StoreError: A content cannot be read, or a file not written.

        """
        prefix = os.fspath(path_prefix).replace(os.sep, "/") if path_prefix is not None else ""
        folder = self._root(root)
        chosen = {path: entry for path, entry in self._all_entries().items() if path.startswith(prefix)}
        self._downloads(folder).get(chosen, allow_missing_references=allow_missing_references)
        if not prefix and self._version is not None and self._source is not None:
            self._source.add_download(self._version, chosen)
        return str(folder)

    def download_file(self, path: str, root: str | os.PathLike[str] | None = None) -> str:
        """Copy the file *path* below *root*, as `download()` does, and return where it is; errors as there."""
        folder, entry = self._root(root), self._all_entries().get(path)
        if entry is None:
            raise self._missing(path)
        self._downloads(folder).get({path: entry})
        return str(folder / path)

    def checkout(self, root: str | os.PathLike[str] | None = None) -> str:
        """Make the folder *root* equal to the version: other files in it are deleted. Return it; see `download`."""
        folder, entries = self._root(root), self._all_entries()
        downloads = self._downloads(folder)
        downloads.get(entries)
        downloads.remove_others(entries)
        return str(folder)

    def file(self, root: str | os.PathLike[str] | None = None) -> str:
        """Download the only file of the artifact, and return its path; see `download`.

        Raises:
            ArtifactError: It has several files, or none.

        """
        paths = list(self._all_entries())
        if len(paths) != 1:
            raise ArtifactError(
                f"the artifact {self.name} has {len(paths)} files, so which one is meant? Use download()"
            )
        return self.download_file(paths[0], root)

    def verify(self, root: str | os.PathLike[str] | None = None) -> None:
        """Check that *root*, by default where `download()` puts it, has exactly the files of the version.

        Raises:
            ArtifactError: A file is missing, differs, or is not one of the artifact; the message names the first ones.
            ArtifactStateError: The artifact was not logged.

        """
        self._downloads(self._root(root)).verify(self._all_entries())

    def _root(self, root: str | os.PathLike[str] | None) -> Path:
        self._stored("download()")
        return Path(root) if root is not None else default_root() / names.folder_name(self.name)

    def _downloads(self, folder: Path) -> Downloads:
        from wandb_nb.artifacts.reading.downloads import Downloads  # many programs only log

        self._stored("download()")
        assert self._source is not None  # noqa: S101 -- a stored version has one
        return Downloads(self.name, self._source, folder)

    # -- helpers

    def _entry(self, path: str) -> ArtifactEntry:
        entry = self._all_entries().get(path)
        if entry is None:
            raise self._missing(path)
        return public_entry(path, entry, self)

    def _missing(self, path: str) -> ArtifactError:
        from difflib import get_close_matches  # only for the error

        near = get_close_matches(path, list(self._all_entries()), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "files() lists what it has"
        return ArtifactError(f"the artifact {self.name} has no file {path!r}: {hint}")

    def _expect_draft(self, what: str) -> None:
        if self._is_logged:
            raise ArtifactStateError(
                f"the artifact {self.name} was logged and {what} can no longer change it: use new_draft()"
            )
