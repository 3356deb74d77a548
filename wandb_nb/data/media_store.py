"""The media files of one run: whole on disk before any record names them, identical bytes only once."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import MediaError
from wandb_nb.lru import LRUDict
from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json
from wandb_nb.values import MAX_CONFIG_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.data.artifact_contents import ArtifactContents, ArtifactWriter, LoggedArtifact
    from wandb_nb.data.media_content import MediaContent

FOLDER = "media"
MAX_DIGEST = 20
"""Hexadecimal digits of a file's SHA-256 in its name."""
_MAX_PART = 150  # characters of one part of a key in a path, of 255 bytes that a file name may have
_MAX_REMEMBERED = 50_000
_RESERVED = re.compile(r'[\0-\x1f\\<>:"|?*]' if os.name == "nt" else r"[\0-\x1f\\]")


class MediaStore:
    """Stores media files below *files*, and appends the records that belong to them. Thread-safe.

    *append* takes records for the run file, *clean* removes secrets from a value of a given name, *artifacts* logs what
    is an artifact too.
    """

    def __init__(
        self,
        files: Path,
        append: Callable[[bytes], None],
        clean: Callable[[Any, str], Any],
        artifacts: ArtifactWriter | None = None,
    ) -> None:
        self._artifacts = artifacts
        self.files, self._append, self.clean = files, append, clean
        self._stored: LRUDict[tuple[str, str, str], str] = LRUDict(_MAX_REMEMBERED)
        self.config: dict[str, dict[str, Any]] = {}
        """What media put into the tracker's own part of the config, such as the class labels of masks."""

    def target(self, key: str, step: int | str) -> MediaTarget:
        """Return where the value of *key* in the row of *step* goes."""
        return MediaTarget(self, key, step)

    @property
    def run_id(self) -> str:
        """The id of the run, which the names of its artifacts have."""
        return self._artifacts.run_id if self._artifacts else ""

    def log_artifact(self, contents: ArtifactContents) -> LoggedArtifact:
        """Log a version that a media value needs, and return its ids.

        Raises:
            MediaError: It cannot be stored.

        """
        if self._artifacts is None:
            raise MediaError("there is nowhere to store its artifact")
        return self._artifacts.log(contents)

    def put(self, content: MediaContent, folder: str, name: str, suffix: str) -> str:
        """Store *content* unless its bytes are stored already, and return its path relative to the run's files.

        The file is complete and named in the run file when this returns.

        Raises:
            MediaError: It cannot be read or written.

        """
        try:
            return self._put(content, folder, name, suffix)
        except OSError as error:
            raise MediaError(f"the file cannot be stored: {error}") from error

    def add_config(self, kind: str, name: str, value: Any) -> None:
        """Set entry *name* of *kind* in the tracker's own part of the config, unless it has that value.

        Raises:
            MediaError: It takes more than a value in the config may.

        """
        entries = self.config.setdefault(kind, {})
        value = self.clean(value, name)
        if entries.get(name) != value:
            text = to_json(value, name)
            if len(text) >= MAX_CONFIG_BYTES:
                sizes = f"{len(text) / 1e6:.1f} of the {MAX_CONFIG_BYTES // 10**6} MB"
                raise MediaError(f"its labels or texts take {sizes} that a value in the config may take: shorten them")
            entries[name] = value
            self._append(records.config({("_wandb", kind, name): text}))

    def _put(self, content: MediaContent, folder: str, name: str, suffix: str) -> str:
        unfinished = None if content.data is not None else self._copy(content)
        try:
            path = self._stored.get((content.sha256, folder, suffix))
            if path is not None and (self.files / path).is_file():
                return path
            path = _path(folder, name, content.sha256, suffix)
            target = self.files / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if unfinished is not None:
                unfinished.replace(target)
            else:
                with replacement(target) as beside:
                    beside.write_bytes(content.data or b"")
        finally:
            if unfinished is not None:
                unfinished.unlink(missing_ok=True)
        # The name as it is: the official tool takes it as a path, not as a pattern.
        self._append(records.files([(path, "now", "media")]))
        self._stored[content.sha256, folder, suffix] = path
        return path

    def _copy(self, content: MediaContent) -> Path:
        """Copy a file of the user; its digest is that of the copied bytes, whatever happens to it meanwhile."""
        folder = self.files / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        copy, digest = folder / f".{os.urandom(8).hex()}", hashlib.sha256()
        try:
            with copy.open("wb") as file:
                for chunk in content.chunks():
                    digest.update(chunk)
                    file.write(chunk)
        except BaseException:  # an interrupt, too, must leave no half a file behind
            copy.unlink(missing_ok=True)
            raise
        content.sha256 = digest.hexdigest()
        return copy


@dataclass(frozen=True)
class MediaTarget:
    """Where one value goes: *key*, as file names have it, in the row of *step*."""

    store: MediaStore
    key: str
    step: int | str

    def file(self, content: MediaContent, folder: str, suffix: str) -> dict[str, Any]:
        """Store *content* in the media folder *folder* and return the entries that every media file has.

        *suffix* is the end of the name, such as "png".

        Raises:
            MediaError: It cannot be read or written.

        """
        path = self.store.put(content, folder, f"{self.key}_{self.step}", suffix)
        return {"path": path, "sha256": content.sha256, "size": (self.store.files / path).stat().st_size}

    def text(self, value: str, name: str) -> str:
        """Return the text *value* without secrets; *name* is what it is called."""
        cleaned: str = self.store.clean(value, name)
        return cleaned


def _path(folder: str, name: str, digest: str, suffix: str) -> str:
    """Return the path of a file relative to the run's files; no *name* leads out of them."""
    parts = [_safe(part) for part in PurePosixPath(name.replace("\0", "")).parts if part not in ("/", "..", ".")]
    return f"{FOLDER}/{folder}/{'/'.join(parts)}_{digest[:MAX_DIGEST]}.{suffix}"


def _safe(part: str) -> str:
    text = _RESERVED.sub("_", part).encode("utf-8", "replace").decode()
    return text if len(text.encode()) <= _MAX_PART else text.encode()[:_MAX_PART].decode("utf-8", "ignore")
