"""What an artifact is: a draft, or a stored version, with the same properties."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts import artifact_names as names
from wandb_nb.artifacts.artifact_metadata import ArtifactTTL, check_ttl, plain_metadata
from wandb_nb.artifacts.draft.draft_contents import DraftContents
from wandb_nb.artifacts.manifest import manifest_digest
from wandb_nb.artifacts.version_name import parse_version_name
from wandb_nb.errors import ArtifactError, ArtifactStateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wandb_nb.artifacts.store.stored_version import StoredVersion
    from wandb_nb.artifacts.version_source import VersionSource
    from wandb_nb.store.format.artifact_record import ManifestEntry

PENDING, COMMITTED, DELETED = "PENDING", "COMMITTED", "DELETED"


class ArtifactProperties:
    """The properties of an artifact. Not thread-safe."""

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
        self._collection, self._type = names.check_name(name), names.check_type(type)
        self._incremental, self.use_as = bool(incremental), use_as
        self._contents = DraftContents(self._collection)
        self._is_logged = self._is_deleted = False
        self._source: VersionSource | None = None
        self._version: StoredVersion | None = None
        self._entries: dict[str, ManifestEntry] | None = None
        self._describe(description, plain_metadata(metadata), [], [], None)

    def _describe(
        self,
        description: str | None,
        metadata: dict[str, Any],
        aliases: list[str],
        tags: list[str],
        ttl: timedelta | None,
    ) -> None:
        self._description, self._metadata = description, metadata
        self._aliases, self._tags, self._ttl = aliases, tags, ttl

    def _set_version(self, version: StoredVersion, source: VersionSource, *, keep: bool = False) -> None:
        """Become the stored *version*; *keep* the description of the draft, which its equal predecessor lacks."""
        self._is_logged, self._version, self._source = True, version, source
        self._collection, self._type, self._incremental = version.name, version.type, version.incremental
        if keep:
            self._aliases = source.aliases(version)
            return
        ttl = timedelta(seconds=version.ttl) if version.ttl else None
        metadata, tags = dict(version.metadata), list(version.tags)
        self._describe(version.description or None, metadata, source.aliases(version), tags, ttl)

    # -- what it is

    @property
    def name(self) -> str:
        """The name, with the version once that is known: "data", then "data:v0"."""
        return f"{self._collection}:{self._version.version}" if self._version else self._collection

    @property
    def type(self) -> str:
        """The type, such as "model" or "dataset"."""
        return self._type

    @property
    def incremental(self) -> bool:
        """Whether it adds to the version before it."""
        return self._incremental

    @property
    def state(self) -> str:
        """One of "PENDING" (not logged), "COMMITTED" and "DELETED"."""
        return DELETED if self._is_deleted else COMMITTED if self._is_logged else PENDING

    @property
    def digest(self) -> str:
        """The digest over the paths and contents of all files, in hexadecimal."""
        return self._version.digest if self._version else manifest_digest(self._all_entries())

    @property
    def size(self) -> int:
        """The size of all files in bytes; an address that was not asked for its size counts nothing."""
        return sum(entry.size for entry in self._all_entries().values())

    @property
    def file_count(self) -> int:
        """The number of files, with references."""
        return len(self._all_entries())

    def is_draft(self) -> bool:
        """Return whether it has not been logged."""
        return not self._is_logged

    # -- what describes it

    @property
    def description(self) -> str | None:
        """The text that describes it; an assigned one is stored when it is logged, later by `save()`."""
        return self._description

    @description.setter
    def description(self, text: str | None) -> None:
        self._description = text

    @property
    def metadata(self) -> dict[str, Any]:
        """Values that describe it, as JSON has them; changes are stored when it is logged, later by `save()`."""
        return self._metadata

    @metadata.setter
    def metadata(self, values: Mapping[str, Any] | None) -> None:
        self._metadata = plain_metadata(values)

    @property
    def aliases(self) -> list[str]:
        """The aliases; can be assigned or changed, and are stored when it is logged, later by `save()`."""
        return self._aliases

    @aliases.setter
    def aliases(self, aliases: str | Iterable[str] | None) -> None:
        self._aliases = names.check_aliases(aliases)

    @property
    def tags(self) -> list[str]:
        """The tags; can be assigned or changed, and are stored when it is logged, later by `save()`."""
        return self._tags

    @tags.setter
    def tags(self, tags: str | Iterable[str] | None) -> None:
        self._tags = names.check_tags(tags)

    @property
    def ttl(self) -> timedelta | None:
        """How long a server keeps the version; None for ever. The store of this machine never deletes one by itself."""
        return self._ttl

    @ttl.setter
    def ttl(self, ttl: timedelta | ArtifactTTL | None) -> None:
        self._ttl = check_ttl(ttl)

    # -- where it is stored

    @property
    def version(self) -> str:
        """The version, such as "v0"; known when `log_artifact()` returns."""
        return self._stored("version").version

    @property
    def qualified_name(self) -> str:
        """Entity (where known), project, name and version: "team/digits/data:v0"."""
        return self._stored("qualified_name").qualified_name

    @property
    def entity(self) -> str:
        """The entity that it belongs to; empty where the run has none."""
        return self._stored("entity").entity

    @property
    def project(self) -> str:
        """The project that it belongs to."""
        return self._stored("project").project

    @property
    def id(self) -> str:
        """The id that the run's file names it by."""
        return self._stored("id").client_id

    @property
    def created_at(self) -> str:
        """When it was logged, in UTC: "2026-01-31T12:00:00Z"."""
        return _timestamp(self._stored("created_at").created)

    @property
    def updated_at(self) -> str:
        """When its description was changed last, else when it was logged."""
        version = self._stored("updated_at")
        return _timestamp(version.updated or version.created)

    @property
    def history_step(self) -> int | None:
        """The step of the newest row when the run logged the version; None if there was none, or it is unknown."""
        return self._stored("history_step").step

    @property
    def commit_hash(self) -> str:
        """The digest of the version."""
        return self._stored("commit_hash").digest

    @property
    def is_link(self) -> bool:
        """Whether it is a link to a version of another collection."""
        return bool(self._stored("is_link").source)

    @property
    def source_qualified_name(self) -> str:
        """The qualified name of the version that this one is a link to, else its own."""
        version = self._stored("source_qualified_name")
        return version.source or version.qualified_name

    @property
    def source_name(self) -> str:
        """The name and version of that version: "data:v0"."""
        return self.source_qualified_name.rpartition("/")[2]

    @property
    def source_version(self) -> str:
        """The version of that version: "v0"."""
        return self.source_qualified_name.rpartition(":")[2]

    @property
    def source_project(self) -> str:
        """The project of that version."""
        return parse_version_name(self.source_qualified_name).project or ""

    @property
    def source_entity(self) -> str:
        """The entity of that version; empty where its run has none."""
        return parse_version_name(self.source_qualified_name).entity or ""

    def _stored(self, what: str) -> StoredVersion:
        """Return the stored version, or raise ArtifactStateError that *what* is not known."""
        if self._is_deleted:
            raise ArtifactStateError(f"the artifact {self.name} was deleted: use another version")
        if self._version is not None:
            return self._version
        if self._is_logged:
            reason = "it is not in the artifact store of this machine: if it was upserted, call run.finish_artifact()"
        else:
            reason = "it was not logged: call run.log_artifact()"
        raise ArtifactStateError(f"Artifact.{what} of {self.name} is not known, since {reason}")

    def _all_entries(self) -> Mapping[str, ManifestEntry]:
        if self._version is None or self._source is None:
            return self._contents.entries
        if self._entries is None:
            self._entries = self._source.manifest(self._version)
        return self._entries


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
