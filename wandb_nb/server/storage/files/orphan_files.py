"""Deletes the files that broken uploads and interrupted deletions left in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from wandb_nb.server.storage.tables import contents, files, runs

if TYPE_CHECKING:
    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.files.file_store import FileStore

_BATCH = 500


def delete_orphans(database: Database, store: FileStore, before: float) -> int:
    """Delete the files last written before the Unix time *before* that no run or artifact has; return how many.

    A database without runs deletes nothing that is complete: it may be a new one beside the files of a lost one.
    """
    count = store.delete_unfinished(before)
    for statuses in store.list_blobs():
        old = [status.blob for status in statuses if status.modified < before]
        for start in range(0, len(old), _BATCH):
            orphans = _unreferenced(database, old[start : start + _BATCH])
            store.delete(orphans)
            count += len(orphans)
    return count


def _unreferenced(database: Database, blobs: list[str]) -> list[str]:
    with database.read() as connection:
        if connection.execute(select(runs.c.id).limit(1)).first() is None:
            return []
        queries = (select(table.c.blob).where(table.c.blob.in_(blobs)) for table in (files, contents))
        referenced = {blob for query in queries for blob in connection.execute(query).scalars()}
    return [blob for blob in blobs if blob not in referenced]
