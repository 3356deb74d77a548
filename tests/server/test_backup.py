"""Backup, restore, check and retention of a server's data."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import struct
import tarfile
import threading
import time
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from artifact_client import ArtifactClient
from click.testing import CliRunner
from conftest import Client, bucket_address
from sqlalchemy import func, insert, select, update
from test_artifacts import count
from test_stored_files import UPLOAD
from waiting import until

from wandb_nb.cli import group
from wandb_nb.errors import StoreError
from wandb_nb.server.cleaning import delete_runs_beyond_limits
from wandb_nb.server.http.services import open_services, open_store
from wandb_nb.server.maintenance.archive_form import DESCRIPTION, TABLES
from wandb_nb.server.maintenance.backup import write_archive
from wandb_nb.server.maintenance.file_check import check_files
from wandb_nb.server.maintenance.restore import read_archive
from wandb_nb.server.storage.database import Database
from wandb_nb.server.storage.engine import sql_engine
from wandb_nb.server.storage.files.file_store import new_blob
from wandb_nb.server.storage.files.folder_store import FolderStore
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.tables import artifacts, contents, files, runs, users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bucket import Bucket
    from cluster import Cluster

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.files.file_store import FileStore

    Target = tuple[Database, FileStore]


DELETE = "mutation D($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }"


@pytest.fixture(params=["sqlite", "postgresql", "bucket"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """Return an empty database of each kind, and an empty store: a folder, or a bucket beside SQLite."""
    url: Any = f"sqlite:///{tmp_path / 'other.db'}"
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.new_database()
    address = bucket_address(request.getfixturevalue("bucket")) if request.param == "bucket" else None
    database = Database(url)
    (tmp_path / "other").mkdir()
    yield database, open_store(tmp_path / "other", address)[0]
    database.close()


def add_file(services: Services, run: str, name: str, content: bytes) -> str:
    """Store a file of a run; return its blob."""
    blob = new_blob()
    services.store.put(blob, io.BytesIO(content))
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    with services.database.write() as connection:
        run_id = connection.execute(select(runs.c.id).where(runs.c.name == run)).scalar_one()
        values = {"run_id": run_id, "name": name, "blob": blob, "size": len(content), "md5": md5, "updated": 1.0}
        connection.execute(insert(files).values(**values))
    return blob


def rows_of(database: Database) -> dict[str, list[str]]:
    """Return the rows of all tables that an archive has."""
    with database.read() as connection:
        return {
            name: sorted(
                repr([bytes(value) if isinstance(value, memoryview) else value for value in row]) for row in rows
            )
            for name, rows in ((name, connection.execute(select(table)).all()) for name, table in TABLES.items())
        }


@pytest.fixture
def filled(client: Client) -> Client:
    """Return a client of a server with runs, rows of odd values, files and a deleted last run."""
    for run in ("a", "b"):
        client.upsert(run, config='{"lr": {"value": 0.1}}', tags=["x"], notes="ä\u2028")
        lines = [json.dumps({"_step": n, "loss": n / 3, "odd": float("nan")}) for n in range(600)]
        client.rows(run, 0, *lines)
        client.stream(run, files={"output.log": {"offset": 0, "content": ["one", "two"]}})
        add_file(client.services, run, "model.bin", run.encode() * 300_000)
    last = client.upsert("last")["bucket"]["id"]
    client.query(DELETE, id=last)
    return client


def test_a_backup_is_restored_into_both_engines(filled: Client, target: Target, tmp_path: Path) -> None:
    """Each table has the same rows, each file the same bytes, and the id of a deleted run is not used again."""
    counts = write_archive(filled.services.database, filled.services.store, tmp_path / "archive")
    assert (tmp_path / "archive").stat().st_mode & 0o777 == 0o600
    restored = read_archive(tmp_path / "archive", *target)
    assert (restored.rows, restored.files, restored.missing) == (*counts[:2], 0)
    assert rows_of(target[0]) == rows_of(filled.services.database)
    with target[0].write() as connection:
        for blob in connection.execute(select(files.c.blob)).scalars():
            assert b"".join(target[1].read(blob)) == b"".join(filled.services.store.read(blob))
        values = {"project_id": 1, "user_id": 1, "name": "n", "display_name": "n", "created": 1.0, "heartbeat": 1.0}
        connection.execute(runs.insert().values(**values))
        assert connection.execute(select(func.max(runs.c.id))).scalar_one() == 4
    with pytest.raises(StoreError, match="already has data"):
        read_archive(tmp_path / "archive", *target)


def test_a_backup_of_postgresql_is_restored_into_sqlite(emptied_database: Callable[[], Any], tmp_path: Path) -> None:
    """What was on PostgreSQL is the same on SQLite."""
    services = open_services(tmp_path / "server", emptied_database())
    client = Client(services, (services.folder / "key").read_text())
    client.upsert("a")
    client.rows("a", 0, *(json.dumps({"v": n / 7}) for n in range(300)))
    write_archive(services.database, services.store, tmp_path / "archive")
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    read_archive(tmp_path / "archive", database, FolderStore(tmp_path / "files"))
    assert rows_of(database) == rows_of(services.database)
    database.close()
    services.database.close()


@pytest.mark.parametrize("target", ["sqlite", "postgresql"], indirect=True)
def test_a_backup_is_of_one_moment(filled: Client, target: Target, tmp_path: Path) -> None:
    """While a client writes to two runs in turns, the archive has both as they were after one of its posts."""
    ended = threading.Event()

    def write() -> None:
        number = 600
        while not ended.is_set():
            for run in ("a", "b"):
                filled.rows(run, number, *(json.dumps({"_step": n}) for n in range(number, number + 50)))
            number += 50

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for name in ("first", "second", "third"):
            write_archive(filled.services.database, filled.services.store, tmp_path / name)
    finally:
        ended.set()
        writer.join()
    read_archive(tmp_path / "third", *target)
    with target[0].read() as connection:
        a, b = (line_store.lines_from(connection, run, line_store.HISTORY, 0, 10**6) for run in (1, 2))
    assert len(a) - len(b) in {0, 50}
    assert [json.loads(line)["_step"] for line in a] == list(range(len(a)))


@pytest.mark.parametrize("target", ["sqlite"], indirect=True)
def test_a_backup_while_files_come_and_go(bucket: Bucket, target: Target, tmp_path: Path) -> None:
    """While clients send and delete runs, files and artifacts in a bucket, an archive has whole ones only."""
    services = open_services(tmp_path / "server", bucket=bucket_address(bucket))
    client = Client(services, (services.folder / "key").read_text())
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            run = client.upsert(f"r{number}")["bucket"]["id"]
            send_file(client, f"r{number}", b"%d" % number * 1000)
            ArtifactClient(client, f"r{number}").log("data", {"same": b"same", "other": b"%d" % number})
            if number % 2:
                client.query(DELETE, id=run)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until(lambda: count(services, artifacts) > 3)
        write_archive(services.database, services.store, tmp_path / "archive")
    finally:
        ended.set()
        writer.join()
    read_archive(tmp_path / "archive", *target)
    assert list(check_files(*target, time.time())) == []
    with target[0].read() as connection:
        assert connection.execute(select(func.count()).select_from(files)).scalar_one() > 0
    services.database.close()


def send_file(client: Client, run: str, content: bytes) -> None:
    """Send a file of a run, as clients do."""
    (file,) = client.query(UPLOAD, run=run, files=["x.bin"])["createRunFiles"]["files"]
    assert client.send("PUT", file["uploadUrl"], content=content).status_code == 200


@pytest.mark.parametrize("target", ["postgresql", "bucket"], indirect=True)
def test_what_an_archive_lacks_is_sent_again(client: Client, target: Target, tmp_path: Path) -> None:
    """A restored server without a file of a version does not have the version, and takes it from a client anew."""
    client.upsert("r")
    logger, store = ArtifactClient(client), client.services.store
    logger.log("whole", {"a": b"a", "b": b"b"})
    logger.log("other", {"c": b"c", "a": b"a"})
    with client.services.database.read() as connection:
        lost = select(contents.c.blob).where(contents.c.digest == hashlib.md5(b"c", usedforsecurity=False).hexdigest())
        store.delete(connection.execute(lost).scalars())
    assert write_archive(client.services.database, store, tmp_path / "archive").missing == 1
    assert read_archive(tmp_path / "archive", *target)[1:] == (2, 1)
    restored = ArtifactClient(Client(replace(client.services, database=target[0], store=target[1]), client.key))
    assert list(check_files(*target, 0)) == []
    assert restored.version("other:latest") is None
    restored.log("other", {"c": b"c", "a": b"a"})
    assert restored.read("other:latest") == {"c": b"c", "a": b"a"}
    assert restored.read("whole:v0") == {"a": b"a", "b": b"b"}


def test_files_may_take_long(filled: Client, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL does not end the transaction of a restore that copies files for longer than a writer may be silent."""
    monkeypatch.setattr(sql_engine, "_IDLE_SECONDS", 1)
    write_archive(filled.services.database, filled.services.store, tmp_path / "archive")
    database = Database(cluster.new_database())
    store = FolderStore(tmp_path / "others")
    assert read_archive(tmp_path / "archive", database, store, lambda _: threading.Event().wait(1.5)).files == 2
    database.close()


