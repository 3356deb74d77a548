"""`write_archive`: all data of a server as one file, of one moment, while the server runs."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import cast, func, select, text
from sqlalchemy.dialects.postgresql import REGCLASS

from wandb_nb.atomic_file import replacement
from wandb_nb.server.maintenance.archive_form import (
    DESCRIPTION,
    FILE_TABLES,
    FORM,
    MAX_PART_BYTES,
    TABLES,
    Description,
    encode_row,
)
from wandb_nb.server.storage.engine.sql_engine import SQLITE
from wandb_nb.server.storage.schema_upgrade import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.files.file_store import FileStore

_LEVEL = 1
_ROWS_AT_A_TIME = 500
_PART_BYTES = MAX_PART_BYTES // 16
_SMALL_BYTES = 1 << 20
"""Of files that are read concurrently and wait in memory: a bucket takes some time to answer each request."""
_THREADS = 8


class BackupCounts(NamedTuple):
    """What an archive got: rows, files, and how many files were deleted while it was written."""

    rows: int
    files: int
    missing: int


def write_archive(database: Database, store: FileStore, path: Path) -> BackupCounts:
    """Write the data of *database* and *store* to *path*, which has all of it or, after an error, its old content.

    The tables are those of one moment. A file that is deleted before it is copied is left out. No connection to the
    database is open while files are copied: it would keep the database from cleaning up what is deleted meanwhile.
    """
    with (
        replacement(path, private=True, durable=True) as unfinished,
        unfinished.open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_LEVEL) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as archive,
    ):
        with database.read() as connection:
            blobs = dict(_blobs(connection))
            rows = _write_tables(connection, archive, sum(blobs.values()))
        copied = _write_files(store, archive, blobs)
    return BackupCounts(rows, copied, len(blobs) - copied)


def _write_tables(connection: Connection, archive: tarfile.TarFile, file_bytes: int) -> int:
    """Write the description and all tables; return the number of rows."""
    _add(archive, DESCRIPTION, json.dumps(_describe(connection, file_bytes)._asdict()).encode())
    rows = 0
    for name, table in TABLES.items():
        for number, (count, part) in enumerate(_parts(connection, table)):
            _add(archive, f"tables/{name}/{number}.json", part)
            rows += count
    return rows


def _describe(connection: Connection, file_bytes: int) -> Description:
    columns = {name: list(table.columns.keys()) for name, table in TABLES.items()}
    last_ids = {name: _last_id(connection, table) for name, table in TABLES.items() if is_numbered(table)}
    rows = {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one() for name, table in TABLES.items()
    }
    return Description(FORM, LATEST, time.time(), columns, rows, last_ids, file_bytes)


def is_numbered(table: Table) -> bool:
    """Whether the database gives rows of *table* ids, which it never uses again."""
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def _last_id(connection: Connection, table: Table) -> int:
    """Return the highest id that a row of *table* ever had."""
    if connection.dialect.name == SQLITE:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.execute(query, {"name": table.name}).scalar() or 0
    highest = connection.execute(select(func.max(table.c.id))).scalar() or 0
    sequence = func.pg_sequence_last_value(cast(func.pg_get_serial_sequence(table.name, "id"), REGCLASS))
    return max(highest, connection.execute(select(sequence)).scalar() or 0)


def _parts(connection: Connection, table: Table) -> Iterator[tuple[int, bytes]]:
    """Yield the number of rows of each part of *table*, and the part."""
    lines: list[str] = []
    size = 0
    result = connection.execution_options(yield_per=_ROWS_AT_A_TIME).execute(select(table))
    for row in result:
        lines.append(json.dumps(encode_row(table, row)))
        size += len(lines[-1])
        if size > _PART_BYTES:
            yield len(lines), _join(lines)
            lines, size = [], 0
    if lines:
        yield len(lines), _join(lines)


def _join(lines: list[str]) -> bytes:
    return f"[{','.join(lines)}]".encode()


def _blobs(connection: Connection) -> Iterator[tuple[str, int]]:
    for table, _ in FILE_TABLES:
        yield from (tuple(row) for row in connection.execute(select(table.c.blob, table.c.size)).all())


def _write_files(store: FileStore, archive: tarfile.TarFile, blobs: dict[str, int]) -> int:
    """Write the files that are there with their sizes, small ones first; return their number."""
    small = [blob for blob, size in blobs.items() if size <= _SMALL_BYTES]
    count = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(small), _THREADS):
            batch = small[start : start + _THREADS]
            for blob, content in zip(batch, pool.map(partial(_small_content, store), batch), strict=True):
                if content is not None and len(content) == blobs[blob]:
                    _add(archive, f"files/{blob}", content)
                    count += 1
    large = (blob for blob, size in blobs.items() if size > _SMALL_BYTES)
    return count + sum(_write_large_file(archive, store, blob, blobs[blob]) for blob in large)


def _small_content(store: FileStore, blob: str) -> bytes | None:
    """Return the bytes of *blob*, at most one more than a small file has; None if it is not there."""
    try:
        return b"".join(store.read(blob, 0, _SMALL_BYTES + 1))
    except FileNotFoundError:
        return None


def _write_large_file(archive: tarfile.TarFile, store: FileStore, blob: str, size: int) -> bool:
    """Write the bytes of *blob*; return False if it is not there, or has another size."""
    status = store.stat(blob)
    if status is None or status.size != size:
        return False
    try:
        chunks = store.read(blob)
    except FileNotFoundError:
        return False
    _add_stream(archive, f"files/{blob}", size, _ChunkFile(chunks))
    return True


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_stream(archive, name, len(content), io.BytesIO(content))


def _add_stream(archive: tarfile.TarFile, name: str, size: int, file: Any) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    archive.addfile(member, file)


class _ChunkFile(io.RawIOBase):
    """A file to read of *chunks*."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, size: int = -1) -> bytes:
        """Return the next *size* bytes."""
        while len(self._rest) < size and (chunk := next(self._chunks, b"")):
            self._rest += chunk
        part, self._rest = self._rest[:size], self._rest[size:]
        return part
