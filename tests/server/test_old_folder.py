"""A data folder of version 0.1.0, made by `make_old_folder.py`, is carried over whole."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from visiting import UPSERT, Site

from wandb_nb.server.http.services import make_private, open_services
from wandb_nb.server.storage.lines.row_segment import RowSegment

OLD = Path(__file__).with_name("folder_0.1.0")
Rows = dict[str, list[Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the folder, with its database."""
    target = tmp_path / "server"
    shutil.copytree(OLD, target, ignore=shutil.ignore_patterns("server.sql"))
    with closing(sqlite3.connect(target / "server.db")) as database:
        database.executescript((OLD / "server.sql").read_text("utf-8"))
    make_private(target)
    return target


def rows_of(folder: Path, columns: dict[str, list[str]]) -> Rows:
    """Return the rows of each table of *columns*, of which only those columns."""
    with closing(sqlite3.connect(folder / "server.db")) as database:
        lists = {table: ", ".join(f'"{table}"."{name}"' for name in names) for table, names in columns.items()}
        queries = {table: f"SELECT {names} FROM {table}" for table, names in lists.items()}  # noqa: S608 -- our names
        return {table: sorted(database.execute(query), key=repr) for table, query in queries.items()}


def columns_of(folder: Path) -> dict[str, list[str]]:
    """Return the names of the columns of each table."""
    with closing(sqlite3.connect(folder / "server.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in tables}


def history_of(folder: Path) -> list[tuple[Any, ...]]:
    """Return run, number, step, shape and values of each history row, which segments have now."""
    rows: list[tuple[Any, ...]] = []
    with closing(sqlite3.connect(folder / "server.db")) as database:
        shapes = {
            (run, first, place): shape
            for run, first, place, shape in database.execute(
                "SELECT run_id, first, place, shape_id FROM segment_shapes"
            )
        }
        query = "SELECT run_id, first, length, data FROM segments ORDER BY run_id, first"
        for run, first, length, data in database.execute(query):
            segment = RowSegment(data, length)
            for at, line in enumerate(segment.texts()):
                shape = shapes[run, first, segment.shapes[at]]
                rows.append((run, first + at, segment.steps[at], shape, json.loads(line)))
    return rows


@pytest.mark.parametrize("by", ["migrate", "start"])
def test_every_row_is_there(folder: Path, by: str) -> None:
    """After `server migrate`, or a mere start, each table has all rows with all values that it had."""
    columns = columns_of(folder)
    keys = rows_of(folder, {"users": ["id", "key_hash"]})["users"]
    columns["users"].remove("key_hash")  # they have a table of their own now
    before = rows_of(folder, columns)
    history = [(*row, json.loads(line)) for *row, line in sorted(before.pop("history"))]
    assert columns.pop("history") == ["run_id", "number", "step", "shape_id", "text"]
    assert len(history) == 122
    if by == "migrate":
        command = [sys.executable, "-m", "wandb_nb", "server", "--dir", str(folder), "migrate"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    else:
        open_services(folder).database.close()
    assert "sessions" in columns_of(folder)
    assert rows_of(folder, columns) == before
    assert repr(history_of(folder)) == repr(history)
    assert rows_of(folder, {"api_keys": ["user_id", "key_hash"]})["api_keys"] == keys


def test_a_server_goes_on_with_it(folder: Path) -> None:
    """Key, rights, files, pages, the numbers of lines and the ids of deleted runs are valid as before."""
    site = Site(folder)
    try:
        fields = "historyLineCount files { edges { node { name } } }"
        text = f'{{ project(name: "p") {{ run(name: "first") {{ {fields} }} }} }}'
        run = site.query(text)["project"]["run"]
        assert run["historyLineCount"] == 120
        files = {edge["node"]["name"] for edge in run["files"]["edges"]}
        assert files == {"a.txt", "media/images/x.png", "wandb-metadata.json"}
        picture = httpx.get(f"{site.url}/files/local/p/first/media/images/x.png", auth=("api", site.key))
        assert picture.content == bytes(range(256))
        site.stream("second", files={"wandb-history.jsonl": {"offset": 1, "content": ['{"v": 1}', '{"v": 2}']}})
        counted = site.query('{ project(name: "p") { run(name: "second") { historyLineCount } } }')
        assert counted["project"]["run"]["historyLineCount"] == 3
        again = {"query": UPSERT, "variables": {"input": {"name": "third", "modelName": "p"}}}
        assert "was deleted" in site.post("/graphql", again)["errors"][0]["message"]
        cookie = {"Cookie": site.login()}
        pages = ("/local/p", "/local/p/runs/first", "/local/p/runs/first/files", "/local/p/runs/first/console")
        assert [httpx.get(site.url + page, headers=cookie).status_code for page in pages] == [200] * 4
        assert (
            "ann read"
            in subprocess.run(
                [sys.executable, "-m", "wandb_nb", "server", "--dir", str(folder), "projects"],
                check=True,
                capture_output=True,
                text=True,
                timeout=60,
            ).stdout
        )
    finally:
        site.stop()
