"""`Table` and its kin: rows and types, the modes of logging, the file of the run and the artifact."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from logged_run import read_run

import wandb_nb as wandb
from wandb_nb.artifacts.manifest import manifest_digest, object_name
from wandb_nb.data.tables.column_types import describe, union
from wandb_nb.errors import MediaError, RowTypeError

PICTURE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)

# Programs whose rows, files and artifacts are those of the official package, byte by byte.
PROGRAMS = {
    "types": "import datetime\n"
    "t = wandb.Table(columns=['i', 'f', 's', 'b', 'n', 'd', 'l', 'dd'])\n"
    "t.add_data(1, 1.5, 'x', True, None, datetime.datetime(2020, 1, 2, 3, 4, 5), [1, 2], {'a': 1})\n"
    "t.add_data(2, float('nan'), 'y', False, None, datetime.datetime(2021, 1, 2), [3, 4, 5], {'a': 2})\n"
    "t.add_data(3, float('inf'), None, None, None, None, None, None)\n"
    "run.log({'t': t})",
    "zones": "import datetime as dt\n"
    "run.log({'t': wandb.Table(['a'], [[dt.datetime(2020, 1, 1, 0, 0, 0, 123456)], [dt.datetime(2020, 6, 1)]])})",
    "modes": "i = wandb.Table(['a', 'b'], [[1, 'x']])\nm = wandb.Table(['c', 'd'], [[2, 'x']], log_mode='MUTABLE')\n"
    "n = wandb.Table(['e', 'f'], [[3, 'x']], log_mode='INCREMENTAL')\n"
    "for step in range(3):\n"
    "    run.log({'i': i, 'm': m, 'n': n})\n"
    "    run.log({'m': m})\n"
    "    i.add_data(2, 'y')\n    m.add_data(3, 'y')\n    n.add_data(4 + step, 'y')\n",
    "second key": "t = wandb.Table(['a'], [[1]])\nrun.log({'one': t})\nrun.log({'two': t})",
    "frame": "import pandas as pd\n"
    "f = pd.DataFrame({'i': [1, 2], 'f': [1.5, None], 's': ['a', None], 'b': [True, False], "
    "'c': pd.Categorical(['x', 'y']), 't': pd.to_datetime(['2020-01-01', None])})\n"
    "run.log({'t': wandb.Table(dataframe=f)})\n"
    "run.log({'bare': f[['i', 's', 'b']]})\n"
    "run.log({'a': wandb.Table(columns=['p', 'q'], data=np.arange(6.).reshape(3, 2))})\n"
    "run.log({'r': wandb.Table(columns=['p'], rows=[[7]])})",
    "options": "run.log({'a': wandb.Table(['a', 'b'], [[1, 'a']], optional=False)})\n"
    "run.log({'b': wandb.Table(['c', 'd'], [[1, 'a']], optional=[True, False])})\n"
    "run.log({'c': wandb.Table(['e', 'f'], [[1, 'a']], dtype=[int, str])})\n"
    "run.log({'d': wandb.Table(['g'], [[1], ['x']], allow_mixed_types=True)})\n"
    "run.log({'e': wandb.Table(), 'f': wandb.Table(['h'], [])})",
    "columns": "t = wandb.Table(['a', 'b'], [[1, 'x'], [2, 'y']])\nt.add_column('c', [3, 4])\n"
    "t.add_computed_columns(lambda ndx, row: {'n': int(ndx), 's': row['b'] * 2})\nrun.log({'t': t})",
    "keys": "t = wandb.Table(['id', 'v'], [['x', 1], ['y', 2]])\nt.set_pk('id')\nrun.log({'t': t})",
    "names": "run.log({'nested': {'q': wandb.Table(['a'], [[1]])}})\nrun.log({'l': [wandb.Table(['b'], [[1]])]})",
    "sounds": "run.log({'t': wandb.Table(['a', 'h'], [[wandb.Audio(np.zeros(9), sample_rate=8000, caption='c'), "
    "wandb.Html('q')]])})",
    "points": "run.log({'t': wandb.Table(['a'], [[wandb.Object3D(np.zeros((2, 3)))]])})",
    "summary": "run.summary['st'] = wandb.Table(['a'], [[1]])",
}


def without_ids(value):
    """Return JSON without what chance and time decide: the ids of artifacts and the time in the names of increments."""
    if isinstance(value, dict):
        return {key: without_ids(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_ids(each) for each in value]
    return re.sub(r"//\w{128}|-\d{13}\.", "", value) if isinstance(value, str) else value


def contents(run):
    """Return name, type and files of each artifact, a table as its JSON."""
    return [
        (
            record.name.removeprefix("run-media-"),
            record.type,
            record.incremental,
            {
                without_ids(path): loaded(path, Path(entry.local_path).read_bytes())
                for path, entry in record.entries.items()
            },
        )
        for record in run.artifacts
    ]


def loaded(path: str, data: bytes):
    """Return the JSON of a table without ids, other files as they are."""
    return without_ids(json.loads(data)) if path.endswith(".table.json") else data


@pytest.mark.official
@pytest.mark.parametrize("name", PROGRAMS)
def test_rows_files_and_artifacts_are_the_official_ones(both, name):
    """The JSON in the rows, the files of the run and the files of each artifact are those of 0.31."""
    ours, official = both(PROGRAMS[name])
    assert without_ids(ours.rows) == without_ids(official.rows)
    assert ours.files == official.files
    assert contents(ours) == contents(official)


@pytest.mark.official
def test_pictures_in_cells_are_the_official_ones(both):
    """Cells of pictures with masks, boxes and classes have the official JSON, but for the digests of the PNG."""
    program = (
        "box = {'position': {'minX': .1, 'maxX': .2, 'minY': .3, 'maxY': .4}, 'class_id': 1, 'scores': {'s': .5}}\n"
        "image = wandb.Image(noise, caption='c', classes=[{'id': 0, 'name': 'bg'}], "
        "masks={'m': {'mask_data': noise[..., 0] % 2, 'class_labels': {0: 'x'}}}, "
        "boxes={'b': {'box_data': [box], 'class_labels': {1: 'one'}}})\n"
        "run.log({'t': wandb.Table(['a', 'l'], [[image, [wandb.Image(noise)]], [wandb.Image(noise[:9]), None]])})"
    )
    tables = []
    for run in both(program):
        ((_, _, _, files),) = contents(run)
        table = json.dumps(files["t.table.json"], sort_keys=True)
        tables.append(re.sub(r"[0-9a-f]{20,64}|[\w+/]{22}==", "", table))
        assert list(run.files.values()) == [b'{"columns":["a","l"],"data":[["Image",["Image"]],["Image",null]]}']
    assert tables[0] == tables[1]


def test_a_row_names_files_that_are_there(start):
    """The artifact of a table has every file that its cells name, and the digests are right."""
    run = start()
    run.log({"t": wandb.Table(["i", "p"], [[1, wandb.Image(PICTURE)], [2, wandb.Image(PICTURE[:5])]])})
    folder = Path(run.file).parent
    run.finish()
    (record,) = read_run(folder).artifacts
    assert record.digest == manifest_digest(record.entries)
    assert (record.type, record.project) == ("run_table", "uncategorized")
    manifest = json.loads((folder / "artifacts" / "manifests" / f"{record.client_id}.json").read_text())
    objects = {
        path: folder / "artifacts" / "objects" / object_name(each["digest"])
        for path, each in manifest["contents"].items()
    }
    table = json.loads(objects["t.table.json"].read_bytes())
    assert [objects[row[1]["path"]].read_bytes()[:4] for row in table["data"]] == [b"\x89PNG"] * 2


def test_arrays_are_in_a_file_of_their_own(start):
    """A column of arrays is one file of numpy's, and the table names it."""
    run = start()
    run.log({"t": wandb.Table(["a"], [[np.ones((2, 3))], [None], [np.zeros((2, 3))]])})
    folder = Path(run.file).parent
    run.finish()
    (record,) = read_run(folder).artifacts
    table = json.loads(Path(record.entries["t.table.json"].local_path).read_bytes())
    (array, _) = table["column_types"]["params"]["type_map"]["a"]["params"]["allowed_types"]
    path = array["params"]["serialization_path"]["path"]
    with np.load(record.entries[path].local_path) as file:
        assert file["a"].shape == (3, 2, 3)
    assert table["data"] == [[None]] * 3


