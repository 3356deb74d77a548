"""The artifacts that one run logs: contents by digest and a manifest each, in the folder of the run.

`artifacts/objects/<MD5 in hexadecimal>` are the contents, each stored once; `artifacts/manifests/<client id>.json` says
which of them a version has. All of it is whole on disk before the record that names it. The artifacts of the user are
in the artifact store of this machine, too, whose files have a second name here where both are on one file system.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import string
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.artifacts.manifest import manifest_digest, manifest_json, object_name
from wandb_nb.artifacts.object_files import object_path
from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.artifacts.store.file_copies import link_or_copy
from wandb_nb.artifacts.store.lineage_files import LOGGED, USED
from wandb_nb.artifacts.store.stored_version import StoredVersion
from wandb_nb.atomic_file import replacement, write_text
from wandb_nb.data.artifact_contents import ArtifactContents, LoggedArtifact
from wandb_nb.data.media_content import MediaContent
from wandb_nb.errors import MediaError, StoreError
from wandb_nb.store.format.artifact_record import (
    CLIENT_ID_LENGTH,
    ArtifactRecord,
    LinkedVersion,
    ManifestEntry,
    artifact,
    linked_artifact,
    used_artifact,
)
from wandb_nb.store.format.layout import ARTIFACTS, MANIFESTS, OBJECTS
from wandb_nb.store.reading.version_log import VersionAtStep, add_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.artifacts.store.stored_version import LineageRun


_ALPHABET = string.ascii_lowercase + string.digits


class LoggedVersion(NamedTuple):
    """What became of a draft: its version, None if the store does not have it, its files, and what to report."""

    version: StoredVersion | None
    entries: dict[str, ManifestEntry]
    notice: str = ""


class RunArtifacts:
    """Logs artifacts of *run* in its *directory*; *append* takes their records."""

    def __init__(self, directory: Path, append: Callable[[bytes], None], run: LineageRun) -> None:
        self.run = run
        self._directory, self._append = directory, append
        self._objects = str(directory.absolute() / ARTIFACTS / OBJECTS)

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.run.id

    def log(self, contents: ArtifactContents) -> LoggedArtifact:
        """Store a version that a media value needs, and its record, and return its ids.

        Raises:
            MediaError: A file of it cannot be read or written.

        """
        try:
            stored = {path: self._stored(content) for path, content in contents.files.items()}
            record = self._record(contents, {**contents.entries, **stored})
            self._write_manifest(record)
        except OSError as error:
            raise MediaError(f"the artifact {contents.name} cannot be stored: {error}") from error
        self._append(artifact(record))
        return LoggedArtifact(record.client_id, record.sequence_client_id)

    def log_version(self, contents: ArtifactContents, step: int | None = None, attempt: int = 0) -> LoggedVersion:
        """Store a version here and in the artifact store, its record, and its place: after *step* of *attempt*.

        Raises:
            MediaError: A file of it cannot be read or written.

        """
        store, problem = ArtifactStore(), ""
        with ExitStack() as stack:
            entries, version = contents.entries, None
            try:
                stack.enter_context(store.adding())
                for path, entry in entries.items():  # in place: a draft then has no file that was moved away
                    entries[path] = _in_store(store, entry)
            except OSError as error:  # StoreError is one
                problem = str(error)
            try:
                record = self._record(contents, {path: self._linked(entry) for path, entry in entries.items()})
                self._write_manifest(record)
            except OSError as error:
                raise MediaError(f"the artifact {contents.name} cannot be stored: {error}") from error
            if not problem:
                try:
                    version = self._add_part(store, replace(record, step=step))
                except OSError as error:
                    problem = str(error)
            self._append(artifact(record))
        if version is not None:
            name = f"{version.name}:v{version.index}"
            with suppress(OSError):  # the version is logged; charts do not lead to it
                add_version(self._directory, VersionAtStep(name, version.type, step, attempt, record.client_id))
        return LoggedVersion(version, dict(entries), _notice(version, contents, problem))

    def use(self, version: StoredVersion) -> None:
        """Record that the run uses *version*. Raises StoreError if the store cannot be written."""
        self._append(used_artifact(version.record_id, version.type, version.qualified_name))
        store = ArtifactStore()
        try:
            with store.adding():
                store.lineage.add(self.run, version, USED)
        except OSError as error:  # StoreError is one
            message = f"the artifact store does not record the use of {version.qualified_name}: {error}"
            raise StoreError(message) from error

    def record_link(self, link: LinkedVersion) -> None:
        """Record that the run linked a version to a collection, for the server."""
        self._append(linked_artifact(link))

    def _add_part(self, store: ArtifactStore, record: ArtifactRecord) -> StoredVersion | None:
        """Add the version of *record*, or a part of one; the last part completes it."""
        if not record.distributed_id:
            return self._add_version(store, record)
        key = f"{self.run.entity}\n{self.run.project}\n{record.name}\n{record.distributed_id}"
        store.partial.add(key, record.client_id, record.entries, record.aliases)
        if not record.is_final:
            return None
        with store.partial.merged(key) as (entries, aliases):
            whole = replace(record, entries=entries, digest=manifest_digest(entries), aliases=tuple(aliases))
            return self._add_version(store, whole)

    def _add_version(self, store: ArtifactStore, record: ArtifactRecord) -> StoredVersion:
        collection = store.collection(self.run.entity, self.run.project, record.name)
        version, _ = collection.add(new_version(record, self.run), record.entries, record.aliases)
        store.lineage.add(self.run, version, LOGGED)
        if record.is_used:
            store.lineage.add(self.run, version, USED)
        return version

    def _record(self, contents: ArtifactContents, entries: Mapping[str, ManifestEntry]) -> ArtifactRecord:
        return ArtifactRecord(
            run_id=self.run.id,
            project=self.run.project,
            entity=self.run.entity,
            type=contents.type,
            name=contents.name,
            digest=manifest_digest(entries),
            client_id=_random_id(),
            sequence_client_id=_random_id(),
            incremental=contents.incremental,
            description=contents.description,
            metadata=contents.metadata,
            aliases=contents.aliases,
            tags=contents.tags,
            is_used=contents.is_used,
            ttl=contents.ttl,
            distributed_id=contents.distributed_id,
            is_final=contents.is_final,
            entries=entries,
        )

    def _write_manifest(self, record: ArtifactRecord) -> None:
        manifests = self._directory / ARTIFACTS / MANIFESTS
        manifests.mkdir(parents=True, exist_ok=True)
        write_text(manifests / f"{record.client_id}.json", manifest_json(record.entries))

    def _linked(self, entry: ManifestEntry) -> ManifestEntry:
        """Return *entry* with a file of this run as its content."""
        if entry.ref:
            return entry
        path = f"{self._objects}/{object_name(entry.digest)}"
        try:
            _link_into(entry.local_path, path)
        except FileNotFoundError as error:
            if os.path.lexists(entry.local_path):
                raise
            raise MediaError(f"the file {entry.local_path} of the artifact is gone: add it again") from error
        return ManifestEntry(entry.digest, entry.size, path)

    def _stored(self, content: MediaContent) -> ManifestEntry:
        """Store *content* unless there is a file of its digest."""
        path = object_path(self._directory, content.md5)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacement(path) as unfinished:
                if content.data is None:
                    assert content.path is not None  # noqa: S101 -- one of the two is always there
                    shutil.copyfile(content.path, unfinished)
                    if MediaContent(path=unfinished).md5 != content.md5:
                        raise MediaError(f"{content.path} has changed since it was added: add it again")
                else:
                    unfinished.write_bytes(content.data)
        return ManifestEntry(content.md5, path.stat().st_size, str(path.absolute()))


def _in_store(store: ArtifactStore, entry: ManifestEntry) -> ManifestEntry:
    """Return *entry* with a file of *store* as its content."""
    if entry.ref:
        return entry
    if not entry.local_path:  # of a stored version
        return ManifestEntry(entry.digest, entry.size, store.contents.path(entry.digest))
    return ManifestEntry(entry.digest, entry.size, store.contents.move_in(entry.local_path, entry.digest))


def _link_into(source: str, path: str) -> None:
    """Give *source* the name *path*, unless there is such a file."""
    try:
        link_or_copy(source, path)
    except FileExistsError:
        if not Path(path).is_file():
            raise
    except FileNotFoundError:
        if (folder := Path(path).parent).is_dir():
            raise
        folder.mkdir(parents=True, exist_ok=True)
        _link_into(source, path)


def _notice(version: StoredVersion | None, contents: ArtifactContents, problem: str) -> str:
    if version is None and problem:
        return f"the artifact {contents.name} is in the run, but not in the artifact store: {problem}"
    if version is not None and version.type != contents.type:
        return f"{version.qualified_name} has the same files and the type {version.type!r}, not {contents.type!r}"
    return ""


def new_version(record: ArtifactRecord, run: LineageRun) -> StoredVersion:
    """Return the version of *record*, which *run* logged, without a number."""
    return StoredVersion(
        entity=run.entity,
        project=run.project,
        name=record.name,
        type=record.type,
        index=0,
        digest=record.digest,
        client_id=record.client_id,
        sequence_client_id=record.sequence_client_id,
        created=time.time(),
        size=sum(entry.size for entry in record.entries.values()),
        file_count=len(record.entries),
        description=record.description,
        metadata=json.loads(record.metadata) if record.metadata else {},
        tags=list(record.tags),
        ttl=record.ttl or None,
        incremental=record.incremental,
        run=run,
        step=record.step,
    )


def _random_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(CLIENT_ID_LENGTH))
