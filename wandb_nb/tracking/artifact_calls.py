"""`ArtifactCalls`: what a run does with artifacts; it logs, uses and links them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.tracking.readable_run import ReadableRun

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from wandb_nb.artifacts.artifact import Artifact


class ArtifactCalls(ReadableRun):
    """The calls of a run that take or return artifacts. Thread-safe."""

    def log_artifact(
        self,
        artifact_or_path: Artifact | str | os.PathLike[str],
        name: str | None = None,
        type: str | None = None,  # noqa: A002 -- the documented name
        aliases: str | Iterable[str] | None = None,
        tags: str | Iterable[str] | None = None,
    ) -> Artifact:
        """Log an artifact, or a file, folder or address as one, and return it; it is on disk when the call returns.

        *name* (`run-<id>-<file>` by default) and *type* ("unspecified") are those of an artifact made of a path. The
        alias "latest" is always there, *aliases* and *tags* are added. Where the files cannot be stored, as on a full
        disk, the run continues without the artifact, and that is reported once.

        Raises:
            ArtifactError: There is nothing at the path, or a name, type, alias or tag is not possible.
            RunFinishedError: The run has finished.

        """
        from wandb_nb.tracking.files.logged_artifacts import log_artifact  # many runs log none

        return log_artifact(self._session, artifact_or_path, name=name, kind=type, aliases=aliases, tags=tags)

    def upsert_artifact(
        self,
        artifact_or_path: Artifact | str | os.PathLike[str],
        name: str | None = None,
        type: str | None = None,  # noqa: A002 -- the documented name
        aliases: str | Iterable[str] | None = None,
        distributed_id: str | None = None,
    ) -> Artifact:
        """Add the files of an artifact, or of a path, to a version that several runs write; see `log_artifact`.

        The runs have *distributed_id* in common, by default their group. `finish_artifact()` completes the version.

        Raises:
            ArtifactError: The run has no group and no id is given, or as for `log_artifact`.
            RunFinishedError: The run has finished.

        """
        return self._log_part(artifact_or_path, name, type, aliases, distributed_id, is_final=False)

    def finish_artifact(
        self,
        artifact_or_path: Artifact | str | os.PathLike[str],
        name: str | None = None,
        type: str | None = None,  # noqa: A002 -- the documented name
        aliases: str | Iterable[str] | None = None,
        distributed_id: str | None = None,
    ) -> Artifact:
        """Add the last files to a version that several runs write, and complete it; see `upsert_artifact`.

        Raises:
            ArtifactError: As for `upsert_artifact`.
            RunFinishedError: The run has finished.

        """
        return self._log_part(artifact_or_path, name, type, aliases, distributed_id, is_final=True)

    def _log_part(
        self,
        source: Artifact | str | os.PathLike[str],
        name: str | None,
        kind: str | None,
        aliases: str | Iterable[str] | None,
        distributed_id: str | None,
        *,
        is_final: bool,
    ) -> Artifact:
        from wandb_nb.tracking.files.logged_artifacts import log_artifact, shared_id  # as above

        return log_artifact(
            self._session,
            source,
            name=name,
            kind=kind,
            aliases=aliases,
            distributed_id=shared_id(self._session, distributed_id),
            is_final=is_final,
        )

    def use_artifact(
        self,
        artifact_or_name: Artifact | str,
        type: str | None = None,  # noqa: A002 -- the documented name
        aliases: str | Iterable[str] | None = None,
        use_as: str | None = None,
    ) -> Artifact:
        """Mark an artifact as an input of the run, and return it; a draft is logged first.

        A name is "name:alias", "project/name:v0" or "entity/project/name:latest"; without a project it is one of the
        run's. An online run uses the versions of its server, and those of this machine that the server lacks; another
        run uses those of this machine. *type* is what the artifact must be. *use_as* is accepted.

        Raises:
            ArtifactNotFoundError: There is no such version; the message has the nearest names.
            ArtifactError: It is not an artifact or name, it has another type, or an alias is not possible.
            CommError: The server of an online run does not answer, and the version is not on this machine.
            RunFinishedError: The run has finished.

        """
        from wandb_nb.tracking.files.logged_artifacts import use_artifact  # as above

        return use_artifact(self._session, artifact_or_name, type, aliases)

    def use_model(self, name: str) -> str:
        """Mark a model as an input of the run, download it, and return the path of its file, or of its folder.

        *name* is as in `use_artifact`; the path of a file or folder of this machine is returned as it is.

        Raises:
            ArtifactNotFoundError: There is no such version; the message has the nearest names.
            ArtifactError: It is not a model.
            RunFinishedError: The run has finished.

        """
        from wandb_nb.tracking.files.logged_artifacts import use_model  # as above

        return use_model(self._session, name)

    def link_artifact(
        self, artifact: Artifact, target_path: str, aliases: str | Iterable[str] | None = None
    ) -> Artifact:
        """Make an artifact a version of another collection, too, and return it as that; a draft is logged first.

        *target_path* is "collection", "project/collection" or "entity/project/collection". The server of the run gets
        the link, too, once it has the version.

        Raises:
            ArtifactError: It is not an artifact, the path or an alias is not possible, or the collection has another
                type.
            StoreError: The artifact store cannot be written.
            RunFinishedError: The run has finished.

        """
        from wandb_nb.tracking.files.logged_artifacts import link_artifact  # as above

        return link_artifact(self._session, artifact, target_path, aliases)

    def link_model(
        self,
        path: str | os.PathLike[str],
        registered_model_name: str,
        name: str | None = None,
        aliases: str | Iterable[str] | None = None,
    ) -> Artifact:
        """Log a file or folder as a model and link it to the collection *registered_model_name*; see `link_artifact`.

        Raises:
            ArtifactError: There is nothing at the path, or a name or an alias is not possible.
            StoreError: The artifact store cannot be written.
            RunFinishedError: The run has finished.

        """
        model = self.log_artifact(path, name, "model")
        return self.link_artifact(model, registered_model_name, aliases)

    def log_model(
        self, path: str | os.PathLike[str], name: str | None = None, aliases: str | Iterable[str] | None = None
    ) -> None:
        """Log a file or folder as an artifact of type "model"; see `log_artifact`.

        Raises:
            ArtifactError: There is nothing at the path, or the name or an alias is not possible.
            RunFinishedError: The run has finished.

        """
        self.log_artifact(path, name, "model", aliases)
