"""Artifacts that a run logs and uses: `Run.log_artifact`, `use_artifact`, `link_artifact` and their kin."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.artifacts.artifact import Artifact, find_artifact
from wandb_nb.artifacts.artifact_names import MAX_NAME, check_aliases, check_tags
from wandb_nb.artifacts.draft.staging import abandoned_folders
from wandb_nb.artifacts.local_versions import LocalVersions
from wandb_nb.artifacts.run_artifacts import RunArtifacts
from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.artifacts.store.store_cleaning import limit_store
from wandb_nb.artifacts.store.stored_version import LineageRun
from wandb_nb.artifacts.version_name import LATEST, parse_version_name
from wandb_nb.errors import ArtifactError, MediaError, StoreError
from wandb_nb.store.format.artifact_record import LinkedVersion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from wandb_nb.artifacts.version_name import VersionName
    from wandb_nb.tracking.session.run_session import RunSession

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]")
MODEL = "model"


def log_artifact(
    session: RunSession,
    source: Any,
    *,
    name: str | None = None,
    kind: str | None = None,
    aliases: str | Iterable[str] | None = None,
    tags: str | Iterable[str] | None = None,
    is_used: bool = False,
    distributed_id: str = "",
    is_final: bool = True,
) -> Artifact:
    """Log the artifact *source*, or what it names, and return it; one that cannot be stored is reported once by name.

    With *distributed_id* it is a part of a version, which is complete with the part that *is_final*.

    Raises:
        ArtifactError: It is not an artifact, or a name, type, alias or tag is not possible.
        RunFinishedError: The run has finished.

    """
    session.expect_running("log_artifact()")
    _limit_store_at_end(session)
    artifact = _artifact_of(source, session.identity.id, name, kind)
    if not isinstance(artifact, Artifact):
        raise ArtifactError(f"an Artifact or a path is needed, got {type(artifact).__name__}: give one of these")
    directory, logged = session.directory, None
    try:
        contents = artifact.contents_to_log(check_aliases(aliases), check_tags(tags))
        if directory is not None:
            description, metadata = directory.redact(contents.description), directory.redact.json(contents.metadata)
            contents = replace(contents, description=description, metadata=metadata, is_used=is_used)
            contents = replace(contents, distributed_id=distributed_id, is_final=is_final)
            logged = _run_artifacts(session).log_version(contents, session.logger.stored_step, session.logger.attempt)
    except (MediaError, OSError) as error:
        session.notice(
            f"{error}; the run continues without it; log it again when that is solved", f"artifact-{artifact.name}"
        )
    artifact.set_logged(logged, LocalVersions())
    if logged is not None and logged.notice:
        session.notice(logged.notice, f"artifact-store-{artifact.name}")
    return artifact


def shared_id(session: RunSession, distributed_id: str | None) -> str:
    """Return what the runs that write one version have in common: *distributed_id*, else the group.

    Raises:
        ArtifactError: There is neither.

    """
    identifier = distributed_id or session.identity.group
    if not identifier:
        raise ArtifactError(
            "several runs write one artifact only if they have something in common: give init(group=...) or "
            "distributed_id=..."
        )
    return identifier


def use_artifact(session: RunSession, used: Artifact | str, kind: str | None = None, aliases: Any = None) -> Artifact:
    """Return the artifact *used*, or the stored version of that name, as an input of the run; a draft is logged first.

    Raises:
        ArtifactNotFoundError: There is none.
        ArtifactError: The name is not possible, its type is not *kind*, or it is not an artifact.
        CommError: The server of an online run does not answer, and the version is not on this machine.
        RunFinishedError: The run has finished.

    """
    session.expect_running("use_artifact()")
    _limit_store_at_end(session)
    session.uses_artifacts = True
    if isinstance(used, str):
        used = _find(session, used, kind)
    elif not _is_stored(used):
        return log_artifact(session, used, aliases=aliases, is_used=True)
    _record_use(session, used)
    return used


def _find(session: RunSession, name: str, kind: str | None) -> Artifact:
    """Return the version *name* of this machine, in an online run first of all that of its server; errors as there."""
    if session.sync is None:
        identity = session.identity
        return find_artifact(name, identity.entity, identity.project_name, LocalVersions(), kind)
    from wandb_nb.tracking.online.used_artifacts import UsedArtifacts  # offline runs do without the sync package

    return UsedArtifacts(session.settings, _lineage_run(session), session.notice).find(name, kind)


def _limit_store_at_end(session: RunSession) -> None:
    """Have the artifact store cleaned up to the limit that the settings give, once the run has finished."""
    limit = session.settings.artifact_store_limit
    if limit is not None and session.directory is not None and _StoreLimit(limit) not in session.on_finish:
        session.on_finish.append(_StoreLimit(limit))


@dataclass(frozen=True)
class _StoreLimit:
    """Cleans up the artifact store where it has more than *limit* bytes."""

    limit: int

    def __call__(self) -> None:
        limit_store(ArtifactStore(), self.limit, abandoned_folders())


def _is_stored(artifact: Any) -> bool:
    return getattr(artifact, "stored_version", lambda: None)() is not None


def _record_use(session: RunSession, artifact: Artifact) -> None:
    """Record that the run uses the stored version *artifact*; a store that cannot be written is reported."""
    version = artifact.stored_version()
    if session.directory is None or version is None:
        return
    try:
        _run_artifacts(session).use(version)
    except StoreError as error:
        session.notice(f"{error}; its run file does", "artifact-store")


def link_artifact(session: RunSession, artifact: Artifact, target_path: str, aliases: Any) -> Artifact:
    """Make *artifact*, logged first if it is a draft, a version of the collection *target_path* as well.

    Raises:
        ArtifactError: It is not an artifact, the path or an alias is not possible, or the type differs.
        ArtifactStateError: It is not in the artifact store.
        StoreError: The store cannot be written.
        RunFinishedError: The run has finished.

    """
    session.expect_running("link_artifact()")
    if not _is_stored(artifact):
        log_artifact(session, artifact)
    linked = artifact.link_by(_lineage_run(session), target_path, aliases)
    _record_link(session, artifact, parse_version_name(target_path), check_aliases(aliases))
    return linked


def _record_link(session: RunSession, artifact: Artifact, target: VersionName, aliases: list[str]) -> None:
    """Record the link of a version of this machine; one of a server has been linked there."""
    version = artifact.stored_version()
    if session.directory is None or version is None or not version.client_id:
        return
    names = (target.name, target.project or "", target.entity or "")
    _run_artifacts(session).record_link(LinkedVersion(version.client_id, *names, (LATEST, *aliases)))


def use_model(session: RunSession, name: str) -> str:
    """Download the model *name*, which the run then uses, and return the path of its file, or of its folder.

    Raises:
        ArtifactNotFoundError: There is none.
        ArtifactError: It is not a model.
        RunFinishedError: The run has finished.

    """
    session.expect_running("use_model()")
    path = Path(name).expanduser()
    if path.exists():  # as `log_model()` takes one
        return str(path)
    artifact = use_artifact(session, name)
    if MODEL not in artifact.type.lower():
        raise ArtifactError(
            f"the artifact {artifact.qualified_name} has the type {artifact.type!r}: use_model() needs a model; "
            "call use_artifact()"
        )
    return artifact.file() if artifact.file_count == 1 else artifact.download()


def safe_name(text: str) -> str:
    """Return *text* as a name that an artifact can have."""
    return _FORBIDDEN.sub("_", text)[:MAX_NAME]


def _artifact_of(source: Any, run_id: str, name: str | None, kind: str | None) -> Any:
    """Return the artifact *source*, or a new one of the file, folder or address that it names.

    Raises:
        ArtifactError: There is nothing at the path, or the name or type is not possible.

    """
    if not isinstance(source, (str, os.PathLike)):
        return source
    text = os.fspath(source)
    base = Path(text).name or Path(text).resolve().name
    artifact = Artifact(name or safe_name(f"run-{run_id}-{base}"), kind or "unspecified")
    if os.path.isfile(text):  # noqa: PTH113 -- a text of the user, which may be no path at all
        artifact.add_file(text)
    elif os.path.isdir(text):  # noqa: PTH112 -- as above
        artifact.add_dir(text)
    elif "://" in text:
        artifact.add_reference(text)
    else:
        raise ArtifactError(f"there is no file or folder {text!r} to log as an artifact: check the path")
    return artifact


def _run_artifacts(session: RunSession) -> RunArtifacts:
    directory = session.directory
    assert directory is not None  # noqa: S101 -- of a run that is not disabled
    return RunArtifacts(directory.path, directory.writer.append, _lineage_run(session))


def _lineage_run(session: RunSession) -> LineageRun:
    identity, directory = session.identity, session.directory
    folder = "" if directory is None else str(directory.path.absolute())
    return LineageRun(identity.id, identity.project_name, identity.entity or "", identity.name, folder)
