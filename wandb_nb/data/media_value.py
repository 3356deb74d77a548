"""The base classes of everything that `log()` stores as media."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from wandb_nb.data.media_content import MediaContent
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.data.artifact_contents import ArtifactContents
    from wandb_nb.data.media_store import MediaStore, MediaTarget


class WBValue:
    """A value with a JSON form of its own in rows and summary."""

    log_type: ClassVar[str]
    """The `_type` of its JSON."""

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Store what belongs to the value at *target*, and return its JSON for the row.

        Raises:
            MediaError: The value cannot be encoded or stored.

        """
        raise NotImplementedError

    def entries(self, _key: str, _store: MediaStore) -> dict[str, Any] | None:
        """Return the entries of the row that take the place of the value of *key*; None if it stays where it is."""
        return None

    def column_type(self) -> dict[str, Any]:
        """Return the type of a column of such values, as files of tables have it."""
        return {"wb_type": "pythonObject", "params": {"class_name": type(self).__name__}}

    def to_cell(self, _contents: ArtifactContents, _clean: Callable[[Any, str], Any]) -> Any:
        """Return the value as a cell of a table; what belongs to it goes into the contents of the table's artifact."""
        return str(self)


class Media(WBValue):
    """A value that is one file of the run. A subclass gives the file, and what its JSON has besides."""

    folder: ClassVar[str]
    """The folder below `files/media`."""

    def __init__(self, caption: str | None = None) -> None:
        self._caption = None if caption is None else str(caption)
        self._content: MediaContent | None = None
        self._error: MediaError | None = None

    def _take(self, make: Callable[[], MediaContent]) -> None:
        """Take the bytes that *make* returns; its error is raised when the value is logged, with its key."""
        try:
            self._content = make()
        except MediaError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 -- codecs and foreign classes may raise anything
            self._error = MediaError(f"{type(self).__name__} cannot be encoded: {error}")

    @property
    def caption(self) -> str | None:
        """The text shown with it."""
        return self._caption

    @property
    def content(self) -> MediaContent:
        """The file's bytes; encoded at the first call only.

        Raises:
            MediaError: The value that was given cannot be encoded.

        """
        if self._error is not None:
            raise self._error
        if self._content is None:
            self._content = self._encode()
        return self._content

    @property
    def suffix(self) -> str:
        """The end of the file's name, without the first dot."""
        raise NotImplementedError

    def _encode(self) -> MediaContent:
        raise NotImplementedError

    def clean_content(self, _clean: Callable[[Any, str], Any], _name: str) -> MediaContent:
        """Return the file's bytes, without secrets where they were made of texts; *_name* is what the value is called.

        Raises:
            MediaError: The value that was given cannot be encoded.

        """
        return self.content

    def details(self, _target: MediaTarget) -> dict[str, Any]:
        """Return what the JSON has besides type, path, size, digest and caption."""
        return {}

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Store the file, and return the JSON that names it."""
        stored = target.file(self.clean_content(target.store.clean, target.key), self.folder, self.suffix)
        captions = {} if self._caption is None else {"caption": self._caption}
        return {"_type": self.log_type, **stored, **self.details(target), **captions}

    def column_type(self) -> dict[str, Any]:
        """Return the type of a column of such values."""
        return {"wb_type": self.log_type}

    def to_artifact(self, contents: ArtifactContents, clean: Callable[[Any, str], Any]) -> dict[str, Any]:
        """Put the file into *contents*, and return the JSON that names it there."""
        content = self.clean_content(clean, self.folder)
        path = contents.add(content, self.folder, self.suffix)
        captions = {} if self._caption is None else {"caption": clean(self._caption, "caption")}
        return {"_type": self.log_type, "path": path, "sha256": content.sha256, **captions}


class BatchableMedia(Media):
    """Media whose lists have a JSON form of their own."""

    @classmethod
    def list_to_row(cls, values: Sequence[Any], target: MediaTarget) -> dict[str, Any]:
        """Store all *values*, which are of this class, and return the JSON of their list."""
        raise NotImplementedError


def file_content(path: str, what: str) -> MediaContent:
    """Return the file at *path* as the content of *what*.

    Raises:
        MediaError: It is the address of something on a server, or there is no such file.

    """
    if "://" in path:
        raise MediaError(f"{what} cannot be made of the address {path}: download it and give its path")
    if not os.path.isfile(path):  # noqa: PTH113 -- a text of the user, which may be no path at all
        raise MediaError(f"there is no file {path} for {what}: check the path")
    return MediaContent(path=path)


def caption_list(values: Sequence[Media], *, missing: str | None = None) -> dict[str, Any]:
    """Return the captions of a list as its JSON has them: absent without any, *missing* for one without."""
    captions = [missing if value.caption is None else value.caption for value in values]
    return {"captions": captions} if any(value.caption is not None for value in values) else {}


def unsuitable(what: str, got: str, accepted: str) -> MediaError:
    """Return the error for data that *what* cannot be made of; *accepted* says what it can be made of."""
    return MediaError(f"{what} cannot be made of {got}: give {accepted}")
