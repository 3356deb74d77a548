"""`check_files`: the files that the database names against those of the store."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from wandb_nb.server.storage.tables import artifact_entries, contents, files, projects, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.files.file_store import FileStore

_BATCH = 1_000


class FileProblem(NamedTuple):
    """A file that is "missing", has a wrong "size" or "digest", or is "surplus"; and what it is, or its blob."""

    kind: str
    name: str


def check_files(
    database: Database, store: FileStore, before: float, *, with_digests: bool = True
) -> Iterator[FileProblem]:
    """Yield what is wrong with the files of *store*: all that runs and artifacts have, and what nothing has.

    Files written after the Unix time *before* are not surplus, since their upload may be under way.
    """
    referenced: set[str] = set()
    with database.read() as connection:
        for blob, size, md5, name in _stored_files(connection):
            referenced.add(blob)
            kind = _problem(store, blob, size, md5 if with_digests else None)
            if kind is not None:
                yield FileProblem(kind, name)
    for statuses in store.list_blobs():
        for status in statuses:
            if status.blob not in referenced and status.modified < before:
                yield FileProblem("surplus", status.blob)


def _stored_files(connection: Connection) -> Iterator[tuple[str, int, str, str]]:
    """Yield blob, size, MD5 and name of each file of runs, and of each content of artifacts."""
    path = projects.c.entity + "/" + projects.c.name
    of_runs = select(files.c.blob, files.c.size, files.c.md5, path + "/" + runs.c.name + ": " + files.c.name)
    of_runs = of_runs.join_from(files, runs, files.c.run_id == runs.c.id).join(projects)
    example = select(artifact_entries.c.path).where(artifact_entries.c.content_id == contents.c.id).limit(1)
    named = path + ": " + example.scalar_subquery()
    of_artifacts = select(contents.c.blob, contents.c.size, contents.c.digest, named).join(projects)
    for query in (of_runs, of_artifacts):
        for blob, size, md5, name in connection.execution_options(yield_per=_BATCH).execute(query):
            yield blob, size, md5, name or blob


def _problem(store: FileStore, blob: str, size: int, md5: str | None) -> str | None:
    status = store.stat(blob)
    if status is None:
        return "missing"
    if status.size != size:
        return "size"
    if md5 is None:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    try:
        for chunk in store.read(blob):
            digest.update(chunk)
    except FileNotFoundError:
        return "missing"
    return None if digest.hexdigest() == md5 else "digest"
