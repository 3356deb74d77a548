"""`read_archive`: an archive's data into an empty server. All of it is checked, since anyone could have written it."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import cast, func, insert, select, text
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.exc import SQLAlchemyError

from wandb_nb.errors import StoreError
from wandb_nb.server.maintenance.archive_form import (
    DESCRIPTION,
    FILE_TABLES,
    FORM,
    MAX_PART_BYTES,
    TABLES,
    Description,
    PlainMember,
    decode_row,
)
from wandb_nb.server.maintenance.missing_files import forget_files
from wandb_nb.server.storage.engine.sql_engine import SQLITE, permit_silence
from wandb_nb.server.storage.lines.row_segment import RowSegment
from wandb_nb.server.storage.lines.segment_store import CHUNK_ROWS
from wandb_nb.server.storage.schema_upgrade import LATEST
from wandb_nb.server.storage.storage_errors import BusyError
from wandb_nb.server.storage.tables import projects, segments, users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

    from sqlalchemy import Connection, Table

    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.files.file_store import FileStore

_PART = re.compile(r"tables/([a-z_]+)/[0-9]{1,9}\.json")
_FILE = re.compile(r"files/([0-9a-f]{32})")
_BATCH = 500


class RestoreCounts(NamedTuple):
    """What an archive had: rows and files, and how many files it lacks."""

    rows: int
    files: int
    missing: int


class ArchiveFile(NamedTuple):
    """What the tables say about a blob: its size in bytes and its MD5 in hex."""

    size: int
    md5: str


def read_archive(
    path: Path, database: Database, store: FileStore, check_space: Callable[[int], object] = lambda _: None
) -> RestoreCounts:
    """Restore the archive at *path* into *database* and *store*, which must be empty.

    After an error both are still empty, unless one of them stopped answering. *check_space* gets the size of all
    files before the first is stored, and may raise an error.

    Raises:
        StoreError: The archive is damaged or of another version, or database or store are not empty.
        BusyError: The database or the store does not answer.

    """
    try:
        with database.write() as connection, tarfile.open(path, "r|gz", tarinfo=PlainMember) as archive:
            _require_empty(connection, store)
            permit_silence(connection)
            return _Restore(connection, store, check_space).run(archive)
    except StoreError:
        raise
    except (tarfile.TarError, OSError, EOFError, ValueError, TypeError, KeyError, SQLAlchemyError) as error:
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise StoreError(f"{path} cannot be restored: {reason}; use an archive of `wandb-nb server backup`") from error


def _require_empty(connection: Connection, store: FileStore) -> None:
    for table in (users, projects):
        if connection.execute(select(func.count()).select_from(table)).scalar():
            product = "SQLite" if connection.dialect.name == SQLITE else "PostgreSQL"
            raise StoreError(
                f"the {product} database already has data; restore into an empty one: --dir names a new folder, "
                "--database another database of PostgreSQL"
            )
    if any(store.list_blobs()):  # two servers on one bucket would delete each other's files as surplus
        raise StoreError("there already are files where the archive's belong; give a new folder, or another prefix")


class _Restore:
    """The restoring of one archive, member by member."""

    def __init__(self, connection: Connection, store: FileStore, check_space: Callable[[int], object]) -> None:
        self._connection, self._store, self._check_space = connection, store, check_space
        self._rows = dict.fromkeys(TABLES, 0)
        self._copied: list[str] = []

    def run(self, archive: tarfile.TarFile) -> RestoreCounts:
        """Restore all members; return what they were."""
        try:
            return self._run(archive)
        except BaseException:
            with suppress(BusyError, OSError):  # files may remain; the message has the cause of the failure
                self._store.delete(self._copied)
            raise

    def _run(self, archive: tarfile.TarFile) -> RestoreCounts:
        members = self._members(archive)
        name, content = next(members, ("", None))
        if name != DESCRIPTION or content is None:
            raise ValueError("it does not begin with a description")
        description = parse_description(_read_part(content))
        last_table = -1
        expected: dict[str, ArchiveFile] | None = None
        for name, content in members:
            if (match := _PART.fullmatch(name)) and expected is None:
                last_table = self._add_part(match[1], last_table, _read_part(content))
            elif match := _FILE.fullmatch(name):
                expected = self._expected_files(description) if expected is None else expected
                self._add_file(match[1], expected.pop(match[1]), content)
            else:
                raise ValueError(f"it has a member {name[:80]!r}, which is not part of an archive")
        missing = list(self._expected_files(description) if expected is None else expected)
        forget_files(self._connection, missing)
        if self._rows != description.rows:
            raise ValueError("it lacks rows")
        set_last_ids(self._connection, description.last_ids)
        return RestoreCounts(sum(self._rows.values()), len(self._copied), len(missing))

    def _members(self, archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
        while (member := archive.next()) is not None:
            content = archive.extractfile(member)
            if content is not None:
                yield member.name, content
            vars(archive)["members"].clear()  # tarfile keeps all of them, however many there are

    def _add_part(self, name: str, last_table: int, part: bytes) -> int:
        """Insert the rows of *part*; return the table's place, which is not below that of the table before."""
        place = list(TABLES).index(name)
        if place < last_table:
            raise ValueError(f"its table {name} comes too late")
        table = TABLES[name]
        rows = [decode_row(table, values) for values in json.loads(part)]
        if table is segments:
            for row in rows:
                check_segment(row)
        for start in range(0, len(rows), _BATCH):
            self._connection.execute(insert(table), rows[start : start + _BATCH])
        self._rows[name] += len(rows)
        return place

    def _expected_files(self, description: Description) -> dict[str, ArchiveFile]:
        expected = {
            blob: ArchiveFile(size, md5)
            for table, digest in FILE_TABLES
            for blob, size, md5 in self._connection.execute(select(table.c.blob, table.c.size, digest)).all()
        }
        if sum(file.size for file in expected.values()) != description.file_bytes:
            raise ValueError("its files have another size than it says")
        self._check_space(description.file_bytes)
        return expected

    def _add_file(self, blob: str, expected: ArchiveFile, content: IO[bytes]) -> None:
        file = _DigestFile(content, expected.size)
        self._copied.append(blob)
        self._store.put(blob, file)  # type: ignore[arg-type]
        if (file.size, file.md5.hexdigest()) != (expected.size, expected.md5):
            raise ValueError(f"the content of {blob} is damaged")


