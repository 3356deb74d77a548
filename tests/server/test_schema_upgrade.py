"""Databases of earlier versions are upgraded with all their data."""

from __future__ import annotations

import ast
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select

from wandb_nb.errors import StoreError
from wandb_nb.server.storage import run_store, schema_upgrade, users
from wandb_nb.server.storage.database import Database
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.lines.row_segment import RowSegment
from wandb_nb.server.storage.lines.row_shapes import shape_of
from wandb_nb.server.storage.migrations.first_segments import make_segments
from wandb_nb.server.storage.project_store import find_project
from wandb_nb.server.storage.tables import alerts, members, metadata, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLD = Path(__file__).with_name("database_0001.sql").read_text("utf-8")  # written by the code before schema revisions
KEY = "local-" + "0" * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database from before revisions, with two runs and a deleted third one."""
    path = tmp_path / "server.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD)
    connection.close()
    return path


@pytest.fixture
def upgraded(path: Path) -> Iterator[Database]:
    """Return the database after its upgrade."""
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


def test_everything_is_still_there(upgraded: Database) -> None:
    """Users, rights, runs, rows, console, files and alerts are unchanged, and each run has a random value."""
    with upgraded.read() as connection:
        user = users.user_by_key(connection, KEY)
        assert user is not None
        project = find_project(connection, user, None, "p")
        assert project is not None
        rows = run_store.list_runs(connection, project)
        assert [(row.id, row.name, row.config) for row in rows] == [
            (1, "first", '{"lr": {"value": 0.1}}'),
            (2, "second", '{"lr": {"value": 0.1}}'),
        ]
        assert len({row.uid for row in rows}) == len([row for row in rows if len(row.uid) == 32]) == 2
        assert len(line_store.lines_from(connection, 1, "history", 0, 9)) == 2
        assert line_store.lines_from(connection, 1, "output", 0, 9) == ["one"]
        assert [file.name for file in run_store.list_files(connection, rows[1])] == ["a.txt"]
        assert len(connection.execute(select(alerts)).all()) == len(connection.execute(select(members)).all()) == 1


def test_ids_are_not_reused(upgraded: Database) -> None:
    """After the upgrade the next run does not get the id of a deleted one."""
    with upgraded.write() as connection:
        run_store.delete_run(connection, 2)
    with upgraded.write() as connection:
        values = {"project_id": 1, "user_id": 1, "name": "n", "display_name": "n", "created": 1.0, "heartbeat": 1.0}
        connection.execute(runs.insert().values(**values))
        assert connection.execute(select(runs.c.id).order_by(runs.c.id)).scalars().all() == [1, 3]


def test_the_tables_are_those_of_the_code(upgraded: Database, tmp_path: Path) -> None:
    """Upgraded and new databases have exactly the tables of `tables.py`, including cascades."""
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    for database in (upgraded, fresh):
        with database.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
    schemas = [schema_of(database) for database in (upgraded, fresh)]
    assert schemas[0] == schemas[1]
    assert schemas[0].count("AUTOINCREMENT") == 16
    fresh.close()


def schema_of(database: Database) -> str:
    """Return the statements that create the tables and indexes of *database*, the parts of each sorted."""
    with database.read() as connection:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'sqlite_sequence' ORDER BY name"
        statements = [" ".join(row[0].split()).replace('"', "") for row in connection.exec_driver_sql(query)]
    return "\n".join(" ".join(sorted(statement.replace(",", "").split())) for statement in statements)


def test_the_oldest_databases_get_their_columns(path: Path) -> None:
    """A database from before the columns for request order is upgraded too."""
    with sqlite3.connect(path) as connection:
        for table, column in (("runs", "posted"), ("runs", "announced"), ("files", "announced")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    connection.close()
    database = Database(f"sqlite:///{path}")
    with database.read() as connection:
        assert run_store.run_by_id(connection, 1).posted == 0
    database.close()


def test_a_failed_upgrade_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed upgrade leaves the database unchanged, and the next one completes it."""
    with monkeypatch.context() as patch:
        patch.setattr("secrets.token_hex", lambda _: 1 / 0)  # randomness fails after a column was added
        with pytest.raises(ZeroDivisionError):
            Database(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        assert "uid" not in [column[1] for column in connection.execute("PRAGMA table_info(runs)")]
    connection.close()
    database = Database(f"sqlite:///{path}")
    with database.read() as connection:
        assert run_store.run_by_id(connection, 1).uid
    database.close()


def test_newer_databases_are_refused(path: Path) -> None:
    """A database upgraded by a newer version is not touched, and the message gives the remedy."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="upgrade wandb-nb"):
        Database(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_the_latest_revision_is_the_last_one() -> None:
    """The revision that a start compares with is the last one among the scripts."""
    folder = Path(schema_upgrade.__file__).with_name("migrations")
    assert ScriptDirectory(str(folder)).get_current_head() == schema_upgrade.LATEST


def test_revisions_use_none_of_the_servers_code() -> None:
    """What a revision does must not change with the server: it uses nothing of it but its own copies."""
    used = {}
    for path in Path(schema_upgrade.__file__).with_name("migrations").rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        used[path.name] = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0]
    assert "wandb_nb.server.storage.migrations.first_segments" in used["revision_0009.py"]
    own = [name for names in used.values() for name in names if name and name.startswith("wandb_nb")]
    assert [name for name in own if not name.startswith("wandb_nb.server.storage.migrations.")] == []


@pytest.mark.parametrize("count", [5, 256, 700])
def test_rows_in_the_first_segments_are_read_as_they_were(count: int) -> None:
    """The present reader reads what revision 0009 writes: values of all types, in order, with steps and shapes."""
    odd = [0.1, -0.0, 1e300, float("inf"), 2**63 - 1, 2**70, True, None, "\u00e9\n", [1, [2.5]], {"a": {}}, 3, 1.5]
    kinds: list[Callable[[int], Any]] = [float, lambda n: n / 7, lambda n: n if n % 3 else 0.5, lambda n: odd[n % 13]]
    for first in (0, 100):
        texts = [
            json.dumps({"_step": 2 * n} | {f"{place}": kind(n) for place, kind in enumerate(kinds[: 4 - n % 2])})
            for n in range(count)
        ]
        parts = list(make_segments(first, texts))
        assert parts[0].first == first
        assert [part.first % 256 for part in parts[1:]] == [0] * (len(parts) - 1)
        segments = [RowSegment(part.data, part.length) for part in parts]
        stored = [text for segment in segments for text in segment.texts()]
        assert [json.dumps(json.loads(text)) for text in stored] == texts
        assert [step for segment in segments for step in segment.steps] == [2 * n for n in range(count)]
        shapes = [list(part.shapes)[at] for part, one in zip(parts, segments, strict=True) for at in one.shapes]
        assert shapes == [shape_of(json.loads(text)) for text in texts]
