"""Deletes the files that broken uploads and interrupted deletions left in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from wandb_nb.server.storage.tables import contents, files, runs

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.file_store import FileStore

_BATCH = 500


def delete_orphans(database: Database, store: FileStore, before: float) -> int:
    """Delete the files last written before the Unix time *before* that no run or artifact has; return how many.

    A database without runs deletes nothing: it may be a new one beside the files of a lost one.
    """
    count = 0
    for paths in store.folders():
        for start in range(0, len(paths), _BATCH):
            orphans = _orphans(database, paths[start : start + _BATCH], before)
            for path in orphans:
                path.unlink(missing_ok=True)
            count += len(orphans)
    return count


def _orphans(database: Database, paths: list[Path], before: float) -> list[Path]:
    with database.read() as connection:
        if connection.execute(select(runs.c.id).limit(1)).first() is None:
            return []
        names = [path.name for path in paths]
        queries = (select(table.c.blob).where(table.c.blob.in_(names)) for table in (files, contents))
        referenced = {blob for query in queries for blob in connection.execute(query).scalars()}
    return [path for path in paths if path.name not in referenced and path.stat().st_mtime < before]