def test_reading_a_table():
    """Columns, rows, indices and the frame come back as they went in."""
    table = wandb.Table(["a", "b"], [[1, "x"], [2, "y"]])
    table.add_row(3, "z")
    assert table.get_column("a") == [1, 2, 3]
    assert table.get_column("a", convert_to="numpy").sum() == 6
    assert [(int(index), row) for index, row in table.iterrows()] == [(0, [1, "x"]), (1, [2, "y"]), (2, [3, "z"])]
    assert table.get_index()[1].get_row() == {"a": 2, "b": "y"}
    pd.testing.assert_frame_equal(table.get_dataframe(), pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}))
    assert table == wandb.Table(["a", "b"], [[1, "x"], [2, "y"], [3, "z"]])


@pytest.mark.parametrize(
    ("use", "kind", "message"),
    [
        (lambda t: t.add_data(1), MediaError, "this table has 2 columns, .*: got 1 values"),
        (lambda t: t.add_data("q", "z"), RowTypeError, "of type String, and the column of None or Number"),
        (lambda t: t.add_column("a", [1]), MediaError, "give a name that is not one of"),
        (lambda t: t.add_column("d", [1, 2]), MediaError, "takes 1 values, one for each row: got 2"),
        (lambda t: t.get_column("zz"), MediaError, "this table has no column 'zz': it has"),
        (lambda t: t.cast("b", int), RowTypeError, "the value 'x' of column 'b'"),
        (lambda _: wandb.Table("ab"), MediaError, "takes columns and data as lists"),
        (lambda _: wandb.Table(["a"], data={"a": [1]}), MediaError, "takes columns and data as lists"),
        (lambda _: wandb.Table(log_mode="x"), MediaError, "give one of IMMUTABLE, MUTABLE, INCREMENTAL"),
        (
            lambda _: wandb.Table(["a"], [[True], [1]]),
            RowTypeError,
            "of type Number, and the column of Boolean or None",
        ),
        (lambda _: wandb.JoinedTable(wandb.Table(), 5, "a"), MediaError, r"JoinedTable\(table2=\) takes a table"),
    ],
)
def test_impossible_uses_are_refused(use, kind, message):
    """Every error names what was given and what the table has; the table stays as it was."""
    table = wandb.Table(["a", "b"], [[1, "x"]])
    with pytest.raises(kind, match=message):
        use(table)
    assert table.data == [[1, "x"]]


