"""Uploaded contents of artifacts: who may still add one, and how a project gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.server.storage.artifacts import content_store, version_store
from wandb_nb.server.storage.project_store import project_by_id
from wandb_nb.server.storage.users import Right, user_by_login

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.http.artifact_urls import ContentUpload
    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.files.file_store import StoredFile
    from wandb_nb.server.storage.users import User


def writer_of(services: Services, target: ContentUpload) -> User | None:
    """Return the user who may still add contents for the artifact that *target* names."""
    with services.database.read() as connection:
        writer = _writer(connection, target)
        return writer[0] if writer is not None else None


def has_right(connection: Connection, user: User | None, artifact: Any, right: Right) -> bool:
    """Whether *user* has *right* on the project of the row *artifact*; both may be missing."""
    if user is None or artifact is None:
        return False
    return project_by_id(connection, user, artifact.project_id).right >= right


def has_content(services: Services, target: ContentUpload) -> bool:
    """Return whether the content that *target* names is there, for the user who may add it."""
    with services.database.read() as connection:
        writer = _writer(connection, target)
        return writer is not None and content_store.find_content(connection, writer[1], target.digest) is not None


def add_content(services: Services, target: ContentUpload, stored: StoredFile) -> str | None:
    """Make *stored* a content of the project; return the blob that is not needed."""
    if stored.md5 != target.digest:
        return stored.blob
    with services.database.write() as connection:
        writer = _writer(connection, target)
        if writer is None:
            return stored.blob  # the artifact was deleted, or the right withdrawn, during the upload
        return content_store.add_content(connection, writer[1], stored)


def _writer(connection: Connection, target: ContentUpload) -> tuple[User, int] | None:
    """Return the user who may still add contents for the artifact that *target* names, and its project."""
    user = user_by_login(connection, target.user_id, target.login)
    artifact = version_store.artifact_by_id(connection, target.artifact_id)
    if user is None or not has_right(connection, user, artifact, Right.WRITE):
        return None
    return user, int(artifact.project_id)
