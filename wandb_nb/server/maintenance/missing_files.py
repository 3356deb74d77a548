"""`forget_files`: a restored database without the files that an archive lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from wandb_nb.server.storage.tables import artifact_entries, artifact_manifests, artifacts, contents, files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_BATCH = 500


def forget_files(connection: Connection, blobs: Sequence[str]) -> None:
    """Delete the files of runs and the contents that are *blobs*, and the versions of artifacts with these contents.

    They were deleted while the archive was written. A content that stayed would never be sent again: its project
    would seem to have it.
    """
    for start in range(0, len(blobs), _BATCH):
        batch = blobs[start : start + _BATCH]
        connection.execute(delete(files).where(files.c.blob.in_(batch)))
        missing = select(contents.c.id).where(contents.c.blob.in_(batch))
        manifests = select(artifact_entries.c.manifest_id).where(artifact_entries.c.content_id.in_(missing))
        incomplete = select(artifact_manifests.c.artifact_id).where(artifact_manifests.c.id.in_(manifests))
        connection.execute(delete(artifacts).where(artifacts.c.id.in_(incomplete)))
        connection.execute(delete(contents).where(contents.c.blob.in_(batch)))
