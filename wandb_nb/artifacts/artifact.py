"""`wandb.Artifact`: a version of a named set of files, as a draft and once it is stored."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.artifact_files import ArtifactFiles
from wandb_nb.artifacts.artifact_metadata import metadata_json, plain_metadata
from wandb_nb.artifacts.artifact_names import check_aliases, check_tags
from wandb_nb.artifacts.draft.draft_contents import DraftContents
from wandb_nb.artifacts.local_versions import LocalVersions
from wandb_nb.artifacts.store.lineage_files import LOGGED, USED
from wandb_nb.artifacts.version_name import LATEST, parse_version_name, version_index
from wandb_nb.data.artifact_contents import ArtifactContents
from wandb_nb.errors import ArtifactError, ArtifactStateError, Error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.artifacts.run_artifacts import LoggedVersion
    from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
    from wandb_nb.artifacts.version_source import VersionSource


class _IgnoredWhileDisabled(type):
    """The class of `Artifact`: a disabled run takes every call, so that impossible arguments raise nothing."""

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        """Make an artifact, or in disabled mode something that accepts any call."""
        # By its name, as everywhere below: runs are in a higher layer.
        run = import_module("wandb_nb.tracking.process.active_runs").current()
        if run is not None and run.disabled:
            return import_module("wandb_nb.tracking.unimplemented").Swallowed()
        return super().__call__(*arguments, **options)


class Artifact(ArtifactFiles, metaclass=_IgnoredWhileDisabled):
    """A version of a named set of files, to be logged with `run.log_artifact()`.

    Args:
        name: Letters, digits, dashes, underscores and dots, 128 at most.
        type: What it is, such as "model" or "dataset".
        description: A text.
        metadata: A dict of values.
        incremental: Whether it adds to the version before it.
        use_as: Accepted; has no effect.

    Raises:
        ArtifactError: The name, type or metadata is not possible.

    """

    __module__ = "wandb_nb"

    # -- logging and changing

    def wait(self, timeout: int | None = None) -> Artifact:  # noqa: ARG002 -- the documented signature
        """Return the artifact: it was on disk when `log_artifact()` returned, so there is nothing to wait for.

        Raises:
            ArtifactStateError: It was not logged.

        """
        if not self._is_logged:
            raise ArtifactStateError(f"the artifact {self.name} was not logged: call run.log_artifact() first")
        return self

    def save(self, project: str | None = None, settings: Any = None) -> None:
        """Log a draft in the active run, or in one started for it; of a stored version, store what describes it.

        Those are description, metadata, aliases, tags and ttl. *project* and *settings* are for a run that is started.

        Raises:
            ArtifactError: An alias, a tag or the metadata is not possible.
            ArtifactStateError: The version was deleted.
            StoreError: The store cannot be written.

        """
        if not self._is_logged:
            self._log(project, settings)
            return
        version, source = self._stored("save()"), self._expect_source()
        changes = {
            "description": self._description or "",
            "metadata": plain_metadata(self._metadata),
            "tags": check_tags(self._tags),
            "ttl": self._ttl.total_seconds() if self._ttl else None,
        }
        self._version = source.update(version, _own_aliases(self._aliases), **changes)
        self._aliases = source.aliases(self._version)

    def new_draft(self) -> Artifact:
        """Return a draft with the files and description of this version, to be changed and logged as the next one.

        Files that are on a server only are fetched when the draft is logged.

        Raises:
            ArtifactStateError: This is a draft itself.

        """
        self._stored("new_draft()")
        draft = Artifact(self._collection, self._type, self._description, self._metadata, self._incremental)
        source = self._expect_source()
        fetch = None if isinstance(source, LocalVersions) else source.fetch
        draft._contents = DraftContents(self._collection, self._all_entries(), fetch)
        draft._ttl = self._ttl
        return draft

    def delete(self, delete_aliases: bool = False) -> None:
        """Delete the version; its number is not used again. Its contents stay until `wandb-nb artifact clean`.

        Raises:
            ArtifactStateError: It was not logged, or it has aliases besides "latest" and *delete_aliases* is not set.
            StoreError: The store cannot be written.

        """
        version, source = self._stored("delete()"), self._expect_source()
        aliases = [alias for alias in source.aliases(version) if alias != LATEST]
        if aliases and not delete_aliases:
            raise ArtifactStateError(
                f"the artifact {self.name} has the aliases {', '.join(aliases)}: give delete_aliases=True"
            )
        source.delete(version)
        self._is_deleted = True

    # -- links

    def link(self, target_path: str, aliases: Iterable[str] | None = None) -> Artifact:
        """Make the version one of the collection *target_path*, too, and return it as that.

        The path is "collection", "project/collection" or "entity/project/collection".

        Raises:
            ArtifactError: The path or an alias is not possible, or the collection has versions of another type.
            ArtifactStateError: The version was not logged.
            StoreError: The store cannot be written.

        """
        run = import_module("wandb_nb").run
        linked: Artifact = (
            run.link_artifact(self, target_path, aliases) if run else self.link_by(None, target_path, aliases)
        )
        return linked

    def link_by(self, run: LineageRun | None, target_path: str, aliases: Iterable[str] | None = None) -> Artifact:
        """Do what `link()` does, by *run*."""
        version, source = self._stored("link()"), self._expect_source()
        place = run or version
        target = parse_version_name(target_path).within(place.entity, place.project)
        names = list(dict.fromkeys([LATEST, *check_aliases(aliases)]))
        return stored_artifact(source.link(version, target, names, run), source)

    def unlink(self) -> None:
        """Delete this link; the version that it is a link to stays.

        Raises:
            ArtifactStateError: It is not a link.
            StoreError: The store cannot be written.

        """
        if not self.is_link:
            raise ArtifactStateError(f"the artifact {self.name} is not a link: delete() deletes a version")
        self._expect_source().delete(self._stored("unlink()"))
        self._is_deleted = True

    # -- lineage

    def logged_by(self) -> LineageRun | None:
        """Return the run that made the version (or this link), as far as it is known."""
        version = self._stored("logged_by()")
        return version.run or next(iter(self._expect_source().runs(version, LOGGED)), None)

    def used_by(self) -> list[LineageRun]:
        """Return the runs that used the version, oldest first."""
        return self._expect_source().runs(self._stored("used_by()"), USED)

    # -- for runs

    def contents_to_log(self, aliases: Iterable[str], tags: Iterable[str]) -> ArtifactContents:
        """Return what is to be logged now, with these aliases and tags besides its own.

        Raises:
            MediaError: A file that was added without a copy has changed or is gone.

        """
        own = [*check_aliases(self._aliases), *aliases]
        self._aliases = list(dict.fromkeys([LATEST, *_own_aliases(own)]))
        self._tags = list(dict.fromkeys([*check_tags(self._tags), *tags]))
        entries = dict(self._all_entries()) if self._is_logged else self._contents.stage()
        return ArtifactContents(
            self._collection,
            self._type,
            self._incremental,
            entries=entries,
            description=self._description or "",
            metadata=metadata_json(self._metadata) if self._metadata else "",
            aliases=tuple(self._aliases),
            tags=tuple(self._tags),
            ttl=int(self._ttl.total_seconds()) if self._ttl else 0,
        )

    def set_logged(self, logged: LoggedVersion | None, source: VersionSource) -> None:
        """Mark it as logged: its files can no longer be changed. *logged* is what became of it, None if it was lost."""
        self._is_logged = True
        if logged is None:
            return
        self._contents.entries.update(logged.entries)
        if logged.version is not None:
            self._set_version(logged.version, source, keep=True)

    def stored_version(self) -> StoredVersion | None:
        """Return the stored version, None for a draft."""
        return self._version

    def _log(self, project: str | None, settings: Any) -> None:
        package = import_module("wandb_nb")
        if package.run is not None:
            package.run.log_artifact(self)
            return
        with package.init(project=project, settings=settings, job_type="auto") as run:
            run.log_artifact(self)

    def _expect_source(self) -> VersionSource:
        assert self._source is not None  # noqa: S101 -- a stored version has one
        return self._source

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows: the version with its lineage; None for a draft, which has none."""
        if self._version is None or self._source is None or self._is_deleted:
            return None
        from wandb_nb.artifacts.lineage.artifact_summary import summary_html  # for notebooks only

        try:
            return summary_html(self._version, self._source)
        except Error:  # deleted meanwhile, or damaged: its name is enough
            return None

    def __repr__(self) -> str:
        return f"<Artifact {self._version.qualified_name if self._version else self.name}>"


def stored_artifact(version: StoredVersion, source: VersionSource) -> Artifact:
    """Return the stored *version* of *source* as an artifact."""
    artifact = Artifact.__new__(Artifact)  # not the call, which checks what a user gives, and is ignored when disabled
    ArtifactFiles.__init__(artifact, "stored", "unspecified")
    artifact._set_version(version, source)  # noqa: SLF001 -- of this class
    return artifact


def find_artifact(
    name: str, entity: str | None, project: str | None, source: VersionSource, kind: str | None = None
) -> Artifact:
    """Return the version *name* of *source*, of this entity and project where the name has none.

    Raises:
        ArtifactNotFoundError: There is none; the message has the nearest names.
        ArtifactError: The name is not possible, or its type is not *kind*.

    """
    version = source.find(parse_version_name(name).within(entity, project))
    if kind is not None and kind != version.type:
        raise ArtifactError(f"the artifact {version.qualified_name} has the type {version.type!r}, not {kind!r}")
    return stored_artifact(version, source)


def _own_aliases(aliases: Iterable[str]) -> list[str]:
    """Return *aliases* without the version's own number, which servers list among them."""
    return [alias for alias in check_aliases(list(aliases)) if version_index(alias) is None]
