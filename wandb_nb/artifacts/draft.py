"""A version that the user puts together: its files, references and media, and what describes it."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from wandb_nb.artifacts import artifact_names as names
from wandb_nb.artifacts.manifest import manifest_digest, object_name
from wandb_nb.artifacts.media_entries import add_media
from wandb_nb.artifacts.references import references
from wandb_nb.artifacts.staging import StagingFolder
from wandb_nb.data.artifact_contents import ArtifactContents
from wandb_nb.data.media_content import MediaContent
from wandb_nb.errors import ArtifactError, ArtifactStateError
from wandb_nb.store.format.artifact_record import ManifestEntry
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wandb_nb.data.media_value import WBValue

_POLICIES = ("mutable", "immutable")
_MAX_TMP_NAME = 20  # hexadecimal digits


class ArtifactEntry(NamedTuple):
    """A file of an artifact: its path there, MD5 in base64, size in bytes; *ref* is the address of a reference."""

    path: str
    digest: str
    size: int
    ref: str | None


class ArtifactDraft:
    """A version of a named set of files, which can be changed until it is logged. Not thread-safe."""

    def __init__(  # noqa: PLR0917 -- the documented signature
        self,
        name: str,
        type: str,  # noqa: A002 -- the documented name
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        incremental: bool = False,
        use_as: str | None = None,
        storage_region: str | None = None,  # noqa: ARG002 -- as above
        digest_algorithm: str = "MD5",
    ) -> None:
        if digest_algorithm != "MD5":
            raise ArtifactError(f"Artifact(digest_algorithm={digest_algorithm!r}) is not possible: leave it at 'MD5'")
        self._contents = ArtifactContents(names.check_name(name), names.check_type(type), bool(incremental))
        self._staging = StagingFolder(os.environ.get("WANDB_DATA_DIR"))
        self._is_logged = False
        self._description, self._metadata = description, _plain(metadata)
        self._aliases: list[str] = []
        self._tags: list[str] = []
        self.use_as = use_as

    # -- what it is

    @property
    def name(self) -> str:
        """The name."""
        return self._contents.name

    @property
    def type(self) -> str:
        """The type, such as "model" or "dataset"."""
        return self._contents.type

    @property
    def incremental(self) -> bool:
        """Whether it adds to the version before it."""
        return self._contents.incremental

    @property
    def description(self) -> str | None:
        """The text that describes it; can be assigned until it is logged."""
        return self._description

    @description.setter
    def description(self, text: str | None) -> None:
        self._expect_draft("description")
        self._description = text

    @property
    def metadata(self) -> dict[str, Any]:
        """Values that describe it, as JSON has them; can be changed until it is logged."""
        return self._metadata

    @metadata.setter
    def metadata(self, values: Mapping[str, Any] | None) -> None:
        self._expect_draft("metadata")
        self._metadata = _plain(values)

    @property
    def aliases(self) -> list[str]:
        """The aliases, a copy; can be assigned until it is logged, and `log_artifact()` adds to them."""
        return list(self._aliases)

    @aliases.setter
    def aliases(self, aliases: str | Iterable[str] | None) -> None:
        self._expect_draft("aliases")
        self._aliases = names.check_aliases(aliases)

    @property
    def tags(self) -> list[str]:
        """The tags, a copy; can be assigned until it is logged, and `log_artifact()` adds to them."""
        return list(self._tags)

    @tags.setter
    def tags(self, tags: str | Iterable[str] | None) -> None:
        self._expect_draft("tags")
        self._tags = names.check_tags(tags)

    @property
    def digest(self) -> str:
        """The digest over the paths and contents of all files, in hexadecimal."""
        return manifest_digest(self._entries())

    @property
    def size(self) -> int:
        """The size of all files in bytes; an address that is not a file of this machine counts nothing."""
        return sum(entry.size for entry in self._entries().values())

    @property
    def file_count(self) -> int:
        """The number of files, with references."""
        return len(self._entries())

    def is_draft(self) -> bool:
        """Return whether it has not been logged."""
        return not self._is_logged

    # -- adding and removing

    def add_file(  # noqa: PLR0917 -- the documented signature
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        is_tmp: bool | None = False,
        skip_cache: bool | None = False,  # noqa: ARG002 -- as above
        policy: str | None = "mutable",
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
        if policy not in _POLICIES:
            raise ArtifactError(f"add_file(policy={policy!r}) is not possible: give 'mutable' or 'immutable'")
        source = Path(local_path)
        if not source.is_file():
            raise ArtifactError(f"add_file({str(local_path)!r}) finds no file there: check the path")
        content = MediaContent(path=source) if policy == "immutable" else self._staging.copy(source)
        try:
            path = names.check_path(_tmp_name(content, name or source.name) if is_tmp else name or source.name)
            return self._put(path, content, overwrite=overwrite)
        except OSError as error:
            raise ArtifactError(f"add_file({str(local_path)!r}) cannot read the file: {error}") from error

    def add_dir(
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        merge: bool = False,
    ) -> None:
        """Add all files below a folder under their relative paths, below *name* if there is one.

        With *merge* a file takes the place of one that has its path. See `add_file` for the rest.

        Raises:
            ArtifactError: There is no such folder, or a name or the policy is not possible.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("add_dir()")
        top = Path(local_path)
        if not top.is_dir():
            raise ArtifactError(f"add_dir({str(local_path)!r}) finds no folder there: check the path")
        prefix = f"{names.check_path(name)}/" if name else ""
        for path in sorted(top.rglob("*")):
            if path.is_file():
                relative = path.relative_to(top).as_posix()
                self.add_file(path, prefix + relative, skip_cache=skip_cache, policy=policy, overwrite=merge)

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
        path, kind = names.check_path(name), mode.replace("b", "").replace("t", "")
        if kind not in ("x", "w"):
            raise ArtifactError(f"new_file(mode={mode!r}) is not possible: give 'w', 'x', 'wb' or 'xb'")
        if kind == "x":
            self._expect_new(path)
        staged = self._staging.new_path()
        with staged.open(mode, encoding=encoding or (None if "b" in mode else "utf-8")) as file:
            yield file
        self._put(path, MediaContent(path=staged), overwrite=kind == "w")

    def add(self, obj: WBValue, name: str, overwrite: bool = False) -> ArtifactEntry:
        """Add an image, table or other media value as *name* with its suffix, such as `.table.json`.

        Raises:
            ArtifactError: It is not a value that an artifact takes, or the name is not possible.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("add()")
        path, content, files = add_media(obj, names.check_path(name))
        entry = self._put(path, content, overwrite=overwrite)
        for each, media in files.items():
            self._contents.files[each] = media if media.path is None else self._staging.copy(media.path)
        return entry

    def add_reference(
        self, uri: str, name: str | None = None, checksum: bool = True, max_objects: int | None = None
    ) -> list[ArtifactEntry]:
        """Add what is at *uri* without a copy, and return the entries: one, or one for each file of a folder.

        Files (`file:///…`) get the digest of their content, unless *checksum* is False. Other addresses are stored as
        they are; nothing is requested from a server. *max_objects* is the number of files of a folder at most.

        Raises:
            ArtifactError: It is not an address, nothing is there, or its scheme needs a *name*.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("add_reference()")
        added = references(str(uri), name, checksum=checksum)
        if max_objects is not None and len(added) > max_objects:
            raise ArtifactError(f"add_reference({uri!r}) finds {len(added)} files: raise max_objects={max_objects}")
        for path in added:
            self._expect_new(path)
        self._contents.references.update(added)
        return [_entry(path, entry) for path, entry in added.items()]

    def remove(self, item: str | os.PathLike[str] | ArtifactEntry) -> None:
        """Remove a file or reference, or everything below a folder of the artifact.

        Raises:
            ArtifactError: There is no such file.
            ArtifactStateError: The artifact was logged.

        """
        self._expect_draft("remove()")
        path = names.check_path(item.path if isinstance(item, ArtifactEntry) else item)
        both = (self._contents.files, self._contents.references)
        matches = [each for entries in both for each in entries if each == path or each.startswith(f"{path}/")]
        if not matches:
            raise self._missing(path)
        for entries in both:
            for match in matches:
                entries.pop(match, None)

    # -- reading

    def files(
        self,
        names: list[str] | None = None,
        per_page: int = 50,  # noqa: ARG002 -- the documented signature
    ) -> list[ArtifactEntry]:
        """Return the entries of all files by path, or of those in *names*; *per_page* has no effect."""
        entries = [_entry(path, entry) for path, entry in sorted(self._entries().items())]
        return entries if names is None else [entry for entry in entries if entry.path in names]

    def get_entry(self, name: str | os.PathLike[str]) -> ArtifactEntry:
        """Return the entry of the file *name*.

        Raises:
            ArtifactError: There is no such file.

        """
        path = names.check_path(name)
        entry = self._entries().get(path)
        if entry is None:
            raise self._missing(path)
        return _entry(path, entry)

    get_path = get_entry

    def wait(self, timeout: int | None = None) -> ArtifactDraft:  # noqa: ARG002 -- the documented signature
        """Return the artifact: it was on disk when `log_artifact()` returned, so there is nothing to wait for.

        Raises:
            ArtifactStateError: It was not logged.

        """
        if not self._is_logged:
            raise ArtifactStateError(f"the artifact {self.name} was not logged: call run.log_artifact() first")
        return self

    # -- logging

    def to_log(self, aliases: Iterable[str], tags: Iterable[str]) -> ArtifactContents:
        """Return what is to be logged now, with these aliases and tags besides its own."""
        self._aliases = list(dict.fromkeys(["latest", *self._aliases, *aliases]))
        self._tags = list(dict.fromkeys([*self._tags, *tags]))
        return replace(
            self._contents,
            description=self._description or "",
            metadata=_json(self._metadata) if self._metadata else "",
            aliases=tuple(self._aliases),
            tags=tuple(self._tags),
        )

    def set_logged(self) -> None:
        """Mark it as logged; from now on it cannot be changed."""
        self._is_logged = True

    def __repr__(self) -> str:
        return f"<Artifact {self.name}>"

    def _entries(self) -> dict[str, ManifestEntry]:
        files = {path: ManifestEntry(each.md5, each.size) for path, each in self._contents.files.items()}
        return {**self._contents.references, **files}

    def _put(self, path: str, content: MediaContent, *, overwrite: bool) -> ArtifactEntry:
        if not overwrite:
            self._expect_new(path)
        entry = ManifestEntry(content.md5, content.size)
        self._contents.references.pop(path, None)
        self._contents.files[path] = content
        return _entry(path, entry)

    def _expect_new(self, path: str) -> None:
        if path in self._contents.files or path in self._contents.references:
            raise ArtifactError(f"the artifact {self.name} has a file {path!r} already: give another name")

    def _expect_draft(self, what: str) -> None:
        if self._is_logged:
            raise ArtifactStateError(
                f"the artifact {self.name} was logged and {what} can no longer change it: make a new one"
            )

    def _missing(self, path: str) -> ArtifactError:
        return ArtifactError(f"the artifact {self.name} has no file {path!r}: files() lists what it has")


def _entry(path: str, entry: ManifestEntry) -> ArtifactEntry:
    return ArtifactEntry(path, entry.digest, entry.size, entry.ref or None)


def _tmp_name(content: MediaContent, name: str) -> str:
    return object_name(content.md5)[:_MAX_TMP_NAME] + Path(name).suffix


def _plain(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return *metadata* as JSON has it: numbers of numpy become plain, and durations text, as in a config."""
    if metadata is None:
        return {}
    if not hasattr(metadata, "items"):
        raise ArtifactError(f"the metadata of an artifact must be a dict, got {type(metadata).__name__}: give a dict")
    texts = {key: str(value) if isinstance(value, timedelta) else value for key, value in metadata.items()}
    plain: dict[str, Any] = json.loads(_json(texts))
    return plain


def _json(metadata: Mapping[str, Any]) -> str:
    try:
        return to_json(dict(metadata), "metadata")
    except ValueError as error:  # every error about values is one
        raise ArtifactError(f"the metadata of an artifact cannot be stored: {error}") from error
