"""What a user may do with an artifact: the rights are those of its project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.server.storage import project_store, server_ids
from wandb_nb.server.storage.artifacts import collection_store, version_store
from wandb_nb.server.storage.storage_errors import PermissionDeniedError
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from wandb_nb.server.protocol.request_context import RequestContext
    from wandb_nb.server.storage.project_store import Project

ARTIFACT, COLLECTION, MANIFEST = "Artifact", "ArtifactCollection", "ArtifactManifest"


def project_of(context: RequestContext, project_id: int) -> Project:
    """Return the project as the user sees it, whether or not it is readable."""
    if project_id not in context.projects:
        context.projects[project_id] = project_store.project_by_id(context.connection, context.user, project_id)
    return context.projects[project_id]


def is_visible(context: RequestContext, row: Any) -> bool:
    """Whether the user may see the artifact *row*: a version in a readable project, or one that is being written."""
    right = project_of(context, row.project_id).right
    return right >= (Right.READ if row.manifest_id is not None else Right.WRITE)


def visible_artifact(context: RequestContext, artifact_id: str | None) -> Any:
    """Return the row of the artifact with this GraphQL id; None if the user may not see it."""
    number = server_ids.parse_global_id(ARTIFACT, artifact_id or "")
    row = version_store.artifact_by_id(context.connection, number)
    return row if row is not None and is_visible(context, row) else None


def readable_artifact(context: RequestContext, artifact_id: str | None) -> Any:
    """Return the row of the artifact with this GraphQL id.

    Raises:
        PermissionDeniedError: There is none, or the user may not read it.

    """
    row = visible_artifact(context, artifact_id)
    if row is None:
        raise PermissionDeniedError("permission denied: no artifact has this id on this server, or you may not read it")
    return row


def writable_artifact(context: RequestContext, artifact_id: str | None) -> Any:
    """Return the row of the artifact with this GraphQL id.

    Raises:
        PermissionDeniedError: There is none, or the user may not change it.

    """
    row = readable_artifact(context, artifact_id)
    _check_write(context, row.project_id)
    return row


def visible_collection(context: RequestContext, collection_id: str) -> Any:
    """Return the row of the collection with this GraphQL id; None if the user may not see it."""
    number = server_ids.parse_global_id(COLLECTION, collection_id)
    row = collection_store.collection_by_id(context.connection, number)
    return row if row is not None and project_of(context, row.project_id).right >= Right.READ else None


def writable_collection(context: RequestContext, collection_id: str) -> Any:
    """Return the row of the collection with this GraphQL id.

    Raises:
        PermissionDeniedError: There is none, or the user may not change it.

    """
    row = visible_collection(context, collection_id)
    if row is None:
        raise PermissionDeniedError(
            "permission denied: no collection has this id on this server, or you may not see it"
        )
    _check_write(context, row.project_id)
    return row


def _check_write(context: RequestContext, project_id: int) -> None:
    project = project_of(context, project_id)
    if project.right < Right.WRITE:
        raise PermissionDeniedError(
            f"permission denied: {context.user.name} may not change {project.entity}/{project.name}"
        )