class _DigestFile:
    """Reads *file*, up to one byte more than *size*, and computes size and MD5 of what was read."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._limit = file, size + 1
        self.size, self.md5 = 0, hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1) -> bytes:
        """Return the next *size* bytes."""
        left = self._limit - self.size
        chunk = self._file.read(left if size < 0 else min(size, left))
        self.size += len(chunk)
        self.md5.update(chunk)
        return chunk


def parse_description(content: bytes) -> Description:
    """Return the description of an archive that this version can restore.

    Raises:
        ValueError: It is of another form or revision, or has other columns.

    """
    description = Description(**json.loads(content))
    if (description.form, description.revision) != (FORM, LATEST):
        raise ValueError(
            f"it has form {description.form} and revision {description.revision}, not {FORM} and {LATEST}; "
            "restore it with the version that wrote it, and upgrade then"
        )
    if description.columns != {name: list(table.columns.keys()) for name, table in TABLES.items()}:
        raise ValueError("its tables have other columns")
    return description


def check_segment(row: dict[str, Any]) -> None:
    """Check that the rows of a segment can be read.

    Raises:
        ValueError: They cannot.

    """
    try:
        segment = RowSegment(row["data"], min(row["length"], CHUNK_ROWS))
        is_complete = len(segment.texts()) == len(segment.steps) == len(segment.shapes) == row["length"]
    except Exception as error:  # whatever a damaged segment raises
        raise ValueError(f"the rows from {row['first']} on of run {row['run_id']} are damaged") from error
    if not is_complete:
        raise ValueError(f"the rows from {row['first']} on of run {row['run_id']} are incomplete")


def set_last_ids(connection: Connection, last_ids: dict[str, int]) -> None:
    """Continue the ids of each table after the last one that was ever used."""
    for name, last_id in last_ids.items():
        table: Table = TABLES[name]
        highest = max(int(last_id), connection.execute(select(func.max(table.c.id))).scalar() or 0)
        if not highest:
            continue
        if connection.dialect.name == SQLITE:
            parameters = {"name": name, "last": highest}
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), parameters)
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), parameters)
        else:
            connection.execute(select(func.setval(cast(func.pg_get_serial_sequence(name, "id"), REGCLASS), highest)))


def _read_part(content: IO[bytes]) -> bytes:
    part = content.read(MAX_PART_BYTES + 1)
    if len(part) > MAX_PART_BYTES:
        raise ValueError(f"a part of it has more than {MAX_PART_BYTES >> 20} MiB")
    return part
