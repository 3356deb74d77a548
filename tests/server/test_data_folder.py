"""The server's folder: who can read it, and what happens if its database is lost or the server is stopped."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
from visiting import UPLOAD, Site, Visitor
from waiting import until

from wandb_nb.errors import StoreError
from wandb_nb.server.http.services import make_private, open_services
from wandb_nb.server.storage.engine.database_address import VARIABLE
from wandb_nb.server.storage.files.orphan_files import delete_orphans
from wandb_nb.server.storage.run_store import is_private_file

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Client


def test_a_folder_that_others_can_read_is_closed(tmp_path: Path) -> None:
    """Its database is its user's only; the server removes other users' rights on the folder, once."""
    services = open_services(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("server.db*")}
    assert modes == {"server.db": 0o600, "server.db-wal": 0o600, "server.db-shm": 0o600}
    services.database.close()
    tmp_path.chmod(0o755)
    (tmp_path / "server.db").chmod(0o644)
    assert [make_private(tmp_path), make_private(tmp_path)] == [True, False]
    assert [path.stat().st_mode & 0o777 for path in (tmp_path, tmp_path / "server.db")] == [0o700, 0o600]


@pytest.mark.parametrize("content", [None, b"", b"no database" * 1000])
def test_a_lost_database_is_not_replaced(tmp_path: Path, content: bytes | None) -> None:
    """A server with a missing, empty or damaged database does not start a new one; the message names the remedy."""
    open_services(tmp_path).database.close()
    for path in tmp_path.glob("server.db*"):
        path.unlink()
    if content is not None:
        (tmp_path / "server.db").write_bytes(content)
    with pytest.raises(StoreError, match="restore it"):
        open_services(tmp_path)


def test_sigterm_ends_the_server_as_ctrl_c_does(tmp_path: Path) -> None:
    """After SIGTERM the database is closed: its write-ahead log is empty."""
    site = Site(tmp_path)
    site.start("a")
    site.rows_of("a", 100)
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(timeout=30) == 0
    assert site.process.stdout is not None
    site.process.stdout.close()
    assert [path.name for path in tmp_path.glob("server.db*")] == ["server.db"]


@pytest.mark.parametrize(
    ("name", "private"),
    [
        ("wandb-metadata.json", True),
        ("WANDB-Metadata.JSON", True),
        ("backup/wandb-metadata.json.bak", True),
        ("a\\config.yaml.gz", True),
        ("x/diff.patch.gz", True),
        ("DIFF.PATCH", True),
        ("notes.txt", False),
        ("config.yaml/notes.txt", False),
    ],
)
def test_copies_of_private_files_are_private(name: str, private: bool) -> None:
    """Files that reveal commit or command are recognized in any folder, case and compression."""
    assert is_private_file(name) is private


def test_cookies_have_their_port(client: Client) -> None:
    """Two servers on one host do not overwrite each other's logins."""
    assert Visitor(client).answer.headers["set-cookie"].startswith("wandb_nb_login_8090=")


def test_unknown_columns_do_not_lock_a_page(client: Client) -> None:
    """A choice of missing columns leaves the page usable."""
    client.upsert("a")
    visitor = Visitor(client)
    assert visitor.send("/local/p/columns", column="nonsense").status_code == 303
    assert visitor.get("/local/p").status_code == 200


def test_orphan_files_are_deleted(client: Client) -> None:
    """Files that no run refers to are deleted once they are older than the limit; files of runs stay, private."""
    client.upsert("a")
    (file,) = client.query(UPLOAD, run="a", files=["x"])["createRunFiles"]["files"]
    client.send("PUT", file["uploadUrl"], content=b"x")
    (stored,) = stored_files(client)
    stored.chmod(0o644)
    stored.parent.chmod(0o755)
    orphans = [stored.with_name(name) for name in (stored.name[:2] + "0" * 30, f".{stored.name}.part")]
    for orphan in orphans:
        orphan.write_bytes(b"left")
    database, store = client.services.database, client.services.store
    assert delete_orphans(database, store, time.time() - 60) == 0
    assert delete_orphans(database, store, time.time() + 60) == 2
    assert stored_files(client) == [stored]
    assert [path.stat().st_mode & 0o777 for path in (stored, stored.parent)] == [0o600, 0o700]


def test_a_new_database_deletes_no_files(client: Client) -> None:
    """If the database has no runs, files may belong to a lost one, and stay."""
    left = client.services.folder / "files" / "ab" / ("ab" + "0" * 30)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    assert delete_orphans(client.services.database, client.services.store, time.time() + 60) == 0
    assert left.exists()


def stored_files(client: Client) -> list[Path]:
    """Return the files of the store."""
    return [path for path in (client.services.folder / "files").rglob("*") if path.is_file()]


def test_a_start_deletes_orphan_files(tmp_path: Path) -> None:
    """On start the server deletes what broken uploads left, and makes the files of earlier versions private."""
    site = Site(tmp_path)
    site.start("a")
    site.upload("a", {"x": b"x"})
    site.stop()
    (stored,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    stored.chmod(0o644)
    orphan = stored.with_name(f".{stored.name}.part")
    orphan.write_bytes(b"left")
    site.restart()
    until(lambda: not orphan.exists())
    site.stop()
    assert stored.read_bytes() == b"x"
    assert stored.stat().st_mode & 0o777 == 0o600


def test_a_start_without_the_files_is_reported(client: Client, tmp_path: Path) -> None:
    """A server that has none of its files where it looks, as one without its `--files`, prints where it looks."""
    client.upsert("a")
    (file,) = client.query(UPLOAD, run="a", files=["x"])["createRunFiles"]["files"]
    assert client.upload(file["uploadUrl"])
    folder = client.services.folder
    (folder / "files").rename(tmp_path / "elsewhere")
    site = Site(folder, database=os.environ.get(VARIABLE, ""))
    assert site.process.stdout is not None
    lines = [site.process.stdout.readline() for _ in range(3)]
    site.stop()
    assert lines[2].startswith(
        f"the database lists 1 file, and {folder / 'files'} has none of them; if they are elsewhere,"
    )
