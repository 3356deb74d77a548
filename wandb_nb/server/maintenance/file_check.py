"""`check_files`: the files that the database names against those of the store."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from wandb_nb.server.storage.tables import artifact_entries, contents, files, projects, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.files.file_store import BlobStatus, FileStore

_BATCH = 1_000
_THREADS = 8


class FileProblem(NamedTuple):
    """A file that is "missing", has a wrong "size" or "digest", or is "surplus"; and what it is, or its blob."""

    kind: str
    name: str


class _ListedFile(NamedTuple):
    """A file that the database names: its blob, size and MD5, and what has it."""

    blob: str
    size: int
    md5: str
    name: str


def check_files(
    database: Database, store: FileStore, before: float, *, with_digests: bool = True
) -> Iterator[FileProblem]:
    """Yield what is wrong with the files of *store*: all that runs and artifacts have, and what nothing has.

    Files written after the Unix time *before* are not surplus, since their upload may be under way.
    """
    statuses = {status.blob: status for batch in store.list_blobs() for status in batch}
    find = partial(_problem, store, statuses, with_digests=with_digests)
    referenced: set[str] = set()
    with database.read() as connection, ThreadPoolExecutor(_THREADS) as pool:
        for batch in _stored_files(connection):
            referenced.update(file.blob for file in batch)
            problems = zip(pool.map(find, batch), batch, strict=True)
            yield from (FileProblem(kind, file.name) for kind, file in problems if kind is not None)
    for blob, status in statuses.items():
        is_surplus = blob not in referenced and status.modified < before
        if is_surplus and store.stat(blob) is not None:  # else deleted since it was listed
            yield FileProblem("surplus", blob)


def _stored_files(connection: Connection) -> Iterator[list[_ListedFile]]:
    """Yield the files of runs and the contents of artifacts, in batches."""
    path = projects.c.entity + "/" + projects.c.name
    of_runs = select(files.c.blob, files.c.size, files.c.md5, path + "/" + runs.c.name + ": " + files.c.name)
    of_runs = of_runs.join_from(files, runs, files.c.run_id == runs.c.id).join(projects)
    example = select(artifact_entries.c.path).where(artifact_entries.c.content_id == contents.c.id).limit(1)
    named = path + ": " + example.scalar_subquery()
    of_artifacts = select(contents.c.blob, contents.c.size, contents.c.digest, named).join(projects)
    for query in (of_runs, of_artifacts):
        for rows in connection.execution_options(yield_per=_BATCH).execute(query).partitions():
            yield [_ListedFile(blob, size, md5, name or blob) for blob, size, md5, name in rows]


def _problem(store: FileStore, statuses: dict[str, BlobStatus], file: _ListedFile, *, with_digests: bool) -> str | None:
    status = statuses.get(file.blob) or store.stat(file.blob)  # one that was written since the others were listed
    if status is None:
        return "missing"
    if status.size != file.size:
        return "size"
    if not with_digests:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    try:
        for chunk in store.read(file.blob):
            digest.update(chunk)
    except FileNotFoundError:
        return "missing"
    return None if digest.hexdigest() == file.md5 else "digest"