def rewritten(path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    """Return an archive like that at *path*, whose members *change* replaces."""
    result = path.with_name("changed")
    with tarfile.open(path) as old, tarfile.open(result, "w:gz", format=tarfile.GNU_FORMAT) as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            changed = change(member.name, content.read())
            if changed is not None:
                info = tarfile.TarInfo(changed[0])
                info.size = len(changed[1])
                new.addfile(info, io.BytesIO(changed[1]))
    return result


def in_description(**values: Any) -> Callable[[str, bytes], tuple[str, bytes]]:
    """Return a change of an archive's description."""

    def change(name: str, content: bytes) -> tuple[str, bytes]:
        return (
            (name, json.dumps({**json.loads(content), **values}).encode()) if name == DESCRIPTION else (name, content)
        )

    return change


def bomb(content: bytes) -> bytes:
    """Return the rows of segments, of which the first has lines that unpack to hundreds of megabytes."""
    rows = json.loads(content)
    index = json.dumps([[0], [0]]).encode()
    data = struct.pack("<BII", 1, len(index), 0) + index + zlib.compress(bytes(300 << 20), 1)
    rows[0][-1] = base64.b64encode(data).decode()
    rows[0][TABLES["segments"].columns.keys().index("length")] = 1
    return json.dumps(rows).encode()


CHANGES: dict[str, Callable[[str, bytes], tuple[str, bytes] | None]] = {
    "a path that leads out": lambda name, content: (name.replace("files/", "files/../../"), content),
    "an absolute path": lambda name, content: (f"/{name}" if name.startswith("files") else name, content),
    "another table": lambda name, content: (name.replace("tables/lines", "tables/sqlite_master"), content),
    "other content": lambda name, content: (name, content.upper() if name.startswith("files") else content),
    "more content": lambda name, content: (name, content + (b"x" if name.startswith("files") else b"")),
    "a file that nothing has": lambda name, content: (f"files/{'0' * 32}" if "files" in name else name, content),
    "damaged rows": lambda name, content: (name, content.replace(b'"', b"'", 1) if "segments" in name else content),
    "missing rows": lambda name, content: None if "segment_shapes" in name else (name, content),
    "no description": lambda name, content: None if name == DESCRIPTION else (name, content),
    "another revision": in_description(revision="9999"),
    "other columns": in_description(columns={}),
    "another size": in_description(file_bytes=1),
    "rows that unpack to gigabytes": lambda name, content: (name, bomb(content) if "/segments/" in name else content),
    "text for numbers": in_description(last_ids={"runs": "x"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_archive_is_refused(filled: Client, tmp_path: Path, what: str) -> None:
    """An archive with anything else in it than a backup writes is refused, and changes nothing."""
    write_archive(filled.services.database, filled.services.store, tmp_path / "archive")
    path = rewritten(tmp_path / "archive", CHANGES[what])
    check_refused(path, tmp_path)


def check_refused(path: Path, tmp_path: Path) -> None:
    """Check that an archive is refused and leaves an empty database, and no file outside the store."""
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    before = {one for one in tmp_path.rglob("*") if "other" not in one.name}
    with pytest.raises(StoreError, match="cannot be restored"):
        read_archive(path, database, FolderStore(tmp_path / "others"))
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(users)).scalar() == 0
    after = {one for one in tmp_path.rglob("*") if "other" not in str(one.relative_to(tmp_path))}
    assert after == before
    database.close()


def test_archives_of_other_forms_are_refused(filled: Client, tmp_path: Path) -> None:
    """Links, extended headers, half an archive and other files are refused."""
    write_archive(filled.services.database, filled.services.store, tmp_path / "archive")
    content = (tmp_path / "archive").read_bytes()
    (tmp_path / "half").write_bytes(content[: len(content) // 2])
    (tmp_path / "text").write_bytes(b"not an archive")
    with tarfile.open(tmp_path / "link", "w:gz") as archive:
        link = tarfile.TarInfo(DESCRIPTION)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with tarfile.open(tmp_path / "header", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(DESCRIPTION)
        info.pax_headers = {"comment": "x" * 1000}
        archive.addfile(info)
    for name in ("half", "text", "link", "header"):
        check_refused(tmp_path / name, tmp_path)


def test_commands(filled: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands back up, restore, and find missing, damaged and surplus files, with an exit code of 3."""
    monkeypatch.delenv("WANDB_NB_SERVER_DATABASE", raising=False)
    folder, other = filled.services.folder, tmp_path / "restored"
    archive = str(tmp_path / "archive")
    assert "2 files" in invoke(folder, "backup", archive)
    assert "2 files" in invoke(other, "restore", archive)
    assert invoke(other, "check") == "0 problems\n"
    restored = open_services(other)
    blobs = [status.blob for batch in restored.store.list_blobs() for status in batch]
    path = next((other / "files").rglob(blobs[0]))
    path.write_bytes(path.read_bytes()[::-1][1:] + b"x")
    restored.store.delete(blobs[1:])
    restored.store.put("f" * 32, io.BytesIO(b"surplus"))
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 10_000)
    printed = invoke(other, "check", code=3)
    assert [line.split()[0] for line in sorted(printed.splitlines())] == ["3", "digest", "missing", "surplus"]
    assert "digest" not in invoke(other, "check", "--quick", code=3)
    restored.database.close()


def test_commands_with_a_bucket(
    filled: Client, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server moves from a folder into a bucket and back; check and retention see to the bucket's files."""
    monkeypatch.delenv("WANDB_NB_SERVER_DATABASE", raising=False)
    address = bucket_address(bucket)
    options = bucket.server_options(address)
    archives, other = [str(tmp_path / name) for name in ("first", "second")], tmp_path / "other"
    filled.stream("a", complete=True, exitcode=0)
    invoke(filled.services.folder, "backup", archives[0])
    assert "2 files" in invoke(other, "restore", archives[0], options=options)
    assert "give a new folder, or another prefix" in invoke(
        tmp_path / "third", "restore", archives[0], options=options, code=1
    )
    moved = open_services(other, bucket=address)
    client = Client(moved, filled.key)
    (url,) = [file["uploadUrl"] for file in client.query(UPLOAD, run="b", files=["n"])["createRunFiles"]["files"]]
    assert httpx.put(url, content=b"not reported").status_code == 200
    assert "3 files" in invoke(other, "backup", archives[1], options=options), "also what no client has reported"
    assert invoke(other, "check", options=options) == "0 problems\n"
    bucket.gone = True
    assert "the server's file store does not answer" in invoke(other, "backup", archives[1], options=options, code=1)
    bucket.gone = False
    for command in ("backup", "check"):  # without --files, which the server had
        path = [str(tmp_path / "without files")] * (command == "backup")
        printed = invoke(other, command, *path, code=3)
        assert f"lists 3 files, and {other / 'files'} has none of them; if they are elsewhere, give the" in printed
    assert "3 files" in invoke(tmp_path / "back", "restore", archives[1])
    assert "the SQLite database already has data" in invoke(tmp_path / "back", "restore", archives[1], code=1)
    assert invoke(tmp_path / "back", "check") == "0 problems\n"
    invoke(other, "retention", "local/p", "--runs", "0", "--apply", options=options)
    delete_runs_beyond_limits(moved)
    assert names_of(moved) == ["b"]
    blobs = [status.blob for batch in moved.store.list_blobs() for status in batch]
    assert len(blobs) == 2
    moved.store.delete(blobs[:1])
    moved.store.put(blobs[1], io.BytesIO(b"x"))
    moved.store.put("f" * 32, io.BytesIO(b"surplus"))
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 10_000)
    printed = invoke(other, "check", "--quick", options=options, code=3)
    assert [line.split()[0] for line in sorted(printed.splitlines())] == ["3", "missing", "size", "surplus"]
    moved.database.close()


def test_a_restore_that_fails_leaves_no_file(filled: Client, bucket: Bucket, tmp_path: Path) -> None:
    """When an archive ends in the middle, the files before that are deleted from the bucket."""
    for name in ("first", "second"):
        add_file(filled.services, "a", name, os.urandom(100_000))
    write_archive(filled.services.database, filled.services.store, tmp_path / "archive")
    content = (tmp_path / "archive").read_bytes()
    (tmp_path / "half").write_bytes(content[:-50_000])
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    store, _ = open_store(tmp_path, bucket_address(bucket))
    with pytest.raises(StoreError, match="cannot be restored"):
        read_archive(tmp_path / "half", database, store)
    assert bucket.requests.count(("PUT", "header", "")) >= 3
    assert list(store.list_blobs()) == [[]]
    assert read_archive(tmp_path / "archive", database, store).files == 4
    database.close()


def invoke(folder: Path, *arguments: str, options: tuple[str, ...] = (), code: int = 0) -> str:
    """Return what a command of the server prints; *options* are the server's."""
    result = CliRunner().invoke(group, ["server", "--dir", str(folder), *options, *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return str(result.exception) if code == 1 else result.output


def test_retention(filled: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are tried first, then stored; the server deletes the runs beyond them, and never one that is running."""
    monkeypatch.delenv("WANDB_NB_SERVER_DATABASE", raising=False)
    services, folder = filled.services, filled.services.folder
    filled.stream("a", complete=True, exitcode=0)
    with services.database.write() as connection:
        connection.execute(update(runs).where(runs.c.name == "a").values(heartbeat=time.time() - 3 * 86_400))
    assert "older than 2 days\nbeyond these limits: 1 run of " in invoke(folder, "retention", "local/p", "--days", "2")
    assert "0 runs" in invoke(folder, "retention", "local/p", "--days", "4")
    assert "1 run of" in invoke(folder, "retention", "local/p", "--runs", "0")
    assert "more than 400,000 bytes" in invoke(folder, "retention", "local/p", "--bytes", "400000")
    assert "0 runs" in invoke(folder, "retention", "local/p", "--bytes", "10000000")
    delete_runs_beyond_limits(services)
    assert names_of(services) == ["a", "b"]
    assert invoke(folder, "retention") == ""
    invoke(folder, "retention", "local/p", "--days", "2", "--runs", "1", "--apply")
    assert invoke(folder, "retention") == "local/p  2 days, 1 run\n"
    delete_runs_beyond_limits(services)
    assert names_of(services) == ["b"]
    assert sum(len(batch) for batch in services.store.list_blobs()) == 1
    invoke(folder, "retention", "local/p", "--off")
    assert invoke(folder, "retention") == ""


def names_of(services: Services) -> list[str]:
    """Return the names of the runs."""
    with services.database.read() as connection:
        return list(connection.execute(select(runs.c.name).order_by(runs.c.name)).scalars())