def test_types_of_a_column_are_merged():
    """Lists take the longest length, and NaN and None make no type."""
    table = wandb.Table(["l", "n", "d"], [[[1], None, dt.date(2020, 1, 1)], [[1, 2], 2.5, np.datetime64("2020-01-01")]])
    assert [describe(table.types[name]) for name in "lnd"] == [
        "None or Number[]",
        "None or Number",
        "None or Timestamp",
    ]
    assert describe(union([table.types["l"], table.types["n"]])).count(" or ") == 3


def test_a_bare_frame_is_a_table(logged):
    """A data frame needs no wrapping, also one with columns of several types; a series is a list or a histogram."""
    frame = pd.DataFrame({"x": [1, "a"], "y": [0.5, 1.5]})
    row = logged({"f": frame, "s": frame["y"]}).rows[0]
    assert (row["f"]["_type"], row["f"]["ncols"], row["f"]["nrows"]) == ("table-file", 2, 2)
    assert row["s"] == [0.5, 1.5]


def test_long_tables_are_cut_in_the_run_and_whole_in_the_artifact(start):
    """The file in the run has 10,000 rows, the artifact all of them, and the row says how many there are."""
    run = start()
    run.log({"t": wandb.Table(["a"], [[number] for number in range(10_050)])})
    folder = Path(run.file).parent
    run.finish()
    read = read_run(folder)
    assert read.rows[0]["t"]["nrows"] == 10_050
    assert len(json.loads(read.files[read.rows[0]["t"]["path"]])["data"]) == 10_000
    (record,) = read.artifacts
    assert json.loads(Path(record.entries["t.table.json"].local_path).read_bytes())["nrows"] == 10_050


def test_secrets_in_cells_are_removed(start, monkeypatch):
    """A key in a cell, a name of a column or a caption reaches neither the run's file nor the artifact."""
    secret = "c0ffee" + "9f8e7d6c5b4a39281706f5e4d3c2b1a0" + "de"
    monkeypatch.setenv("SERVICE_API_KEY", secret)
    run = start()
    cell = wandb.Image(PICTURE, caption=secret)
    run.log({"t": wandb.Table(["a", secret], [[f"uses {secret}", cell], [secret, None]]), "n": {"deep": [secret]}})
    folder = Path(run.file).parent
    run.finish()
    assert any((folder / "artifacts" / "objects").iterdir())
    for path in folder.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path


def test_joined_and_partitioned_tables(start, tmp_path):
    """A joined table is an artifact with both tables; a partitioned one yields the rows of the tables in a folder."""
    first, second = wandb.Table(["id", "v"], [[1, 2]]), wandb.Table(["id", "w"], [[1, 3]])
    run = start()
    run.log({"j": wandb.JoinedTable(first, second, "id"), "p": wandb.PartitionedTable("parts")})
    folder = Path(run.file).parent
    run.finish()
    read = read_run(folder)
    assert [read.rows[0][key]["_type"] for key in "jp"] == ["joined-table", "partitioned-table"]
    files = {path.partition(".")[2]: entry for record in read.artifacts for path, entry in record.entries.items()}
    joined = json.loads(Path(files["joined-table.json"].local_path).read_bytes())
    assert (joined["join_key"], {joined["table1"], joined["table2"]} <= read.artifacts[0].entries.keys()) == (
        "id",
        True,
    )
    for name, value in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.table.json").write_text(json.dumps({"columns": ["x"], "data": [[value]]}))
    assert list(wandb.PartitionedTable(tmp_path).iterrows()) == [(0, [1]), (1, [2])]


def test_parts_are_in_the_artifact(start, tmp_path):
    """The artifact of a partitioned table has the tables of its folder, and its JSON names them in their order."""
    parts = tmp_path / "parts"
    parts.mkdir()
    for name, value in (("b", 2), ("a", 1)):
        (parts / f"{name}.table.json").write_text(json.dumps({"columns": ["x"], "data": [[value]]}))
    run = start()
    run.log({"p": wandb.PartitionedTable(parts)})
    folder = Path(run.file).parent
    run.finish()
    entries = read_run(folder).artifacts[0].entries
    value = json.loads(Path(entries["p.partitioned-table.json"].local_path).read_bytes())
    assert value["parts"] == ["parts/a.table.json", "parts/b.table.json"]
    assert [json.loads(Path(entries[name].local_path).read_bytes())["data"] for name in value["parts"]] == [
        [[1]],
        [[2]],
    ]
