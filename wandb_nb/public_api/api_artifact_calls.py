"""The methods of `Api` that read artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.artifacts.artifact import find_artifact
from wandb_nb.artifacts.version_name import parse_version_name
from wandb_nb.errors import ArtifactError, ArtifactNotFoundError, UsageError
from wandb_nb.public_api.api_artifacts import ApiArtifactCollection, ApiArtifactType, Artifacts
from wandb_nb.public_api.api_paths import project_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.artifacts.artifact import Artifact
    from wandb_nb.artifacts.store.stored_version import StoredVersion
    from wandb_nb.public_api.api_paths import PathDefaults
    from wandb_nb.public_api.artifact_catalog import ArtifactCatalog, CollectionName


class ApiArtifactCalls:
    """What `Api` inherits: artifacts by name, type and project."""

    _artifact_catalog: ArtifactCatalog
    _defaults: PathDefaults

    def artifact(self, name: str, type: str | None = None) -> Artifact:  # noqa: A002 -- W&B's name
        """Return the version *name*: "entity/project/name:alias", "project/name:v0", "name:latest".

        Raises:
            ArtifactNotFoundError: There is none; the message has the nearest names.
            ArtifactError: The name is not possible, or its type is not *type*.

        """
        source = self._artifact_catalog.source
        return find_artifact(name, self._defaults.entity, self._defaults.project, source, type)

    def artifact_exists(self, name: str, type: str | None = None) -> bool:  # noqa: A002 -- the same
        """Return whether there is a version *name*, of *type* if that is given.

        Raises:
            ArtifactError: The name is not possible.

        """
        parse_version_name(name)
        try:
            self.artifact(name, type)
        except (ArtifactNotFoundError, ArtifactError):
            return False
        return True

    def artifacts(
        self,
        type_name: str,
        name: str,
        order: str | None = None,
        per_page: int = 50,  # noqa: ARG002 -- W&B's argument: pages are a server's
        tags: Sequence[str] | None = None,
    ) -> Artifacts:
        """Return the versions of the artifact *name* ("entity/project/name" or shorter) of type *type_name*.

        Args:
            type_name: The type.
            name: The artifact, without a version.
            order: "+created_at" for the oldest first; newest first by default.
            per_page: Accepted.
            tags: Only versions with all of these tags.

        Raises:
            UsageError: There is no such artifact.

        """
        collection = self._collection(type_name, name)

        def versions() -> list[StoredVersion]:
            oldest_first = [
                each for each in self._artifact_catalog.versions(collection) if set(tags or ()) <= set(each.tags)
            ]
            return oldest_first if (order or "").startswith("+") else oldest_first[::-1]

        return Artifacts(versions, self._artifact_catalog.source)

    artifact_versions = artifacts

    def artifact_collection(self, type_name: str, name: str) -> ApiArtifactCollection:
        """Return the artifact *name* ("entity/project/name" or shorter) of type *type_name*.

        Raises:
            UsageError: There is no such artifact.

        """
        return ApiArtifactCollection(self._artifact_catalog, self._collection(type_name, name))

    def artifact_collection_exists(self, name: str, type: str) -> bool:  # noqa: A002 -- W&B's name
        """Return whether there is an artifact *name* of *type*."""
        try:
            self._collection(type, name)
        except UsageError:
            return False
        return True

    def artifact_collections(self, project_name: str, type_name: str) -> list[ApiArtifactCollection]:
        """Return the artifacts of a type in the project ("entity/project" or "project")."""
        return self.artifact_type(type_name, project_name).collections()

    def artifact_type(self, type_name: str, project: str | None = None) -> ApiArtifactType:
        """Return the type *type_name* of a project; it may have no artifacts."""
        collections = [each for each in self._collections(project or "") if each.type == type_name]
        return ApiArtifactType(self._artifact_catalog, type_name, collections)

    def artifact_types(self, project: str | None = None) -> list[ApiArtifactType]:
        """Return the types that artifacts of a project have, by name."""
        collections = self._collections(project or "")
        return [
            ApiArtifactType(self._artifact_catalog, name, [each for each in collections if each.type == name])
            for name in sorted({each.type for each in collections})
        ]

    def _collections(self, path: str) -> list[CollectionName]:
        return self._artifact_catalog.collections(*project_path(path, self._defaults))

    def _collection(self, type_name: str, name: str) -> CollectionName:
        path, _, own = name.rpartition("/")
        for collection in self._collections(path):
            if (collection.type, collection.name) == (type_name, own):
                return collection
        raise UsageError(
            f"there is no artifact {name!r} of type {type_name!r}: Api().artifact_types(project) leads to all"
        )
