"""Files that a database lists and a store lacks: none is there, or an archive had not all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from wandb_nb.formatting import count_of
from wandb_nb.server.maintenance.archive_form import FILE_TABLES
from wandb_nb.server.storage.tables import artifact_entries, artifact_manifests, artifacts, contents, files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.files.file_store import FileStore
    from wandb_nb.server.storage.files.s3_address import S3Address

_BATCH = 500


def report_empty_store(database: Database, store: FileStore, place: Path | S3Address) -> str:
    """Return what to do if *store*, at *place*, has no file at all but *database* lists some; else an empty text."""
    if any(store.list_blobs()):
        return ""
    with database.read() as connection:
        queries = (select(func.count()).select_from(table) for table, _ in FILE_TABLES)
        count = sum(connection.execute(query).scalar_one() for query in queries)
    if not count:
        return ""
    return (
        f"the database lists {count_of(count, 'file')}, and {place} has none of them; if they are elsewhere, give "
        "the server's own --dir and --files, or WANDB_NB_SERVER_DIR and WANDB_NB_SERVER_FILES"
    )


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
